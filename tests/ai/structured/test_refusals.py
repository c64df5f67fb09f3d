"""What is no answer: echoes, prose, doubtful values; and texts made to keep a reader busy."""

import json
import time

import pytest

from ai.contracts.director import CreateScene, ProposeStructure, UpdateBible
from ai.contracts.outline import Outline
from ai.contracts.vision import ImageAnalysis
from ai.structured.arguments import ArgumentsError, tool_arguments
from ai.structured.preview import preview
from ai.structured.recover import recover
from ai.structured.schema import Mode, response_format, schema_in_prompt, wire_schema
from tests.ai.structured import mangles, meant

CONTRACTS = [Outline, ImageAnalysis, UpdateBible, CreateScene, ProposeStructure]
VALUES = [meant.OUTLINE, meant.PICTURE, meant.SCENE]


def wire(value):
    return value.model_dump(mode="json", by_alias=True)


def filled(node, text):
    """Fill a schema with one text wherever a string is wanted."""
    if "anyOf" in node:
        return filled(node["anyOf"][0], text)
    if node["type"] == "object":
        return {key: filled(child, text) for key, child in node["properties"].items()}
    if node["type"] == "array":
        return [filled(node["items"], text)] * 3
    if node["type"] == "number":
        return 10
    if "enum" in node or "#rrggbb" in node.get("description", ""):
        return node.get("enum", ["#aabbcc"])[0]
    return node.get("description", "x") if text is None else text


@pytest.mark.parametrize("contract", CONTRACTS)
@pytest.mark.parametrize(
    "echo",
    [
        lambda contract: json.dumps(wire_schema(contract, "openai")),
        lambda contract: json.dumps(wire_schema(contract, "gemini")),
        lambda contract: json.dumps(contract.model_json_schema(by_alias=True)),
        lambda contract: json.dumps(response_format(contract, Mode.STRICT, "openai")),
        lambda contract: f"```json\n{json.dumps(wire_schema(contract, 'plain'), indent=2)}\n```",
        lambda contract: repr(wire_schema(contract, "plain")),
        schema_in_prompt,
    ],
)
def test_the_schema_handed_back_is_no_answer(contract, echo):
    assert recover(echo(contract), contract) is None


@pytest.mark.parametrize("contract", CONTRACTS)
@pytest.mark.parametrize(
    "text", ["string", "...", "<text>", "{{value}}", "lorem ipsum dolor", None]
)
def test_a_schema_filled_with_placeholders_is_no_answer(contract, text):
    raw = json.dumps(filled(wire_schema(contract, "plain"), text))

    assert recover(raw, contract) is None


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize(
    "around",
    [
        "For example:\n{}",
        "Here is an example:\n```json\n{}\n```\nShall I go on?",
        "The format is, e.g. {}",
        "<think>perhaps {}</think>",
        "<think>perhaps {} but no, the second act",
        '{{"examples": [{}]}}',
        '{{"type": "object", "properties": {{}}, "default": {}}}',
    ],
)
def test_an_example_or_a_thought_is_no_answer(value, around):
    raw = around.format(mangles.pretty(wire(value)))

    assert recover(raw, type(value)) is None


@pytest.mark.parametrize("contract", CONTRACTS)
@pytest.mark.parametrize(
    "raw",
    [
        "",
        " \n",
        "I'm sorry, I can't help with that.",
        "The film has three scenes: the stop, the ride, the morning.",
        "null",
        "true",
        "[]",
        "42",
        '"text"',
        "{}}",
        "[:",
        "[: 1]",
        '{"a" "b" + ',
        '{"error": {"code": 429, "message": "rate limited"}}',
        "<html><body>502 Bad Gateway</body></html>",
    ],
)
def test_what_holds_no_value_gives_none(contract, raw):
    assert recover(raw, contract) is None


@pytest.mark.parametrize(
    "change",
    [
        {"title": None},
        {"title": ""},
        {"title": ["A", "B"]},
        {"title": {"text": "A"}},
        {"logline": True},
        {"scenes": []},
        {"scenes": "three scenes"},
        {"scenes": [{"title": "A"}]},
        {"scenes": [None]},
        {"characters": "Mara and the driver"},
        {"locations": [["Bus", 1]]},
        {"title": "x" * 201},
    ],
)
def test_a_wrong_value_is_not_made_right(change):
    assert recover(mangles.pretty({**wire(meant.OUTLINE), **change}), Outline) is None


@pytest.mark.parametrize("key", ["title", "logline", "scenes", "characters", "locations"])
def test_a_missing_key_is_not_invented(key):
    value = wire(meant.OUTLINE)
    del value[key]

    assert recover(mangles.pretty(value), Outline) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"mood": "wry",', '"mood": "wry", "mood": "sad",,'),
        ('"sign",', "..., "),
        ('"sign",', "// ... more tags\n"),
        ('"category": "prop"', '"category": "thing"'),
        ('"palette": [', '"palette": ["crimson",'),
    ],
)
def test_an_ambiguous_or_elided_answer_is_refused(old, new):
    raw = mangles.pretty(wire(meant.SIGN)).replace('"sign"', '"sign"').replace(old, new, 1)

    assert recover(raw, ImageAnalysis) is None


def test_two_different_answers_in_one_list_are_refused():
    one = wire(meant.SIGN)

    assert recover(json.dumps([one, {**one, "label": "Other"}]), ImageAnalysis) is None


HOSTILE = {
    "brackets": "[" * 100_000,
    "braces": "{" * 100_000,
    "nested objects": '{"a":' * 50_000,
    "mixed brackets": "[{" * 50_000,
    "quotes": '{"title":"' + '"' * 300_000,
    "quote pairs": '{"title":["' + 'a "b", ' * 100_000,
    "one long string": '{"title":"' + "x" * 1_000_000,
    "backslashes": '{"title":"' + "\\" * 1_000_000,
    "open comments": '{"title":"a' + '"/*' * 200_000,
    "commas": "[" + "," * 1_000_000,
    "digits": '{"title":' + "1" * 1_000_000,
    "blanks": '{"title":"a"' + " " * 1_000_000 + "x",
    "thoughts": "<think>" * 100_000,
    "closed thoughts": "<think></think>" * 60_000 + "{",
    "entities": "{&quot;" * 100_000,
    "escapes": '{\\"' * 100_000,
    "smart quotes": '{"title":"' + "”," * 200_000,
    "bare words": "{title: " + "a, " * 200_000,
    "small objects": "{} " * 200_000,
    "footnotes": "[1] " * 200_000,
    "surrogates": "\ud800" * 500_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_is_refused_in_bounded_time(name):
    began = time.monotonic()

    assert recover(HOSTILE[name], Outline) is None
    assert isinstance(tool_arguments(HOSTILE[name], Outline), ArgumentsError)
    preview(HOSTILE[name])

    assert time.monotonic() - began < 5


def test_a_long_string_in_a_broken_answer_is_recovered():
    text = "word " * 100 + "end"
    raw = mangles.pretty({**wire(meant.SIGN), "description": text}).replace("\n}", ",\n}")

    found = recover(raw, ImageAnalysis)

    assert found is not None
    assert found.value.description == text
