"""Texts of people, made fit for files that are read line by line."""

import unicodedata
from typing import Final

# Line ends of every kind become a plain one first; what is left of the controls has no place in a
# text file. Tabs stay.
_CONTROLS: Final = dict.fromkeys([*range(0x09), *range(0x0A, 0x20), *range(0x7F, 0xA0)])
_EMBEDDINGS: Final = frozenset("\u202a\u202b\u202d\u202e")
_ISOLATES: Final = frozenset("\u2066\u2067\u2068")
_POP_EMBEDDING: Final = "\u202c"
_POP_ISOLATE: Final = "\u2069"
_DIRECTIONS: Final = _EMBEDDINGS | _ISOLATES
_NO_DIRECTION: Final = {ord(letter): None for letter in _DIRECTIONS}
_INVISIBLE: Final = frozenset({"Cf", "Cc"})
DEEPEST: Final = 125


def lines_of(text: str) -> list[str]:
    """Split a text into lines without control characters and without blanks at their ends."""
    return [line.translate(_CONTROLS).rstrip() for line in text.splitlines()]


def one_line(text: str) -> str:
    """Write a text on one line, each run of blanks as one."""
    return contained(" ".join(" ".join(lines_of(text)).split()))


def bare(text: str) -> str:
    """Leave out what no reader sees at the start: blanks, and marks without a width."""
    for place, letter in enumerate(text):
        if not (letter.isspace() or unicodedata.category(letter) in _INVISIBLE):
            return text[place:]
    return ""


def contained(text: str) -> str:
    """Close each change of the writing direction that a text leaves open.

    Marks of direction belong to texts and stay; open ones would turn what stands behind them. A
    text that nests them deeper than any reader follows loses them all.

    Source: Unicode Standard Annex 9, sections 3.1 and 3.3.2.
    """
    if text.isascii() or _DIRECTIONS.isdisjoint(text):
        return text
    still_open: list[str] = []
    isolates = 0
    for letter in text:
        if letter in _DIRECTIONS:
            still_open.append(letter)
            isolates += letter in _ISOLATES
        elif letter == _POP_EMBEDDING and still_open and still_open[-1] in _EMBEDDINGS:
            still_open.pop()
        elif letter == _POP_ISOLATE and isolates:
            isolates -= 1
            while still_open.pop() not in _ISOLATES:
                pass
    if len(still_open) > DEEPEST:
        return text.translate(_NO_DIRECTION)
    closing = (_POP_EMBEDDING if one in _EMBEDDINGS else _POP_ISOLATE for one in still_open[::-1])
    return text + "".join(closing)
