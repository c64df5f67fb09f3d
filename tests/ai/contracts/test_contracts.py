"""What the contracts accept, normalise and refuse."""

import pytest
from pydantic import ValidationError

from ai.contracts.base import Contract, Text, wire_description, wire_name
from ai.contracts.director import ApplyDirectorWorkflow, CreateScene, ProposeStructure, UpdateBible
from ai.contracts.outline import Outline, OutlineBeat
from ai.contracts.vision import ImageAnalysis

PICTURE = {
    "label": "Lamp",
    "category": "prop",
    "description": "A lamp.",
    "tags": ["lamp", "light", "street"],
    "palette": ["#000000", "#ffffff", "#ffcc00"],
    "mood": "quiet",
    "text_seen": None,
}


def picture(**over):
    return ImageAnalysis.model_validate({**PICTURE, **over})


def test_a_contract_with_a_default_cannot_be_written():
    with pytest.raises(TypeError, match="gives defaults to note"):

        class Loose(Contract):
            note: str = ""


@pytest.mark.parametrize(
    ("contract", "name"),
    [
        (Outline, "outline"),
        (ImageAnalysis, "image_analysis"),
        (UpdateBible, "update_bible"),
        (CreateScene, "create_scene"),
        (ProposeStructure, "propose_structure"),
        (ApplyDirectorWorkflow, "apply_director_workflow"),
    ],
)
def test_the_wire_name_is_the_tool_or_schema_name(contract, name):
    assert wire_name(contract) == name


def test_the_wire_description_is_the_docstring_in_one_line():
    assert wire_description(CreateScene) == "One scene to add after the last one."


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("a\x00b", "ab"),
        ("a\ud83d", "a"),
        ("\udc00 a ", "a"),
        ("\U0001f3ac", "\U0001f3ac"),
        (" a ", "a"),
    ],
)
def test_text_loses_nul_lone_surrogates_and_outer_blanks(written, kept):
    class Note(Contract):
        text: Text

    assert Note(text=written).text == kept


@pytest.mark.parametrize("duration", [0, -1, 3601, "12", True, float("nan"), float("inf")])
def test_a_beat_has_a_sensible_number_of_seconds(duration):
    with pytest.raises(ValidationError, match="duration_s"):
        OutlineBeat.model_validate({"summary": "She waits.", "duration_s": duration})


def test_an_unknown_key_is_refused():
    with pytest.raises(ValidationError, match="mood\n"):
        OutlineBeat.model_validate({"summary": "a", "duration_s": 1, "mood": "b"})


def test_a_contract_cannot_be_changed():
    beat = OutlineBeat(summary="a", duration_s=1)

    with pytest.raises(ValidationError, match="frozen"):
        beat.summary = "b"


@pytest.mark.parametrize(
    ("written", "kept"),
    [("#AABBCC", "#aabbcc"), ("AABBCC", "#aabbcc"), ("#abc", "#aabbcc"), (" #Abc ", "#aabbcc")],
)
def test_a_colour_becomes_six_lower_case_digits(written, kept):
    assert picture(palette=[written, *PICTURE["palette"]]).palette[0] == kept


@pytest.mark.parametrize(
    "over",
    [
        {"palette": ["red", "#000000", "#ffffff"]},
        {"palette": ["#00000g", "#000000", "#ffffff"]},
        {"palette": ["#000000", "#ffffff"]},
        {"palette": ["#000000"] * 7},
        {"tags": ["a", "b"]},
        {"tags": ["a"] * 9},
        {"tags": ["a", "b", " "]},
        {"category": "person"},
        {"label": ""},
        {"mood": "\x00"},
    ],
)
def test_an_analysis_out_of_bounds_is_refused(over):
    with pytest.raises(ValidationError, match=next(iter(over))):
        picture(**over)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("One. Two.", "One. Two."),
        ("One. Two. Three.", "One. Two."),
        ('He says "Go." She goes! Dark? Yes.', 'He says "Go." She goes!'),
        ("Dr. Ann Lee waits. J. Doe sits.", "Dr. Ann Lee waits. J. Doe sits."),
        ("Shot at f/2.8. Grain.", "Shot at f/2.8. Grain."),
    ],
)
def test_a_description_keeps_two_sentences(written, kept):
    assert picture(description=written).description == kept


@pytest.mark.parametrize("written", ["", "null", "None", "n/a", None])
def test_no_text_in_the_picture_is_null(written):
    assert picture(text_seen=written).text_seen is None


def test_absent_tool_arguments_are_null():
    scene = CreateScene.model_validate({"title": "Bus stop", "description": "She waits."})

    assert (scene.location, scene.characters) == (None, None)


@pytest.mark.parametrize("key", ["visualStyle", "visual_style", "VisualStyle", "visual-style"])
def test_tool_arguments_are_known_by_their_letters(key):
    bible = UpdateBible.model_validate({"aesthetic": {key: "35 mm"}})

    assert bible.aesthetic is not None
    assert bible.aesthetic.visual_style == "35 mm"


def test_the_same_argument_in_two_spellings_is_refused_by_name():
    with pytest.raises(ValidationError, match="scene_id is written twice"):
        ApplyDirectorWorkflow.model_validate(
            {"workflow": "poster", "sceneId": "1", "scene_id": "2"}
        )


def test_an_argument_that_the_tool_lacks_is_refused_by_name():
    with pytest.raises(ValidationError, match="colour\n"):
        CreateScene.model_validate({"title": "a", "description": "b", "colour": "red"})


@pytest.mark.parametrize(
    "workflow", ["standard", "character_sheet", "temporal_progression", "shot-list", "dialogue"]
)
def test_old_and_new_workflows_are_known(workflow):
    assert ApplyDirectorWorkflow.model_validate({"workflow": workflow}).scene_id is None


def test_arguments_go_out_in_the_names_of_the_web_app():
    dumped = ApplyDirectorWorkflow(workflow="poster", scene_id="s1").model_dump(by_alias=True)

    assert dumped == {"workflow": "poster", "sceneId": "s1"}
