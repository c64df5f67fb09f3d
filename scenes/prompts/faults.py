"""Wrong places in slots, and the texts that no database stores."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

DEPTH_LIMIT: Final = 4


@dataclass(frozen=True, slots=True)
class SlotFault:
    """One wrong place in slots: a JSON pointer into them, a stable code and a sentence."""

    pointer: str
    code: str
    detail: str


def unstorable(value: object, pointer: str = "", depth: int = 0) -> Iterator[SlotFault]:
    """Find texts that cannot be stored, before a message quotes them, and nesting too deep."""
    if isinstance(value, str):
        if fault := _text_fault(value):
            yield SlotFault(pointer, *fault)
    elif isinstance(value, Mapping | list) and depth > DEPTH_LIMIT:
        yield SlotFault(pointer, "too-deep", f"Slots nest {DEPTH_LIMIT} levels deep.")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from unstorable(item, step(pointer, index), depth + 1)
    elif isinstance(value, Mapping):
        yield from _unstorable_inside(value, pointer, depth)


def step(pointer: str, part: str | int) -> str:
    """Append one step to a JSON pointer.

    Source: RFC 6901, section 3.
    """
    return f"{pointer}/{str(part).replace('~', '~0').replace('/', '~1')}"


def _unstorable_inside(value: Mapping[Any, Any], pointer: str, depth: int) -> Iterator[SlotFault]:
    for name, item in value.items():
        if not isinstance(name, str):
            yield SlotFault(pointer, "wrong-type", "The keys of an object are texts.")
        elif fault := _text_fault(name):
            yield SlotFault(pointer, *fault)
        else:
            yield from unstorable(item, step(pointer, name), depth + 1)


def _text_fault(text: str) -> tuple[str, str] | None:
    if "\x00" in text:
        return "nul-character", "Text must not contain the NUL character."
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        return "lone-surrogate", "Text must not contain half of a surrogate pair."
    return None
