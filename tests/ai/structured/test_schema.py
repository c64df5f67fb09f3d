"""What goes out on the wire, by provider family."""

import jsonschema
import pytest

from ai.contracts.director import ApplyDirectorWorkflow, CreateScene, ProposeStructure, UpdateBible
from ai.contracts.outline import Outline
from ai.contracts.vision import ImageAnalysis
from ai.structured.schema import (
    Mode,
    dialect_of,
    inlined,
    modes_for,
    response_format,
    schema_in_prompt,
    wire_schema,
)
from tests.ai.structured import meant

CONTRACTS = [
    Outline, ImageAnalysis, UpdateBible, CreateScene, ProposeStructure, ApplyDirectorWorkflow
]  # fmt: skip
DIALECTS = ["openai", "anthropic", "gemini", "plain"]
KEPT = {
    "type", "description", "enum", "items", "properties", "required", "additionalProperties",
    "anyOf",
}  # fmt: skip


def nodes(schema):
    yield schema
    children = [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]
    for child in [*children, schema["items"]] if "items" in schema else children:
        yield from nodes(child)


@pytest.mark.parametrize("contract", CONTRACTS)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_object_is_closed_and_every_key_required(contract, dialect):
    schema = wire_schema(contract, dialect)

    objects = [node for node in nodes(schema) if "properties" in node]

    assert schema["type"] == "object"
    assert all(node["additionalProperties"] is False for node in objects)
    assert all(node["required"] == list(node["properties"]) for node in objects)


@pytest.mark.parametrize("contract", CONTRACTS)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_only_keywords_that_no_family_refuses_are_sent(contract, dialect):
    schema = wire_schema(contract, dialect)

    jsonschema.Draft7Validator.check_schema(schema)
    assert {key for node in nodes(schema) for key in node} <= KEPT


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "value", [meant.OUTLINE, meant.PICTURE, meant.SIGN, meant.SCENE, meant.BIBLE]
)
def test_what_a_contract_accepts_its_wire_schema_accepts(dialect, value):
    schema = wire_schema(type(value), dialect)

    judge = jsonschema.Draft7Validator(schema)
    assert list(judge.iter_errors(value.model_dump(mode="json", by_alias=True))) == []


def test_gemini_gets_a_nullable_value_as_a_pair_of_types():
    gemini = wire_schema(ImageAnalysis, "gemini")["properties"]["text_seen"]
    others = wire_schema(ImageAnalysis, "openai")["properties"]["text_seen"]

    assert gemini["type"] == ["string", "null"]
    assert [branch["type"] for branch in others["anyOf"]] == ["string", "null"]


def test_a_bound_that_is_not_sent_is_said_in_words():
    properties = wire_schema(Outline, "anthropic")["properties"]

    assert properties["scenes"]["description"] == (
        "The scenes in the order of the film. (at least 1, at most 500 items)"
    )
    assert "maxItems" not in properties["scenes"]


def test_tool_arguments_are_sent_in_camel_case():
    assert list(wire_schema(ApplyDirectorWorkflow, "openai")["properties"]) == [
        "workflow",
        "sceneId",
    ]


def test_a_schema_that_refers_to_itself_is_refused():
    loop = {
        "$ref": "#/$defs/Node",
        "$defs": {"Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}},
    }

    with pytest.raises(ValueError, match="Node refers to itself"):
        inlined(loop)


@pytest.mark.parametrize(
    ("slug", "dialect"),
    [
        ("openai/gpt-5.1", "openai"),
        ("openai/gpt-oss-20b:free", "openai"),
        ("anthropic/claude-sonnet-4.5", "anthropic"),
        ("google/gemini-2.5-flash", "gemini"),
        ("google/gemma-3-27b-it", "plain"),
        ("x-ai/grok-4.1-fast", "plain"),
        ("nonsense", "plain"),
    ],
)
def test_a_slug_has_the_dialect_of_its_family(slug, dialect):
    assert dialect_of(slug) == dialect


@pytest.mark.parametrize(
    ("slug", "supported", "modes"),
    [
        (
            "openai/gpt-5.1",
            {"structured_outputs", "response_format", "tools"},
            [Mode.STRICT, Mode.LOOSE, Mode.JSON_OBJECT, Mode.PROMPT],
        ),
        (
            "anthropic/claude-sonnet-4.5",
            {"structured_outputs", "response_format"},
            [Mode.STRICT, Mode.LOOSE, Mode.PROMPT],
        ),
        ("anthropic/claude-3-haiku", {"response_format"}, [Mode.PROMPT]),
        ("deepseek/deepseek-chat", ["response_format"], [Mode.JSON_OBJECT, Mode.PROMPT]),
        ("meta/llama", [], [Mode.PROMPT]),
    ],
)
def test_the_modes_of_a_model_go_from_strict_to_loose(slug, supported, modes):
    assert modes_for(slug, supported) == modes


def test_the_response_format_follows_the_mode():
    strict = response_format(ImageAnalysis, Mode.STRICT, "openai")
    loose = response_format(ImageAnalysis, Mode.LOOSE, "openai")

    assert strict is not None
    assert loose is not None
    assert strict["json_schema"]["name"] == "image_analysis"
    assert strict["json_schema"]["schema"] == wire_schema(ImageAnalysis, "openai")
    assert (strict["json_schema"]["strict"], loose["json_schema"]["strict"]) == (True, False)
    assert response_format(ImageAnalysis, Mode.JSON_OBJECT, "openai") == {"type": "json_object"}
    assert response_format(ImageAnalysis, Mode.PROMPT, "openai") is None


def test_the_schema_in_the_prompt_asks_for_json_and_shows_every_key():
    words = schema_in_prompt(ImageAnalysis)

    assert words.startswith("Answer with one JSON object and nothing else")
    assert all(f'"{key}"' in words for key in ImageAnalysis.model_fields)
