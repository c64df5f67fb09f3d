"""The shot list: exact bytes, one row a beat, and no cell that a spreadsheet would run."""

import csv
import io
from time import perf_counter

import pytest

from scenes.exports.film import Beat, Film, Scene
from scenes.exports.shots import ENCODING, HEADER, LONGEST_CELL, cell, write_csv
from scenes.exports.watermark import LINE
from tests.hostile.naughty import STORABLE

SMALL = Film(
    "Salt Roads",
    scenes=[
        Scene(
            title='The "ferry"',
            location="Quay, north",
            slots={"camera": {"angle": "low", "lens": "35mm", "movement": "static"}},
            prompt="a quay, low, 35mm",
            beats=[
                Beat("She waits.", seconds=4.0),
                Beat("She\r\ngoes.", seconds=12.5, shot={"size": "wide", "lens": 85}),
            ],
        ),
        Scene(title="Dawn", notes="Nobody.", seconds=None),
    ],
)


def rows(film, watermark=""):
    text = write_csv(film, watermark=watermark).encode(ENCODING).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def test_a_small_film_has_exactly_these_bytes():
    assert write_csv(SMALL, watermark="").encode(ENCODING) == (
        b"\xef\xbb\xbf"
        b'"Scene","Scene title","Location","Beat","Text","Camera","Lens","Movement","Seconds",'
        b'"Prompt"\r\n'
        b'"1","The ""ferry""","Quay, north","1","She waits.","low","35mm","static","4",'
        b'"a quay, low, 35mm"\r\n'
        b'"1","The ""ferry""","Quay, north","2","She\ngoes.","wide","85","static","12.5",'
        b'"a quay, low, 35mm"\r\n'
        b'"2","Dawn","","","Nobody.","","","","",""\r\n'
    )


def test_the_watermark_is_the_first_cell_of_a_last_row_as_wide_as_all_others():
    found = rows(SMALL, watermark=LINE)

    assert found[:-1] == rows(SMALL)
    assert found[-1] == [LINE, *[""] * 9]
    assert {len(row) for row in found} == {len(HEADER)}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t'=1"),
        ("\ta", "'\ta"),
        ("\ra", "'\na"),
        ("\na", "'\na"),
        ("  =1", "'  =1"),
        ("\ufeff=1", "'\ufeff=1"),
        ("\u200b\u202d=1", "'\u200b\u202d=1\u202c"),
        ("\x01=1", "'=1"),
        ("\uff1d1", "'\uff1d1"),
        ("a;=1", "a;'=1"),
        ("a;  @b", "a;  '@b"),
        ("a=1; b", "a=1; b"),
        ("'=1", "'=1"),
        ("", ""),
        ("a\x00b\x1b[31m", "ab[31m"),
        ("a\r\nb\u2028c", "a\nb\nc"),
        ("\u05e9\u05dc\u05d5\u05dd", "\u05e9\u05dc\u05d5\u05dd"),
        ("\u202eabc", "\u202eabc\u202c"),
        ("\u2066\u202aabc", "\u2066\u202aabc\u202c\u2069"),
        ("\u2066\u202aabc\u2069", "\u2066\u202aabc\u2069"),
        ("a\u202c\u2069", "a\u202c\u2069"),
        ("\u202e" * 126 + "a", "a"),
    ],
)
def test_a_cell_is_text_whatever_stands_in_it(text, shown):
    assert cell(text) == shown


@pytest.mark.parametrize("text", STORABLE.values(), ids=STORABLE)
def test_a_naughty_text_stays_in_its_cell_and_is_no_formula(text):
    film = Film(
        text,
        scenes=[
            Scene(
                text,
                location=text,
                notes=text,
                prompt=text,
                slots={"camera": {"angle": text, "lens": text, "movement": text}},
                beats=[Beat(text, shot={"size": text, "camera": {"lens": text}})],
            )
        ],
    )

    found = rows(film)

    assert len(found) == 2
    assert len(found[1]) == len(HEADER)
    assert [
        one[:1] for one in found[1] if one.lstrip()[:1] in tuple("=+-@\uff1d\uff0b\uff0d\uff20")
    ] == []


def test_a_cell_is_cut_where_a_spreadsheet_would_break_it():
    cut = cell("a" * 100_000)
    emoji = cell("\U0001f600" * 100_000)

    assert (cut[-2:], len(cut)) == ("a…", LONGEST_CELL - 125)
    assert emoji[-2:] == "\U0001f600…"
    assert len(emoji.encode("utf-16-le")) <= LONGEST_CELL * 2
    assert len(cell("\u202e" * 100 + "a" * 100_000)) <= LONGEST_CELL


def test_seconds_are_decimal_and_unknown_is_empty():
    beats = [Beat("a", seconds=one) for one in (0.0, 0.1, 86_400.0, 1e-05, None)]

    found = rows(Film("", scenes=[Scene("A", beats=beats)]))

    assert [row[8] for row in found[1:]] == ["0", "0.1", "86400", "0.00001", ""]


@pytest.mark.parametrize(
    ("shot", "shown"),
    [
        ({}, ["low", "35mm", "static"]),
        ({"camera": "crane", "movement": "down"}, ["crane", "35mm", "down"]),
        ({"camera": {"angle": "high", "lens": "50mm"}}, ["high", "50mm", "static"]),
        ({"shotType": "wide", "size": "wide", "angle": "eye"}, ["wide, eye", "35mm", "static"]),
        ({"lens": [24, "macro"], "movement": True}, ["low", "24, macro", "static"]),
        ({"lens": None, "camera": ["a", None]}, ["a", "35mm", "static"]),
    ],
)
def test_a_shot_speaks_for_itself_and_else_as_its_scene(shot, shown):
    slots = {"camera": {"angle": "low", "lens": "35mm", "movement": "static"}}

    found = rows(Film("", scenes=[Scene("A", slots=slots, beats=[Beat("b", shot=shot)])]))

    assert found[1][5:8] == shown


def test_five_thousand_shots_are_written_in_a_second():
    beats = [Beat("She waits at the quay and counts her coins.", seconds=4.5)] * 50
    scenes = [Scene(f"Scene {n}", location="Quay", prompt="a quay, low, 35mm" * 20, beats=beats)
              for n in range(100)]  # fmt: skip

    begun = perf_counter()
    text = write_csv(Film("Long", scenes=scenes), watermark=LINE)
    took_s = perf_counter() - begun

    assert text.count("\r\n") == 5_002
    assert took_s < 1
