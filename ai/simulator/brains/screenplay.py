"""Screenplays, in the headings of several languages."""
# ruff: noqa: RUF001 - words and quotes of other languages are meant

import re
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from ai.simulator.brains.clock import is_time, time_in
from ai.simulator.brains.drafts import Beat, Scene
from ai.simulator.brains.language import STOPWORDS, clip

_PREFIX: Final = (
    r"INT\.?\s*/\s*EXT|EXT\.?\s*/\s*INT|I\s*/\s*E|INTERIOR|EXTERIOR|INTÉRIEUR|"
    r"EXTÉRIEUR|INTERIEUR|EXTERIEUR"
    r"|INT|EXT|EST|ESC|INNEN\s*/\s*AU(?:SS|ß|ẞ)EN|INNEN|AU(?:SS|ß|ẞ)EN"
    r"|ИНТ\.?\s*/\s*(?:НАТ|ЭКСТ)|ИНТЕРЬЕР|НАТУРА|ЭКСТЕРЬЕР|ИНТ|НАТ|ЭКСТ|ПАВ"
)
HEADING: Final = re.compile(
    r"^\s*(?:#+\s*)?(?:\*\*)?(?P<word>(?:scene|szene|scène|escena|сцена|эпизод|bild)\b[.:]?\s*)?"
    r"(?P<number>(?:№|#|n[º°]\.?)?\s?\d{1,4}(?:[-.]\d{1,4})?[A-ZА-Я]?[.):]?\s*(?:[-–—]\s*|\s))?"
    rf"(?P<kind>{_PREFIX})(?:\.|:|\s|"
    rf"/|-)+(?P<rest>\S.*?)\s*(?:\*\*)?\s*$",
    re.IGNORECASE,
)
_HAN_NUMBER: Final = (
    r"(?:第\s?[\d一二三四五六七八九十百零〇两]{1,6}\s?[场場幕]|场景?\s?\d{1,4}|\d{1,4})"
    r"[\s.:：、,，-]*"
)
_HAN_HEADING: Final = re.compile(
    rf"^\s*(?:{_HAN_NUMBER})?(?P<kind>内景|外景|內景|内/外景|屋内|屋外|[内內外](?=[\s。.:：、,，/-]))"
    r"[\s。.:：、,，/-]*(?P<rest>\S.*?)\s*$"
)
_HAN_LATE_HEADING: Final = re.compile(
    rf"^\s*{_HAN_NUMBER}(?P<rest>\S.*?)[\s,，、]+(?P<kind>[内內外]景?)\s*$"
)
_SEPARATOR: Final = re.compile(r"\s+[-–—]+\s+|\s*[–—]\s*|\s*[,，。、.]\s+|[，。、]")
_CUE: Final = re.compile(r"^\s*@?(?P<name>[^\W\d_][^:：.!?…]{0,38}?)\s*(?P<note>\([^)]*\)\s*)*\^?$")
_HAN_CUE: Final = re.compile(r"^\s*(?P<name>[\u3400-\u9fff]{1,8})\s*(?:（[^）]*）)?\s*[:：]$")
_SPOKEN: Final = re.compile(
    r"^\s*(?P<name>[^\W\d_][\w.'’ -]{0,28}?)\s*(?:\([^)]*\)|（[^）]*）)?\s*[:：]\s*(?P<words>\S.*)$"
)
_TRANSITION: Final = re.compile(
    r"(?:\bTO:?$|^FADE\b|^CUT\b|^DISSOLVE\b|^THE END\.?$|^END\.?$|^КОНЕЦ\.?$|^ЗТМ|"
    r"^ИЗ ЗТМ|^ENDE\.?$|^FIN\.?$|^FUNDIDO|^SCHNITT|^ABBLENDE|^AUFBLENDE|^FONDU|"
    r"^COUPE)"
)
_TITLE_LINE: Final = re.compile(
    r"^\s*(?:title|titel|titre|título|название|标题)\s*[:：]\s*(?P<title>.+)$", re.IGNORECASE
)
_TITLE_PAGE: Final = re.compile(
    r"^\s*(?:title|titel|titre|título|название|标题|credit|authors?|autor(?:in)?|auteur|автор|"
    r"作者|编剧|source|draft(?: date)?|date|datum|fecha|дата|contact|kontakt|contacto|copyright|"
    r"notes?|revision|format)\s*[:：]|^\s*(?:©|\(c\)|copyright\b)",
    re.IGNORECASE,
)
_SENTENCE_ENDS: Final = tuple(".!?…。！？»”\"'")
_TITLE_WORDS: Final = 8
_TITLE_HAN: Final = 20
_OUTSIDE: Final = re.compile(r"^(?:EXT|EST|EXTÉ|AU|НАТ|ЭКСТ|外|屋外)", re.IGNORECASE)
_CUE_WORDS: Final = 4
_HAN_FROM: Final = 0x2E80
_MIN_LETTERS: Final = 2
_SMALL_WORDS: Final = frozenset[str]().union(*STOPWORDS.values())


