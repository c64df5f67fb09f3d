"""The shot list as CSV: one row a beat, and one for a scene without beats.

UTF-8 with a byte order mark, without which Excel reads it in the code page of its country. Every
cell stands in quotes; lines end in CRLF, breaks inside a cell in LF. What a spreadsheet would take
for a formula gets an apostrophe in front.

Source: RFC 4180; OWASP, "CSV Injection".
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from scenes.exports.film import Beat, Film, Scene, inner_map, setup_of
from scenes.exports.text import DEEPEST, bare, contained, lines_of

HEADER: Final = (
    "Scene", "Scene title", "Location", "Beat", "Text", "Camera", "Lens", "Movement", "Seconds",
    "Prompt",
)  # fmt: skip
ENCODING: Final = "utf-8-sig"
LONGEST_CELL: Final = 32_767
"""In UTF-16 units: what is longer, Excel breaks into further rows."""

_LONGEST_TEXT: Final = LONGEST_CELL - DEEPEST  # with room for what `contained` adds
_FORMULA: Final = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
_BLANKS: Final = ("\t", "\r", "\n")
# Where lists are separated by semicolons a spreadsheet begins a new cell behind one.
_INNER: Final = re.compile(r"([;\t] *)([=+\-@\uff1d\uff0b\uff0d\uff20])")


def write_csv(film: Film, *, watermark: str) -> str:
    """Write the shot list; the watermark is the first cell of a last row.

    Scenes and beats are counted from 1.
    """
    file = io.StringIO()
    writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(HEADER)
    for number, scene in enumerate(film.scenes, 1):
        writer.writerows(_rows(number, scene))
    if watermark:
        writer.writerow([watermark, *[""] * (len(HEADER) - 1)])
    return file.getvalue()


def _rows(number: int, scene: Scene) -> Iterator[Sequence[str]]:
    beats: Sequence[Beat | None] = scene.beats or [None]
    usual = setup_of(inner_map(scene.slots, "camera"))
    of_scene = [str(number), cell(scene.title), cell(scene.location)]
    prompt = cell(scene.prompt)
    for place, beat in enumerate(beats, 1):
        setup = usual if beat is None else setup_of(beat.shot, usual)
        yield [
            *of_scene,
            "" if beat is None else str(place),
            cell(scene.notes if beat is None else beat.text),
            cell(setup.camera),
            cell(setup.lens),
            cell(setup.movement),
            _number(scene.seconds if beat is None else beat.seconds),
            prompt,
        ]


def cell(text: str) -> str:
    """Make a text safe to open in a spreadsheet, and short enough for one cell of it."""
    led = text.startswith(_BLANKS)
    clean = "\n".join(lines_of(text))
    clean = _INNER.sub(r"\1'\2", clean)
    if led or bare(clean).startswith(_FORMULA):
        clean = f"'{clean}"
    return contained(_cut(clean))


def _cut(text: str) -> str:
    if len(text) * 2 <= _LONGEST_TEXT:
        return text
    units = text.encode("utf-16-le")
    if len(units) <= _LONGEST_TEXT * 2:
        return text
    return units[: (_LONGEST_TEXT - 1) * 2].decode("utf-16-le", "ignore") + "…"


def _number(seconds: float | None) -> str:
    """Write seconds without an exponent or idle zeros; not known is an empty cell."""
    return "" if seconds is None else format(Decimal(repr(seconds)).normalize(), "f")
