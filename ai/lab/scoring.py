"""Holding an answer against what was expected of it. Pure: the same answer, the same score."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any, Final

from ai.contracts.outline import Outline
from ai.contracts.vision import ImageAnalysis
from ai.lab import expectations as to
from ai.lab.answers import Given, Made, values_at
from ai.lab.language import language_of

LONGEST_FOUND: Final = 200
BEATS_TOLERANCE: Final = 0.1
CALL_CHECKS: Final = frozenset({"calls", "avoids"})
_QUESTION: Final = re.compile(r"[?\uff1f\u061f]+")


@dataclass(frozen=True, slots=True)
class Met:
    """One expectation, whether it was met, and what was found instead or there."""

    check: to.Check
    is_met: bool
    found: str = ""

    def as_json(self) -> dict[str, Any]:
        """Write it as it is kept."""
        return {
            "expected": self.check.model_dump(mode="json", by_alias=True, exclude_defaults=True)
            | {"check": self.check.check},
            "met": self.is_met,
            "found": self.found[:LONGEST_FOUND],
        }


def score(checks: Sequence[to.Check], given: Given | None) -> list[Met]:
    """Judge an answer; None is one that did not pass its contract, and meets nothing."""
    if given is None:
        return [Met(check, is_met=False, found="no valid answer") for check in checks]
    return [_met(check, given) for check in checks]


def share(met: Sequence[Met]) -> float | None:
    """Say which share was met, 0..1; None when nothing was expected."""
    return sum(one.is_met for one in met) / len(met) if met else None


@singledispatch
def _judged(check: Any, given: Given) -> tuple[bool, str]:  # noqa: ANN401 a check without a judge
    raise TypeError(f"nobody judges {type(check).__name__}")


def _met(check: to.Check, given: Given) -> Met:
    is_met, found = _judged(check, given)
    return Met(check, is_met, found)


# --- calls ----------------------------------------------------------------------------------------


@_judged.register
def _calls(check: to.Calls, given: Given) -> tuple[bool, str]:
    named = [call for call in given.calls if call.tool == check.tool]
    if not named:
        return False, _listed(call.tool for call in given.calls) or "no call"
    missed = [_missed(check.where, call) for call in named]
    best = min(missed, key=len)
    return not best, f"not as expected: {_listed(best)}" if best else check.tool


@_judged.register
def _avoids(check: to.Avoids, given: Given) -> tuple[bool, str]:
    wrong = [call.tool for call in given.calls if check.tool in {None, call.tool}]
    return not wrong, _listed(wrong)


def _missed(where: Sequence[to.Where], call: Made) -> list[str]:
    return [one.path for one in where if not _is_like(one, call)]


def _is_like(where: to.Where, call: Made) -> bool:
    values = values_at(where.path, call.arguments)
    texts = [str(value).casefold() for value in values]
    return (
        (where.is_ is None or where.is_.casefold() in texts)
        and all(any(word.casefold() in text for text in texts) for word in where.has or ())
        and (where.any is None or any(_is_in(text, where.any) for text in texts))
        and len(values) >= (where.least or 0)
        and (where.most is None or len(values) <= where.most)
    )


# --- words ----------------------------------------------------------------------------------------


@_judged.register
def _asks(check: to.Asks, given: Given) -> tuple[bool, str]:
    asked = len(_QUESTION.findall(given.words))
    return check.least <= asked <= check.most, f"{asked} questions"


@_judged.register
def _speaks(check: to.Speaks, given: Given) -> tuple[bool, str]:
    # Who only calls tools has said what it said in their arguments.
    found = language_of(given.said if given.said.strip() else given.written)
    return found == check.is_, found or "not to be told"


@_judged.register
def _says(check: to.Says, given: Given) -> tuple[bool, str]:
    return _is_in(given.said.casefold(), check.any), ""


@_judged.register
def _unsaid(check: to.Unsaid, given: Given) -> tuple[bool, str]:
    text = given.written.casefold()
    found = [word for word in check.any if word.casefold() in text]
    return not found, _listed(found)


@_judged.register
def _length(check: to.Length, given: Given) -> tuple[bool, str]:
    count = len(given.said.split())
    return count <= check.most, f"{count} words"


# --- outlines -------------------------------------------------------------------------------------


@_judged.register
def _scenes(check: to.Scenes, given: Given) -> tuple[bool, str]:
    count = len(_outline(given).scenes)
    return check.least <= count <= check.most, f"{count} scenes"


@_judged.register
def _runtime(check: to.Runtime, given: Given) -> tuple[bool, str]:
    lasts_s = sum(scene.duration_s for scene in _outline(given).scenes)
    is_near = abs(lasts_s - check.seconds) <= check.tolerance * check.seconds
    return is_near, f"{lasts_s:g} seconds"


@_judged.register
def _names(check: to.Names, given: Given) -> tuple[bool, str]:
    return _all_in(check.all, [entry.name for entry in _outline(given).characters])


@_judged.register
def _places(check: to.Places, given: Given) -> tuple[bool, str]:
    return _all_in(check.all, [entry.name for entry in _outline(given).locations])


@_judged.register
def _in_order(check: to.InOrder, given: Given) -> tuple[bool, str]:
    told = [_told(scene).casefold() for scene in _outline(given).scenes]
    place = 0
    for word in check.words:
        later = [at for at in range(place, len(told)) if word.casefold() in told[at]]
        if not later:
            return False, f"{word}: not told in its place"
        place = later[0]
    return True, ""


@_judged.register
def _agrees(_check: to.Agrees, given: Given) -> tuple[bool, str]:
    outline = _outline(given)
    cast = {entry.name for entry in outline.characters}
    places = {entry.name for entry in outline.locations}
    wrong = [
        scene.title
        for scene in outline.scenes
        if not set(scene.characters) <= cast
        or scene.location not in places
        or abs(sum(beat.duration_s for beat in scene.beats) - scene.duration_s)
        > BEATS_TOLERANCE * scene.duration_s
    ]
    return not wrong, _listed(wrong)


def _told(scene: Any) -> str:  # noqa: ANN401 a scene of the contract
    beats = [beat.summary for beat in scene.beats]
    return "\n".join([scene.title, scene.summary, scene.location, *beats])


# --- pictures -------------------------------------------------------------------------------------


@_judged.register
def _categorised(check: to.Categorised, given: Given) -> tuple[bool, str]:
    category = _picture(given).category
    return category in check.any, category


@_judged.register
def _palette(check: to.Palette, given: Given) -> tuple[bool, str]:
    seen = _picture(given).palette
    far = [
        colour
        for colour in check.colours
        if min(_distance(colour, one) for one in seen) > check.within
    ]
    return not far, f"nothing near {_listed(far)}" if far else ""


@_judged.register
def _reads(check: to.Reads, given: Given) -> tuple[bool, str]:
    read = _picture(given).text_seen
    if check.reads is None:
        return read is None, read or ""
    return _plain(check.reads) in _plain(read or ""), read or "nothing"


def _distance(one: str, other: str) -> float:
    pairs = zip(bytes.fromhex(one[1:]), bytes.fromhex(other[1:]), strict=True)
    return float(sum((a - b) ** 2 for a, b in pairs) ** 0.5)


# --- shared ---------------------------------------------------------------------------------------


def _outline(given: Given) -> Outline:
    assert isinstance(given.value, Outline)  # noqa: S101 its checks are read for its task only
    return given.value


def _picture(given: Given) -> ImageAnalysis:
    assert isinstance(given.value, ImageAnalysis)  # noqa: S101 as above
    return given.value


def _is_in(text: str, words: Iterable[str]) -> bool:
    return any(word.casefold() in text for word in words)


def _all_in(wanted: Sequence[str], named: Sequence[str]) -> tuple[bool, str]:
    known = [name.casefold() for name in named]
    absent = [one for one in wanted if not any(one.casefold() in name for name in known)]
    return not absent, f"without {_listed(absent)}" if absent else ""


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
