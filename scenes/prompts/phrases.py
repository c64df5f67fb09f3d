"""The pieces of a prompt, in order, each with the slot it came from.

A compiler joins phrases; because each one names its slot, a compiler for one target tool can say
which slots it used, cut, moved or could not use.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

_LAYOUTS: Final = {
    "stacked_frames": (
        "Split screen, 4 vertical panels, sequential action, comic book style layout"
    ),
    "storyboard": "Storyboard grid, multiple shots, rough sketch style, annotated",
    "poster": "Movie poster key art, high contrast, title typography, cinematic composition",
    "character_sheet": (
        "Character sheet, multiple angles, front view, side view, close up, full body"
    ),
    "moodboard": (
        "Moodboard style transfer, aesthetic matching, color palette extraction, "
        "visual theme consistency"
    ),
    "temporal_progression": (
        "4 sequential frames, temporal progression, time evolution, before and after, "
        "storytelling sequence"
    ),
}
_WORDS: Final = (
    ("camera", ("angle", "movement", "lens")),
    ("lighting", ("mood", "direction", "color")),
    ("style", ("aesthetic", "era")),
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """One piece of a prompt and the JSON pointer of the slot that says it."""

    pointer: str
    text: str


def phrases(slots: Mapping[str, Any]) -> tuple[Phrase, ...]:
    """Take the prompt's pieces out of slots: layout first, aspect ratio last, empty ones left out.

    A text counts as soon as it has one character, a blank included; slots that are absent, or not
    of their type, say nothing.
    """
    return tuple(phrase for phrase in _all(slots) if phrase.text)


def _all(slots: Mapping[str, Any]) -> Iterator[Phrase]:
    yield Phrase("/workflow", _LAYOUTS.get(_text(slots, "workflow"), ""))
    yield Phrase("/subject", _text(slots, "subject"))
    for group, names in _WORDS:
        inside = _group(slots, group)
        for name in names:
            yield Phrase(f"/{group}/{name}", _text(inside, name))
    yield Phrase("/style/influences", _influences(_group(slots, "style")))
    ratio = _text(slots, "aspectRatio")
    yield Phrase("/aspectRatio", f"--ar {ratio}" if ratio else "")


def _influences(style: Mapping[str, Any]) -> str:
    names = style.get("influences")
    if not isinstance(names, list | tuple) or not names:
        return ""
    return "inspired by " + ", ".join(str(name) for name in names)


def _group(slots: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = slots.get(name)
    return value if isinstance(value, Mapping) else {}


def _text(slots: Mapping[str, Any], name: str) -> str:
    value = slots.get(name)
    return value if isinstance(value, str) else ""
