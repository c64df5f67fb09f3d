"""From the raw text of a model to a contract: the value that was meant, or none."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from ai.contracts.arguments import folded
from ai.structured.echo import announced_as_example, is_echo, looks_like_schema
from ai.structured.extract import Reading, drafts, readings, strict_value
from ai.structured.reader import Container, Draft
from ai.structured.repair import Fitter, is_member
from ai.structured.shape import Shape, is_nullable, shape_of
from ai.structured.verdict import errors_of, path_of

MAX_RAW_CHARS: Final = 4_000_000
MAX_WRAPPERS: Final = 5

_NOT_ANSWERS: Final = frozenset({"example", "examples", "default", "schema", "inputexample"})
_FINAL_KEYS: Final = frozenset({"final", "finalanswer", "answer", "output", "result"})

_FENCE: Final = re.compile(r"`*(?:\w+)?|~~~\w*")

C = TypeVar("C", bound=BaseModel)


@dataclass(frozen=True)
class Recovered(Generic[C]):
    """A valid answer, what was mended on the way, and what was cut off and left out."""

    value: C
    repairs: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refused:
    """Why a text is no answer, in words for the model."""

    errors: tuple[str, ...]


def recover(raw: str, contract: type[C]) -> Recovered[C] | None:
    """Return the answer that a text contains, or None if it contains none for certain.

    Strict JSON is taken as it is. Otherwise the last whole valid value counts; a cut one is taken
    without its cut part if everything required is there. Nothing is invented.
    """
    verdict = judge(raw, contract)
    return verdict if isinstance(verdict, Recovered) else None


def judge(raw: str, contract: type[C]) -> Recovered[C] | Refused:
    """Return the answer that a text contains, or what is wrong with it."""
    if len(raw) > MAX_RAW_CHARS:
        return Refused((f"the answer is longer than {MAX_RAW_CHARS} characters",))
    shape = shape_of(contract)
    try:
        strict = contract.model_validate(strict_value(raw), strict=True)
    except ValueError:
        return _Search(contract, shape).run(raw)
    if is_echo(strict.model_dump(mode="json", by_alias=True), shape):
        return Refused(("the answer repeats the schema or an example instead of answering",))
    return Recovered(strict)


class _Search(Generic[C]):
    """Looks for one contract's value in a text and remembers why it was not found."""

    def __init__(self, contract: type[C], shape: Shape) -> None:
        self._contract = contract
        self._shape = shape
        self._errors: tuple[str, ...] = ()

    def run(self, raw: str) -> Recovered[C] | Refused:
        """Try every reading of the text, the most literal first."""
        for reading in readings(raw, self._shape.known):
            found = self._in_reading(reading)
            if found:
                return found
        return Refused(self._errors or ("there is no complete JSON object in the answer",))

    def _in_reading(self, reading: Reading) -> Recovered[C] | None:
        seen = drafts(reading, self._shape.known)
        named_example = [d for d in seen if announced_as_example(reading.text, d.start)]
        answers = [draft for draft in seen if draft not in named_example]
        repairs = (*reading.repairs, *_around(reading.text, seen))
        joined = _joined_members(answers)
        if joined and (found := self._in_value(joined, (*repairs, "joined lines"))):
            return found
        for draft in reversed([draft for draft in answers if not draft.cut]):
            if found := self._in_value(draft.value, (*repairs, *draft.repairs)):
                return found
        if found := self._joined_items(answers, (*repairs, "joined lines")):
            return found
        for draft in reversed([draft for draft in answers if draft.cut]):
            if found := self._salvaged(draft, (*repairs, *draft.repairs)):
                return found
        return None

    def _in_value(
        self,
        value: object,
        repairs: Sequence[str],
        *,
        unfinished: Sequence[Container] = (),
        dropped: Sequence[str] = (),
        whole: bool = False,
    ) -> Recovered[C] | None:
        """Judge a value, or the one value inside its wrappers that fits."""
        found: list[Recovered[C]] = []
        for home, wrapped in _homes(value, self._shape):
            fitter = Fitter(self._shape, unfinished=unfinished)
            fitted = fitter.fit(home)
            extra = ("wrapper",) if wrapped else ()
            lost = (*dropped, *fitter.dropped)
            if whole and fitter.missed:
                continue
            made = self._valid(fitted, (*repairs, *extra, *fitter.repairs), lost)
            if made and all(made.value != other.value for other in found):
                found.append(made)
        return found[0] if len(found) == 1 else None

    def _valid(
        self, fitted: object, repairs: Sequence[str], dropped: Sequence[str]
    ) -> Recovered[C] | None:
        if not isinstance(fitted, dict) or looks_like_schema(fitted):
            return None
        try:
            value = self._contract.model_validate(fitted, strict=True)
        except ValidationError as failure:
            self._errors = errors_of(failure)
            return None
        if is_echo(value.model_dump(mode="json", by_alias=True), self._shape):
            self._errors = ("the answer repeats the schema or an example instead of answering",)
            return None
        return Recovered(value, tuple(dict.fromkeys(repairs)), tuple(dropped))

    def _joined_items(
        self, answers: Sequence[Draft], repairs: Sequence[str]
    ) -> Recovered[C] | None:
        """Put an answer together whose first line holds the head and each other line an item."""
        parts = _objects(answers)
        if len(parts) < 2:  # noqa: PLR2004 a head and an item
            return None
        head, items = parts[0], parts[1:]
        for name, node in self._shape.schema.get("properties", {}).items():
            is_list = node.get("type") == "array" and node["items"].get("type") == "object"
            if is_list and not head.get(name) and self._fits_items(items, node["items"]):
                return self._in_value({**head, name: items}, repairs)
        return None

    def _fits_items(self, items: list[dict[str, Any]], node: dict[str, Any]) -> bool:
        """Say whether every object has all the keys that an item of a list needs."""
        needed = {
            folded(name) for name, child in node["properties"].items() if not is_nullable(child)
        }
        return all(needed <= {folded(key) for key in item} for item in items)

    def _salvaged(self, draft: Draft, repairs: Sequence[str]) -> Recovered[C] | None:
        """Take a cut value: whole if only brackets are missing, else without the cut part."""
        if draft.lost is None:
            found = self._in_value(draft.value, repairs, unfinished=draft.open, whole=True)
            if found:
                return found
        item = _drop_cut_item(draft)
        dropped = item or ([_lost_part(draft)] if draft.lost is not None else [])
        found = self._in_value(draft.value, repairs, unfinished=draft.open, dropped=dropped)
        return found if found and _says_anything(found.value) else None


