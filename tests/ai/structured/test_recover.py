"""Malformed answers whose meaning is known: the meant value exactly, and what was dropped."""

import json

import pytest

from ai.contracts.director import UpdateBible
from ai.contracts.outline import Outline
from ai.contracts.vision import ImageAnalysis
from ai.structured.recover import Recovered, recover
from tests.ai.structured import mangles, meant

MEANT = {
    "outline": meant.OUTLINE,
    "quoting": meant.QUOTING,
    "picture": meant.PICTURE,
    "sign": meant.SIGN,
    "scene": meant.SCENE,
    "bible": meant.BIBLE,
}


def wire(value):
    return value.model_dump(mode="json", by_alias=True)


@pytest.mark.parametrize("name", MEANT)
@pytest.mark.parametrize("mangle", mangles.ALL)
def test_a_malformed_answer_gives_the_value_that_was_meant(mangle, name):
    value = MEANT[name]
    raw = mangles.ALL[mangle](wire(value))

    found = recover(raw, type(value))

    assert found is not None
    assert found.value == value


def test_strict_json_is_taken_as_it_is():
    assert recover(mangles.tight(wire(meant.SIGN)), ImageAnalysis) == Recovered(meant.SIGN)


def test_what_was_mended_is_told_once_each():
    raw = "Sure:\n```json\n{'Label': 'Lamp', // here\n" + mangles.pretty(wire(meant.SIGN))[1:]
    raw = raw.replace('"label": "Café sign",', "")

    found = recover(raw, ImageAnalysis)

    assert found is not None
    assert found.value.label == "Lamp"
    assert found.repairs == ("prose", "quotes", "comment", "spelling of a key")


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ('"a 6" ruler"', 'a 6" ruler'),
        ('"The "red", "blue" and "green" bus"', 'The "red", "blue" and "green" bus'),
        ('"She said "go", and left"', 'She said "go", and left'),
        ('""Go," she said."', '"Go," she said.'),
        ('"He said "go""', 'He said "go"'),
        ('"The Bus""', "The Bus"),
        ("'It's raining, isn't it'", "It's raining, isn't it"),
        ('"one\\ntwo"', "one\ntwo"),
        ('"one\ntwo"', "one\ntwo"),
        ('"caf\\u00e9 \\ud83c\\udfac"', "café \U0001f3ac"),
        ('"cut \\ud83c off"', "cut  off"),
        ('"nul\\u0000"', "nul"),
        ('"it\\\'s"', "it's"),
        ('"C:\\dir"', "C:\\dir"),
        ('"a" + "b"', "ab"),
        ('"""three "quotes" """', 'three "quotes"'),
        ("“smart “inner” quotes”", "smart “inner” quotes"),
        ('"http://a.example/#b"', "http://a.example/#b"),
        ('"{ not: json } [1]"', "{ not: json } [1]"),
        ("lonely and wet", "lonely and wet"),
        ("1984", "1984"),
        ('["one"]', "one"),
    ],
)
def test_a_string_is_read_as_it_was_meant(written, text):
    raw = mangles.pretty(wire(meant.SIGN)).replace('"wry"', written).removesuffix("}") + ",}"

    found = recover(raw, ImageAnalysis)

    assert found is not None
    assert found.value.mood == text


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ('"20"', 20),
        ('"20.5"', 20.5),
        ('"20,5"', 20.5),
        ('"20 s"', 20),
        ('"20 seconds"', 20),
        ('"~20"', 20),
        ('"2 min"', 120),
        ("20.", 20),
        ("2e1", 20),
        ("20s", 20),
        ('"1,200"', 1200),
    ],
)
def test_a_number_is_read_with_its_unit(written, seconds):
    raw = mangles.pretty(wire(meant.OUTLINE)).replace(
        '"duration_s": 20.0\n', f'"duration_s": {written}\n'
    )

    found = recover(raw, Outline)

    assert found is not None
    assert found.value.scenes[2].beats[0].duration_s == seconds


@pytest.mark.parametrize(
    "written", ["null", "true", '"long"', "NaN", "-5", "{}", '"1:30"', "1e999"]
)
def test_a_number_that_is_none_is_refused(written):
    raw = mangles.pretty(wire(meant.OUTLINE)).replace(
        '"duration_s": 20.0\n', f'"duration_s": {written}\n'
    )

    assert recover(raw, Outline) is None


