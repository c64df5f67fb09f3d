"""The film as Fountain 1.1: title page, scene headings, action, synopses, cues where there are any.

What people wrote is text, not markup: a line that Fountain would read as something else is forced
to be action, and marks of emphasis are escaped.

Source: https://fountain.io/syntax
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from scenes.exports.film import Beat, Film, Scene, words
from scenes.exports.text import bare, lines_of, one_line

_HEADING: Final = re.compile(r"(?:INT\.?/EXT|INT|EXT|EST|I/E)[. ]", re.IGNORECASE)
_MARKERS: Final = tuple(".!@>~#=")
_EMPHASIS: Final = str.maketrans({"*": r"\*", "_": r"\_"})  # this ends `/*` as well
_NOTE: Final = re.compile(r"\[(?=\[)")
_NOTE_END: Final = re.compile(r"\](?=\])")
_INDENT: Final = " " * 4


def write_fountain(film: Film, *, made_on: date, watermark: str) -> str:
    """Write the film; the watermark stands in the title page's notes and below the last scene."""
    blocks = [_title_page(film, made_on, watermark)]
    for number, scene in enumerate(film.scenes, 1):
        blocks += _scene(number, scene)
    if watermark:
        blocks.append(f"> {watermark} <")
    return "\n\n".join(blocks) + "\n"


def _title_page(film: Film, made_on: date, watermark: str) -> str:
    page = [f"Title: {_plain(one_line(film.title))}", f"Draft date: {made_on.isoformat()}"]
    notes = [_plain(one_line(film.logline)), watermark]
    if any(notes):
        page += ["Notes:", *(f"{_INDENT}{note}" for note in notes if note)]
    return "\n".join(page)


def _scene(number: int, scene: Scene) -> Iterator[str]:
    heading, says_title = _heading(number, scene)
    yield heading
    title, cast = one_line(scene.title), one_line(", ".join(map(words, scene.cast)))
    if title and not says_title:
        yield f"= {_plain(title)}"
    if cast:
        yield _note(f"Cast: {cast}")
    yield from _action(scene.notes)
    for beat in scene.beats:
        yield from _beat(beat)


def _heading(number: int, scene: Scene) -> tuple[str, bool]:
    """Write the heading, and say whether the scene's title is in it."""
    title, location = one_line(scene.title), one_line(scene.location)
    says_title = bool(_HEADING.match(title)) or not location
    place = title if says_title else location
    time = one_line(scene.time_of_day)
    if time and not _HEADING.match(title) and not place.casefold().endswith(time.casefold()):
        place = f"{place} - {time}"
    place = place.upper()
    if not place:
        place = f".SCENE {number}"
    elif place[0].isalnum():  # a point forces a heading only in front of a letter or a digit
        place = place if _HEADING.match(place) else f".{place}"
    else:
        place = f".SCENE {number}: {place}"
    return f"{_plain(place)} #{number}#", says_title


def _beat(beat: Beat) -> Iterator[str]:
    if purpose := one_line(beat.purpose):
        yield f"= {_plain(purpose)}"
    yield from _action(beat.text)
    speaker, said = (words(beat.shot.get(name)) for name in ("character", "dialogue"))
    if one_line(speaker) and said:
        yield from _dialogue(one_line(speaker), said)


def _dialogue(speaker: str, said: str) -> Iterator[str]:
    """Write a cue and its words; what would not stay dialogue is written as action."""
    lines = _trimmed(said)
    if any(_is_marked(line) for line in lines) or not speaker.rstrip("^ "):
        yield from _action(f"{speaker}: {said}")
    elif lines:
        cue = f"@{_plain(speaker.rstrip('^ '))}"
        yield "\n".join([cue, *(_plain(line) or "  " for line in lines)])


def _action(text: str) -> Iterator[str]:
    lines = _trimmed(text)
    if lines:
        yield "\n".join(f"!{_plain(line)}" if _is_misread(line) else _plain(line) for line in lines)


def _trimmed(text: str) -> list[str]:
    """Split into lines, without empty ones at both ends."""
    lines = [line if bare(line) else "" for line in lines_of(text)]
    filled = [place for place, line in enumerate(lines) if line]
    return lines[filled[0] : filled[-1] + 1] if filled else []


def _is_misread(line: str) -> bool:
    """Say whether a line of action would be taken for something else.

    A line without small letters may be a character's cue or a transition, and in scripts that have
    none every line is one.
    """
    return bool(line) and (_is_marked(line) or not any(map(str.islower, _outside(line))))


def _outside(line: str) -> Iterator[str]:
    """Give the letters that stand in no brackets: a cue may have small ones inside."""
    depth = 0
    for letter in line:
        depth += letter == "("
        if not depth:
            yield letter
        depth -= letter == ")" and depth > 0


def _is_marked(line: str) -> bool:
    seen = bare(line)
    return seen.startswith(_MARKERS) or _HEADING.match(seen) is not None


def _note(text: str) -> str:
    inside = _NOTE_END.sub("] ", _plain(text))
    return f"[[{inside}{' ' * inside.endswith(']')}]]"


def _plain(line: str) -> str:
    """Take the meaning from marks of emphasis, notes and boneyards inside a line."""
    return _NOTE.sub("[ ", line).translate(_EMPHASIS)
