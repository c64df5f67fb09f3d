"""The shape of prompt slots: what is stored, in the keys of the wire.

Check, do not trust: slots come from browsers, documents, templates and models.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from scenes.prompts.faults import DEPTH_LIMIT, SlotFault, step, unstorable

NUMBER_LIMIT: Final = 1_000_000
FAULTS_SHOWN: Final = 20

Workflow = Literal[
    "standard",
    "stacked_frames",
    "storyboard",
    "poster",
    "character_sheet",
    "moodboard",
    "temporal_progression",
    # Names that older documents hold; they are kept and add nothing to a prompt.
    "shot-list",
    "dialogue",
    "action",
]

_CODES: Final = {
    "extra_forbidden": "unknown-field",
    "literal_error": "invalid-choice",
    "string_too_long": "max-length",
    "too_long": "too-many",
    "greater_than_equal": "number-out-of-range",
    "less_than_equal": "number-out-of-range",
    "string_type": "wrong-type",
    "list_type": "wrong-type",
    "dict_type": "wrong-type",
    "model_type": "wrong-type",
}
_DETAILS: Final = {
    "extra_forbidden": "There is no such slot.",
    "model_type": "This must be an object.",
    "dict_type": "This must be an object.",
    "list_type": "This must be a list.",
    "string_type": "This must be a text.",
}


class SlotsError(ValueError):
    """Slots that cannot be stored; `faults` names each wrong place, the first 20 of them."""

    def __init__(self, faults: Sequence[SlotFault]) -> None:
        super().__init__("; ".join(f"{fault.pointer or '/'}: {fault.detail}" for fault in faults))
        self.faults = tuple(faults)


def _number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticCustomError("wrong-type", "This must be a number.")
    if isinstance(value, float) and not math.isfinite(value):
        raise PydanticCustomError("not-finite", "NaN and Infinity are not JSON numbers.")
    if abs(value) > NUMBER_LIMIT:
        raise PydanticCustomError(
            "number-out-of-range", "Numbers reach from -1,000,000 to 1,000,000."
        )
    return value


def _count(value: object) -> int:
    number = _number(value)
    if number < 0 or number != int(number):
        raise PydanticCustomError("wrong-type", "This must be a whole number, 0 or more.")
    return int(number)


Words = Annotated[str, Field(max_length=500)]
Number = Annotated[float, PlainValidator(_number)]  # an integer stays one
Count = Annotated[int, PlainValidator(_count)]


class _Slots(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True, frozen=True)


class Camera(_Slots):
    """How the camera sees and moves."""

    angle: Words = ""
    movement: Words = ""
    lens: Words = ""
    shot_type: Words | None = None


class Lighting(_Slots):
    """What the light does."""

    mood: Words = ""
    direction: Words = ""
    color: Words = ""
    time_of_day: Words | None = None


class Style(_Slots):
    """What it looks like, and whom it owes that to."""

    aesthetic: Words = ""
    era: Words = ""
    influences: list[Words] = Field(default=[], max_length=50)


class Advanced(_Slots):
    """Values that only some target tools know."""

    negative_prompt: str | None = Field(default=None, max_length=4_000)
    weights: dict[Words, Number] | None = Field(default=None, max_length=100)
    cfg_scale: Number | None = None
    steps: Count | None = None


class PromptSlots(_Slots):
    """A scene's structured prompt. None is an optional slot that is absent."""

    subject: str = Field(default="", max_length=4_000)
    camera: Camera = Camera()
    lighting: Lighting = Lighting()
    style: Style = Style()
    aspect_ratio: str | None = Field(default=None, max_length=40)
    workflow: Workflow | None = None
    reference_image: str | None = Field(default=None, max_length=8_000)
    advanced: Advanced | None = None


def blank_slots() -> dict[str, Any]:
    """Give the slots of a new scene, a fresh copy each time."""
    return check_slots({"aspectRatio": "16:9", "workflow": "standard"})


def check_slots(slots: object) -> dict[str, Any]:
    """Return slots as they are stored: required ones filled with blanks, null ones left out.

    Raises:
        SlotsError: an unknown key, a wrong type, or a value past its limit.
    """
    faults = list(islice(unstorable(slots), FAULTS_SHOWN))
    if faults:
        raise SlotsError(faults)
    try:
        checked = PromptSlots.model_validate(slots)
    except ValidationError as exc:
        raise SlotsError(list(islice(_faults(exc), FAULTS_SHOWN))) from exc
    return checked.model_dump(by_alias=True, exclude_none=True)


def merge_patch(slots: Mapping[str, Any], patch: object) -> dict[str, Any]:
    """Apply a merge patch deep into slots and return the result, unchecked; neither input changes.

    Null removes an optional slot and makes a required one blank again.

    Raises:
        SlotsError: the patch is not an object.

    Source: RFC 7396, section 2.
    """
    if not isinstance(patch, Mapping):
        raise SlotsError([SlotFault("", "wrong-type", "This must be an object.")])
    merged = _merged(slots, patch, 0)
    for name, blank in PromptSlots().model_dump(by_alias=True, exclude_none=True).items():
        present = merged.setdefault(name, blank)
        if isinstance(blank, dict) and isinstance(present, dict):
            merged[name] = blank | present
    return merged


def _merged(target: object, patch: Mapping[str, Any], depth: int) -> dict[str, Any]:
    merged: dict[str, Any] = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, Mapping) and depth < DEPTH_LIMIT:
            merged[name] = _merged(merged.get(name), value, depth + 1)
        else:
            merged[name] = value
    return merged


def _faults(exc: ValidationError) -> Iterator[SlotFault]:
    for error in exc.errors(include_url=False, include_input=False):
        kind = error["type"]
        steps = [part for part in error["loc"] if part != "[key]"]
        pointer = ""
        for part in steps:
            pointer = step(pointer, part)
        detail = _DETAILS.get(kind) or f"{error['msg'].rstrip('.')}."
        yield SlotFault(pointer, _CODES.get(kind, kind.replace("_", "-")), detail)