@pytest.mark.parametrize(
    "tags",
    [
        '"neon, sign, door"',
        '"- neon\\n- sign\\n- door"',
        '{"tags": ["neon", "sign", "door"]}',
        '[["neon", "sign", "door"]]',
        '["neon" "sign" "door"]',
        "[neon, sign, door]",
        "['neon', “sign”, 'door',]",
        '"[\\"neon\\", \\"sign\\", \\"door\\"]"',
    ],
)
def test_a_list_is_read_however_it_was_written(tags):
    raw = mangles.tight(wire(meant.SIGN)).replace('["neon","sign","door"]', tags)

    found = recover(raw, ImageAnalysis)

    assert found is not None
    assert found.value == meant.SIGN


@pytest.mark.parametrize(
    "people",
    [
        {entry.name: entry.description for entry in meant.OUTLINE.characters},
        {entry.name: {"description": entry.description} for entry in meant.OUTLINE.characters},
        {f"character_{n}": wire(e) for n, e in enumerate(meant.OUTLINE.characters)},
        {"character": [wire(entry) for entry in meant.OUTLINE.characters]},
    ],
)
def test_an_object_that_stands_for_a_list_is_read_as_one(people):
    raw = json.dumps({**wire(meant.OUTLINE), "characters": people})

    found = recover(raw, Outline)

    assert found is not None
    assert found.value == meant.OUTLINE


def test_a_head_line_and_a_line_for_each_scene_make_one_outline():
    value = wire(meant.OUTLINE)
    lines = [{key: part for key, part in value.items() if key != "scenes"}, *value["scenes"]]

    found = recover("\n".join(json.dumps(line) for line in lines), Outline)

    assert found is not None
    assert found.value == meant.OUTLINE


def test_the_last_whole_draft_wins():
    first = mangles.pretty({**wire(meant.SIGN), "label": "First"})
    last = mangles.pretty({**wire(meant.SIGN), "label": "Last"}).replace('"', "'")

    found = recover(f"{first}\nor rather\n{last}\nor even\n{last[:90]}", ImageAnalysis)

    assert found is not None
    assert found.value.label == "Last"


@pytest.mark.parametrize("word", ["Shot Ref", "SHOT_REF", "shot-ref", "shotRef"])
def test_a_choice_is_known_by_its_letters(word):
    raw = json.dumps({**wire(meant.PICTURE), "category": word})

    found = recover(raw, ImageAnalysis)

    assert found is not None
    assert found.value == meant.PICTURE


@pytest.mark.parametrize("cut", range(0, len(mangles.tight(wire(meant.OUTLINE))), 3))
def test_a_cut_outline_keeps_whole_scenes_and_says_what_it_dropped(cut):
    whole = mangles.tight(wire(meant.OUTLINE))

    found = recover(whole[:cut], Outline)

    if found is None:
        assert cut < whole.index('"title":"The ride"') - 1
        return
    kept = found.value.scenes
    if found.value == meant.OUTLINE and not found.dropped:
        assert not whole[cut:].strip("}")
    else:
        assert found.dropped
        assert kept == meant.OUTLINE.scenes[: len(kept)]
        assert found.value.characters == meant.OUTLINE.characters


def test_a_scene_that_was_cut_is_named():
    whole = mangles.pretty(wire(meant.OUTLINE))

    found = recover(whole[: whole.index("He counts them")], Outline)

    assert found is not None
    assert len(found.value.scenes) == 1
    assert found.dropped == ("scenes[1]", "scenes (not closed)")


@pytest.mark.parametrize("name", ["picture", "sign", "scene", "bible"])
def test_a_cut_answer_is_never_taken_for_a_whole_one(name):
    value = MEANT[name]
    whole = mangles.pretty(wire(value))

    found = [recover(whole[:cut], type(value)) for cut in range(len(whole) - 1)]

    assert [f for f in found if f and not f.dropped and f.value != value] == []


def test_a_bible_without_a_single_fact_is_not_recovered_from_a_cut():
    assert recover('{"characters": [', UpdateBible) is None
