"""Contract -> what a provider family takes as a schema, and which ways of asking a model has.

The wire schema is weakened on purpose: providers refuse different keywords, so bounds become words
in the description and pydantic judges them here. Source: JSON Schema Draft 7, by which the service
grades tool calls.
"""

import json
from collections.abc import Collection
from enum import StrEnum
from functools import cache
from typing import Any, Final, Literal

from pydantic import BaseModel

from ai.contracts.base import wire_description, wire_name

Dialect = Literal["openai", "anthropic", "gemini", "plain"]
Schema = dict[str, Any]


class Mode(StrEnum):
    """A way of asking for a shape, from the strictest to the loosest."""

    STRICT = "strict_schema"
    LOOSE = "loose_schema"
    JSON_OBJECT = "json_object"
    PROMPT = "prompt"


_BOUND_WORDS: Final = {
    "minItems": "at least {}",
    "maxItems": "at most {} items",
    "maxLength": "at most {} characters",
    "minimum": "{} or more",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "format": "written as {}",
}


def dialect_of(slug: str) -> Dialect:
    """Return the schema dialect that the provider family of a model slug wants."""
    author, _, name = slug.removeprefix("~").partition("/")
    if author == "google":
        return "gemini" if name.startswith("gemini") else "plain"
    return "openai" if author == "openai" else "anthropic" if author == "anthropic" else "plain"


def modes_for(slug: str, supported_parameters: Collection[str]) -> list[Mode]:
    """Return the ways of asking that a model knows, strictest first.

    `json_object` is left out for Claude, where it is only a hint and brings fences and prose.
    """
    modes = [Mode.STRICT, Mode.LOOSE] if "structured_outputs" in supported_parameters else []
    if "response_format" in supported_parameters and dialect_of(slug) != "anthropic":
        modes.append(Mode.JSON_OBJECT)
    return [*modes, Mode.PROMPT]


def response_format(contract: type[BaseModel], mode: Mode, dialect: Dialect) -> Schema | None:
    """Return the `response_format` of a request, or None if the prompt alone must do."""
    if mode is Mode.PROMPT:
        return None
    if mode is Mode.JSON_OBJECT:
        return {"type": "json_object"}
    return {
        "type": "json_schema",
        "json_schema": {
            "name": wire_name(contract),
            "description": wire_description(contract),
            "strict": mode is Mode.STRICT,
            "schema": wire_schema(contract, dialect),
        },
    }


@cache
def schema_in_prompt(contract: type[BaseModel]) -> str:
    """Return the paragraph that asks for a contract in words, for modes that send no schema."""
    schema = json.dumps(wire_schema(contract, "plain"), ensure_ascii=False)
    return (
        "Answer with one JSON object and nothing else: no code fence, no text before or after it.\n"
        "The object holds values, not a schema, and satisfies this JSON Schema:\n"
        f"{schema}"
    )


@cache
def wire_schema(contract: type[BaseModel], dialect: Dialect) -> Schema:
    """Return the Draft-7 schema of a contract as one provider family takes it.

    Made once a process, since it never changes: do not change what you are given.

    Every `$ref` is inlined, every object is closed, every key required, and every bound that some
    family refuses has moved into the description.

    Raises:
        ValueError: the contract refers to itself, which no family takes inlined.
    """
    full = contract.model_json_schema(by_alias=True)
    return _weaken(inlined(full), dialect)


def inlined(schema: Schema) -> Schema:
    """Return a schema with every local `$ref` replaced by what it names.

    Raises:
        ValueError: a definition refers to itself.
    """
    definitions: Schema = schema.get("$defs", {})

    def resolve(node: object, inside: tuple[str, ...]) -> Any:  # noqa: ANN401 JSON edge
        if isinstance(node, list):
            return [resolve(item, inside) for item in node]
        if not isinstance(node, dict):
            return node
        rest = {key: resolve(value, inside) for key, value in node.items() if key != "$ref"}
        if not isinstance(node.get("$ref"), str):
            return rest
        name = node["$ref"].removeprefix("#/$defs/")
        if name in inside:
            msg = f"{name} refers to itself"
            raise ValueError(msg)
        return {**resolve(definitions[name], (*inside, name)), **rest}

    resolved: Schema = resolve({k: v for k, v in schema.items() if k != "$defs"}, ())
    return resolved


def _weaken(node: Schema, dialect: Dialect) -> Schema:
    """Keep type, enum, required and description; turn the rest into words or drop it."""
    choices = node.get("anyOf") or node.get("oneOf")
    weak: Schema = {}
    if choices:
        weak |= _union([_weaken(choice, dialect) for choice in choices], dialect)
    if "type" in node:
        weak["type"] = node["type"]
    if description := _described(node):
        weak["description"] = description
    if "enum" in node or "const" in node:
        weak["enum"] = node.get("enum", [node.get("const")])
    if "items" in node:
        weak["items"] = _weaken(node["items"], dialect)
    if node.get("type") == "object":
        properties = node.get("properties", {})
        weak["properties"] = {key: _weaken(value, dialect) for key, value in properties.items()}
        weak["required"] = list(properties)
        weak["additionalProperties"] = False
    return weak


def _union(choices: list[Schema], dialect: Dialect) -> Schema:
    """Write a union; Gemini takes a nullable value as a pair of types rather than as branches."""
    others = [choice for choice in choices if choice != {"type": "null"}]
    if dialect != "gemini" or len(others) != 1 or len(others) == len(choices):
        return {"anyOf": choices}
    only = dict(others[0])
    only["type"] = [only["type"], "null"]
    if "enum" in only:
        only["enum"] = [*only["enum"], None]
    return only


def _described(node: Schema) -> str:
    """Return the description of a node with its bounds in words."""
    words = [text.format(node[key]) for key, text in _BOUND_WORDS.items() if key in node]
    said = " ".join(str(node.get("description", "")).split())
    return f"{said} ({', '.join(words)})".strip() if words else said
