"""Arguments of tool calls: mended when certain, refused by name otherwise."""

import json

import pytest

from ai.contracts.director import ApplyDirectorWorkflow, CreateScene, ProposeStructure, UpdateBible
from ai.structured.arguments import ArgumentsError, tool_arguments
from tests.ai.structured import mangles, meant

SCENE = meant.SCENE.model_dump(by_alias=True)


@pytest.mark.parametrize("raw", ["", "  ", "{}", "null{}", '"{}"'])
def test_nothing_written_means_no_arguments(raw):
    assert tool_arguments(raw, UpdateBible) == UpdateBible.model_validate({})


@pytest.mark.parametrize(
    "raw",
    [
        json.dumps(SCENE),
        json.dumps(json.dumps(SCENE)),
        f"```json\n{json.dumps(SCENE)}\n```",
        repr(SCENE),
        json.dumps({"arguments": SCENE}),
        json.dumps({"input": json.dumps(SCENE)}),
        json.dumps({key.upper(): value for key, value in SCENE.items()}),
        json.dumps({**SCENE, "characters": "Mara"}),
        "{}" + json.dumps(SCENE),
        json.dumps(SCENE) * 2,
        mangles.unquoted_keys(SCENE),
        mangles.smart_quoted(SCENE),
        json.dumps(SCENE).replace("}", ",}"),
    ],
)
def test_arguments_are_read_as_they_were_meant(raw):
    assert tool_arguments(raw, CreateScene) == meant.SCENE


def test_absent_arguments_are_null():
    found = tool_arguments('{"title": "A", "description": "B"}', CreateScene)

    assert found == CreateScene(title="A", description="B", location=None, characters=None)


def test_a_key_that_the_tool_lacks_is_refused_by_name():
    found = tool_arguments('{"title": "A", "description": "B", "mood": "sad"}', CreateScene)

    assert found == ArgumentsError(("mood: there is no such key",))


def test_a_nested_key_that_the_tool_lacks_is_refused_by_its_path():
    found = tool_arguments(
        '{"characters": [{"name": "Mara", "description": "A nurse.", "age": 40}]}', UpdateBible
    )

    assert found == ArgumentsError(("characters[0].age: there is no such key",))


def test_wrong_types_and_missing_keys_are_named():
    found = tool_arguments('{"title": {"a": 1}}', CreateScene)

    assert found == ArgumentsError(
        (
            'title: Input should be a valid string (you wrote {"a": 1})',
            "description: is missing",
        )
    )


def test_an_unknown_choice_is_refused_with_the_known_ones():
    found = tool_arguments('{"workflow": "trailer"}', ApplyDirectorWorkflow)

    assert isinstance(found, ArgumentsError)
    assert found.errors[0].startswith("workflow: Input should be 'standard', 'stacked_frames'")


@pytest.mark.parametrize("cut", range(1, len(mangles.pretty(SCENE))))
def test_cut_arguments_are_never_carried_out(cut):
    found = tool_arguments(mangles.pretty(SCENE)[:cut], CreateScene)

    assert isinstance(found, ArgumentsError)


def test_two_calls_in_one_are_refused():
    other = json.dumps({**SCENE, "title": "Other"})

    found = tool_arguments(json.dumps(SCENE) + other, CreateScene)

    assert found == ArgumentsError(("there is more than one object; call the tool once for each",))


@pytest.mark.parametrize("raw", ["[]", "null", "42", "create the scene", '{"scenes": []}'])
def test_what_is_no_structure_is_refused(raw):
    assert isinstance(tool_arguments(raw, ProposeStructure), ArgumentsError)


def test_a_refusal_says_that_nothing_was_done():
    assert ArgumentsError(("title: is missing",)).as_text() == (
        "Nothing was done. The arguments are wrong:\n- title: is missing\nCall the tool again."
    )