@dataclass(slots=True)
class _Page:
    """What lies between two headings."""

    heading: str
    lines: list[str] = field(default_factory=list)


def is_screenplay(text: str) -> bool:
    """Tell whether a text has at least one scene heading."""
    return any(_heading(line) for line in text.splitlines())


def read_screenplay(text: str) -> tuple[str, list[Scene]]:
    """Return the title, "" if none stands before the first heading, and the scenes in order."""
    preamble: list[str] = []
    pages: list[_Page] = []
    for line in text.splitlines():
        if _heading(line):
            pages.append(_Page(line))
        else:
            (pages[-1].lines if pages else preamble).append(line)
    return _title(preamble), [_scene(page) for page in pages]


def opening_words(text: str) -> str:
    """Return the prose before the first heading, without title page and transitions; "" if none."""
    lines: list[str] = []
    for line in text.splitlines():
        if _heading(line):
            break
        lines.append(line)
    told: list[str] = []
    for filled, group in groupby(lines, key=lambda line: bool(line.strip())):
        if filled and (block := _without_labels(list(group))):
            told.append(_as_prose(block))
    return "\n\n".join(told)


def spoken_line(line: str) -> tuple[str, str] | None:
    """Read `NAME: words`; None when the line is something else."""
    found = _SPOKEN.match(line)
    if not found or not found["name"][0].isupper() or len(found["name"].split()) > _CUE_WORDS - 1:
        return (
            (found["name"], found["words"])
            if found and found["name"][0] >= chr(_HAN_FROM)
            else None
        )
    return found["name"].strip(), found["words"]


def _heading(line: str) -> re.Match[str] | None:
    """Match a heading: known words, or a Latin or Cyrillic prefix in capitals."""
    if han := _HAN_HEADING.match(line) or _HAN_LATE_HEADING.match(line):
        return han
    found = HEADING.match(line.lstrip(".") if line.startswith(".") else line)
    return found if found and (found["kind"].isupper() or _counted(found)) else None


def _counted(heading: re.Match[str]) -> bool:
    """Tell whether a heading begins with a word and a number: "Scene 3 - Ext. Quay"."""
    return bool(heading["word"] and heading["number"])


def _without_labels(lines: list[str]) -> list[str]:
    """Keep the lines of a block that tell something: no transition, no part of a title page."""
    block = [line for line in lines if not _TRANSITION.search(line.strip())]
    if block and _TITLE_PAGE.match(block[0]):
        block = [
            line
            for line in block
            if not (_TITLE_PAGE.match(line) or line[0].isspace() or _is_label(line.strip()))
        ]
    block = [line.strip() for line in block]
    return [] if all(map(_is_label, block)) else block


def _is_label(line: str) -> bool:
    """Tell whether a line is a title or a name: short, and no sentence."""
    if line.endswith(_SENTENCE_ENDS) or spoken_line(line):
        return False
    return len(line.split()) <= _TITLE_WORDS and (
        len(line) <= _TITLE_HAN or not any(letter > chr(_HAN_FROM) for letter in line)
    )