def _says_anything(value: BaseModel) -> bool:
    return any(value.model_dump().values())


def _objects(answers: Sequence[Draft]) -> list[dict[str, Any]]:
    """Return the values of several drafts if all of them are whole objects."""
    parts = [draft.value for draft in answers if isinstance(draft.value, dict) and draft.value]
    whole = not any(draft.cut for draft in answers)
    return parts if whole and len(parts) == len(answers) else []


def _joined_members(answers: Sequence[Draft]) -> dict[str, Any] | None:
    """Put an object together that was written as several, none of which repeats a key."""
    parts = _objects(answers)
    keys = [key for part in parts for key in part]
    if len(parts) < 2 or len(keys) != len(set(keys)):  # noqa: PLR2004 several
        return None
    return {key: value for part in parts for key, value in part.items()}


def _around(text: str, seen: Sequence[Draft]) -> tuple[str, ...]:
    """Say what stands around a value: nothing, a fence alone, or words."""
    if len(seen) != 1:
        return ("prose",)
    around = [text[: seen[0].start].strip(), text[seen[0].end :].strip()]
    if not any(around):
        return ()
    return ("fence",) if all(_FENCE.fullmatch(part) for part in around) else ("prose",)


def _drop_cut_item(draft: Draft) -> list[str]:
    """Take the outermost unfinished item of a list out of a cut value; say where it stood."""
    path: list[int | str] = []
    for outer, inner in pairwise(draft.open):
        path.append(_place(outer, inner))
        if isinstance(outer, list) and len(path) > 1:
            outer.pop()
            return [path_of(path)]
    return []


def _lost_part(draft: Draft) -> str:
    """Return the place of the scalar or key in which the text ends."""
    path = [_place(outer, inner) for outer, inner in pairwise(draft.open)]
    lost = draft.lost or "?"
    return path_of([*path, int(lost) if isinstance(draft.open[-1], list) else lost])


def _place(outer: Container, inner: Container) -> int | str:
    if isinstance(outer, list):
        return len(outer) - 1
    return next(key for key, value in outer.items() if value is inner)


def _homes(value: object, shape: Shape, depth: int = 0) -> Iterator[tuple[object, bool]]:
    """Yield the values that may be the answer, and whether they were wrapped."""
    if depth > MAX_WRAPPERS:
        return
    if _is_home(value, shape):
        yield value, depth > 0
        return
    for inner in _wrapped(value, shape):
        yield from _homes(inner, shape, depth + 1)


def _is_home(value: object, shape: Shape) -> bool:
    """Say whether a value has keys of the contract itself, or is a list of such members."""
    if isinstance(value, list):
        return len(value) > 1 and all(is_member(item) for item in value)
    if not isinstance(value, dict) or looks_like_schema(value) or _tool_input(value):
        return False
    return bool(shape.fields & {folded(str(key)) for key in value})


def _wrapped(value: object, shape: Shape) -> Sequence[object]:
    """Return what a wrapper may hold: a text with JSON in it, a list, a schema, a tool call."""
    if isinstance(value, str):
        text = value.strip()
        inner = drafts(Reading(text), shape.known) if text[:1] in {"{", "["} else []
        return [draft.value for draft in inner if not draft.cut] if len(inner) == 1 else ()
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        return ()
    if looks_like_schema(value):
        return (value.get("properties"),)
    if call := _tool_input(value):
        return (call,)
    final = [key for key in value if folded(str(key)) in _FINAL_KEYS]
    return [value[key] for key in final or value if folded(str(key)) not in _NOT_ANSWERS]


def _tool_input(value: dict[str, Any]) -> object:
    """Return the arguments of a tool call, if this is one."""
    for key in ("arguments", "parameters", "input", "args"):
        inner = value.get(key)
        named = value.keys() & {"name", "type", "function", "tool", "tool_name", "id"}
        if inner and named and isinstance(inner, dict | str) and not looks_like_schema(inner):
            return inner
    return None
