"""A document as it came in: its shape, and the rules that need no row."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from canvas.core.errors import Fault, Invalid, Malformed
from canvas.core.json import pointer_to
from scenes.services.bible import name_key
from scenes.shapes.document import SceneProject

_Refusal = TypeVar("_Refusal", Invalid, Malformed)
FAULTS_SHOWN: Final = 100
_CODES: Final = {
    "extra_forbidden": "unknown-field",
    "missing": "required",
    "literal_error": "invalid-choice",
    "string_too_short": "blank",
    "string_too_long": "max-length",
    "too_long": "too-many",
    "greater_than_equal": "number-out-of-range",
    "less_than": "number-out-of-range",
}
_DETAILS: Final = {
    "extra_forbidden": "There is no such member here.",
    "missing": "This member is required.",
    "model_type": "This must be an object.",
    "dict_type": "This must be an object.",
    "list_type": "This must be a list.",
    "string_type": "This must be a text.",
}
# Well-formed, but against a limit; whatever else pydantic finds is a wrong shape or type.
_RULES: Final = {"blank", "max-length", "too-many", "too-large", "number-out-of-range"}


def check_document(data: object) -> dict[str, Any]:
    """Return a document with its optional members filled in and its times in UTC.

    Raises:
        Malformed: an unknown or missing member, or a wrong type.
        Invalid: a limit is exceeded, or an id or a name stands twice in one list.
    """
    try:
        shape = SceneProject.model_validate(data)
    except ValidationError as exc:
        faults = [_fault(error) for error in exc.errors(include_url=False, include_input=False)]
        broken = [fault for fault in faults if fault.code not in _RULES]
        raise (refusal(Malformed, broken) if broken else refusal(Invalid, faults)) from exc
    document = shape.model_dump(by_alias=True, exclude_none=True)
    if doubled := list(_doubled(document)):
        raise refusal(Invalid, doubled)
    return document


def named_twice(pointer: str, noun: str) -> Fault:
    """Make the fault of a place that names what another one has named."""
    return Fault(pointer, f"duplicate-{noun}", f"Another item has this {noun} already.")


def refusal(kind: type[_Refusal], faults: Sequence[Fault]) -> _Refusal:
    """Make the error for some faults; its sentence is the first one's."""
    first = faults[0]
    return kind(f"{first.pointer or '/'}: {first.detail}", faults=faults[:FAULTS_SHOWN])


def _fault(error: Mapping[str, Any]) -> Fault:
    kind = error["type"]
    pointer = ""
    for part in error["loc"]:
        if part != "[key]":
            pointer = pointer_to(pointer, part)
    detail = _DETAILS.get(kind) or f"{error['msg'].rstrip('.')}."
    return Fault(pointer, _CODES.get(kind, kind.replace("_", "-")), detail)


def _doubled(document: Mapping[str, Any]) -> Iterator[Fault]:
    bible = document["bible"]
    yield from _twice({"/scenes": document["scenes"]}, "id", "id")
    for index, scene in enumerate(document["scenes"]):
        for name in ("generatedMedia", "versions", "snapshots"):
            yield from _twice({f"/scenes/{index}/{name}": scene[name]}, "id", "id")
    entries = {f"/bible/{name}": bible[name] for name in ("characters", "locations")}
    yield from _twice(entries, "id", "id")
    for pointer, items in entries.items():
        yield from _twice({pointer: items}, "name", "name")
    yield from _twice({"/bible/visualAssets": bible["visualAssets"]}, "id", "id")


def _twice(lists: Mapping[str, list[dict[str, Any]]], member: str, noun: str) -> Iterator[Fault]:
    seen: set[str] = set()
    for pointer, items in lists.items():
        for index, item in enumerate(items):
            value = name_key(item[member])[:200] if member == "name" else item[member]
            place = f"{pointer}/{index}/{member}"
            if not value:
                yield Fault(place, "blank", "This must hold a letter.")
            elif value in seen:
                yield named_twice(place, noun)
            seen.add(value)