def _as_prose(block: list[str]) -> str:
    """Write a cue and its words as one line, leave anything else as it is."""
    cue = _CUE.match(block[0])
    spoken = len(block) > 1 and cue and is_cue(cue["name"])
    return "\n".join(beat.told() for beat in _block(block)) if spoken else "\n".join(block)


def _scene(page: _Page) -> Scene:
    """Read one scene."""
    found = _heading(page.heading)
    kind, rest = (found["kind"], found["rest"]) if found else ("", page.heading)
    place, time = _place_and_time(rest)
    beats = _beats(page.lines)
    cast = list(dict.fromkeys(beat.speaker for beat in beats if beat.speaker))
    side = "EXT" if _OUTSIDE.match(kind) else "INT"
    return Scene(place, place, time, side, cast, beats or [Beat(clip(rest, 200))])


def _place_and_time(rest: str) -> tuple[str, str]:
    """Split the rest of a heading into a place as one writes it and a time of day."""
    parts = [part.strip(" .-–—") for part in _SEPARATOR.split(rest.strip(" *"))]
    parts = [part for part in parts if part] or [rest]
    time = ""
    if len(parts) == 1 and ord(rest[0]) > _HAN_FROM:
        parts = rest.split() or parts
    while len(parts) > 1 and is_time(parts[-1]) | bool(
        ord(parts[-1][0]) > _HAN_FROM and time_in(parts[-1])
    ):
        time = time_in(parts.pop()) or time
    return ", ".join(_as_written(part) for part in parts), time


def _as_written(name: str) -> str:
    """Write a name in capitals the way it stands inside a sentence."""
    if not name.isupper():
        return name
    first, *rest = (word[:1] + word[1:].lower() for word in name.split())
    return " ".join([first, *(w.lower() if w.lower() in _SMALL_WORDS else w for w in rest)])


def _beats(lines: list[str]) -> list[Beat]:
    """Read the blocks between empty lines: actions, and cues with their words."""
    beats: list[Beat] = []
    for filled, group in groupby(lines, key=lambda line: bool(line.strip())):
        if filled:
            beats.extend(_block([line.strip() for line in group]))
    return beats


def _block(block: list[str]) -> list[Beat]:
    """Read one block."""
    han = _HAN_CUE.match(block[0])
    cue = han or _CUE.match(block[0])
    if len(block) > 1 and cue and (han or is_cue(cue["name"])):
        words = " ".join(line for line in block[1:] if not _is_aside(line))
        return [Beat(words, _as_written(cue["name"].strip()))] if words else []
    beats: list[Beat] = []
    for line in block:
        spoken = spoken_line(line)
        if spoken:
            beats.append(Beat(spoken[1], _as_written(spoken[0])))
        elif not _TRANSITION.search(line):
            _continue(beats, line)
    return beats


def _continue(beats: list[Beat], line: str) -> None:
    """Add a line of action to the action before it, or begin one."""
    if beats and not beats[-1].speaker:
        beats[-1].text += f" {line}"
    else:
        beats.append(Beat(line))


def is_cue(name: str) -> bool:
    """Tell whether a line is a character's name in capitals."""
    letters = [letter for letter in name if letter.isalpha()]
    return (
        name.isupper()
        and len(letters) >= _MIN_LETTERS
        and len(name.split()) <= _CUE_WORDS
        and not _TRANSITION.search(name)
    )


def _is_aside(line: str) -> bool:
    """Tell whether a line is a parenthetical."""
    return line.startswith("(") and line.endswith(")")


def _title(preamble: list[str]) -> str:
    """Find the title before the first scene."""
    for line in preamble:
        if found := _TITLE_LINE.match(line):
            return found["title"].strip(" *_")
    lines = [
        line.strip(" *_#")
        for line in preamble
        if line.strip() and not _TRANSITION.search(line.strip())
    ]
    titled = bool(lines) and ":" not in lines[0] and _is_label(lines[0])
    return _as_written(clip(lines[0], 80)) if titled else ""
