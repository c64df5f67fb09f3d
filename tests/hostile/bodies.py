"""Bodies made from the API's own document: every member of every writing operation, by its place.

A new member is covered the day it is in the document.
"""

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings

WRITING = ("post", "put", "patch")
# Members that name something which must be there, or rule each other out: test_foreign has them,
# and test_model_names the models.
LEFT_OUT = {
    "templateId", "plan", "email", "assetId", "assets", "attachments", "scenes", "scriptId",
    "model", "textModel", "visionModel", "outlineModel", "imageModel",
}  # fmt: skip
# Members that must name a row -> the kind of row.
ROWS_OF = {"projectId": "project"}
FORMED = {"enum", "format", "pattern"}
FORMS = {"date-time": "2036-01-01T00:00:00Z", "uri": "https://example.com/a.png"}
NEEDED = {"projects_document_update": {"scenes"}, "lab_runs_promote": {"model"}}
DOCUMENT = json.loads((settings.BASE_DIR / "openapi.json").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Operation:
    """One writing operation and a body that names every member it can."""

    id: str
    method: str
    path: str
    schema: Any
    body: Any

    @property
    def texts(self) -> list[tuple[tuple[Any, ...], Any]]:
        """Places of free text, with what the document says of them; free maps are of it."""
        return [
            (place, schema)
            for place, schema in places(self.schema, self.body)
            if schema.get("type") in {"string", "any"} and not FORMED & schema.keys()
        ]

    @property
    def bound(self) -> list[tuple[tuple[Any, ...], Any]]:
        """Places of texts with a form of their own: ids, times, addresses, choices."""
        return [
            (place, schema)
            for place, schema in places(self.schema, self.body)
            if schema.get("type") in {None, "string"} and FORMED & schema.keys()
        ]


def operations() -> list[Operation]:
    """Every operation that reads a JSON body."""
    found = []
    for path, methods in DOCUMENT["paths"].items():
        for method in WRITING:
            content = methods.get(method, {}).get("requestBody", {}).get("content", {})
            if "application/json" in content:
                name = methods[method]["operationId"]
                schema = content["application/json"]["schema"]
                body = filled(schema, NEEDED.get(name, set()))
                found.append(Operation(name, method, path, schema, body))
    return found


def filled(schema: Any, needed: set[str] = frozenset()) -> Any:
    """Make a value that fits a schema and has every member it may have."""
    schema = resolved(schema)
    for known in ("examples", "enum"):
        if known in schema:
            return schema[known][0]
    match schema.get("type"):
        case "object":
            made = _members(schema, needed)
        case "array":
            made = [filled(schema["items"], needed)]
        case "integer" | "number":
            made = max(schema.get("minimum", 1), 1)
        case "boolean":
            made = False
        case _:
            made = FORMS.get(schema.get("format", ""), "text")
    return made


def _members(schema: Any, needed: set[str]) -> dict[str, Any]:
    known = schema.get("properties")
    if known is None:
        return {"free": filled(_of_free(schema))}
    return {
        name: _id(name, schema)
        if resolved(inner).get("format") == "uuid"
        else filled(inner, needed)
        for name, inner in known.items()
        if name not in LEFT_OUT - needed
    }


def _id(name: str, schema: Any) -> str | None:
    """Name no row, unless a body must name one: then `with_rows` puts its id there."""
    needed = name in ROWS_OF and name in schema.get("required", ())
    return f"{{{ROWS_OF[name]}}}" if needed else None


def with_rows(text: str, ids: dict[str, Any]) -> str:
    """Put the ids of a workspace's rows into a body."""
    for kind in ROWS_OF.values():
        text = text.replace(f"{{{kind}}}", str(ids[kind]))
    return text


def places(schema: Any, value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, Any]]:
    """Walk a value with its schema: every place in it, the whole included."""
    schema = resolved(schema)
    yield at, schema
    if isinstance(value, dict):
        for name, inner in value.items():
            known = schema.get("properties", {})
            yield from places(known.get(name) or _of_free(schema), inner, (*at, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(schema.get("items", {}), inner, (*at, index))


def _of_free(schema: Any) -> Any:
    """Give what a map says of members that it does not name."""
    said = schema.get("additionalProperties")
    return said if isinstance(said, dict) and said else {"type": "any"}


def resolved(schema: Any) -> Any:
    """Follow references, and take the choice that is not null."""
    while True:
        if "$ref" in schema:
            schema = DOCUMENT["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        elif choices := schema.get("oneOf") or schema.get("anyOf") or schema.get("allOf"):
            real = [one for one in choices if one.get("type") != "null" and one.get("enum") != [""]]
            schema = {**{k: v for k, v in schema.items() if not k.endswith("Of")}, **real[0]}
        elif isinstance(schema.get("type"), list):
            schema = {**schema, "type": next(kind for kind in schema["type"] if kind != "null")}
        else:
            return schema


def with_value(body: Any, place: tuple[Any, ...], value: Any) -> Any:
    """Copy a body with another value at one place."""
    if not place:
        return value
    changed = copy.deepcopy(body)
    inner = changed
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return changed


def at(body: Any, place: tuple[Any, ...]) -> Any:
    """Read one place of a body; None when it is not there."""
    for step in place:
        try:
            body = body[step]
        except (KeyError, IndexError, TypeError):
            return None
    return body
