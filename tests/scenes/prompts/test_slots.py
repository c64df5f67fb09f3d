"""What slots may hold, and how a patch changes them."""

import copy
import math

import pytest

from scenes.prompts.slots import (
    PromptSlots,
    SlotsError,
    blank_slots,
    check_slots,
    merge_patch,
)

BLANK = {
    "subject": "",
    "camera": {"angle": "", "movement": "", "lens": ""},
    "lighting": {"mood": "", "direction": "", "color": ""},
    "style": {"aesthetic": "", "era": "", "influences": []},
}
FULL = {
    "subject": "a cat",
    "camera": {"angle": "low", "movement": "pan", "lens": "35mm", "shotType": "Wide"},
    "lighting": {"mood": "noir", "direction": "rim", "color": "cool", "timeOfDay": "Night"},
    "style": {"aesthetic": "anime", "era": "90s", "influences": ["Moebius"]},
    "aspectRatio": "1:1",
    "workflow": "storyboard",
    "referenceImage": "https://example.org/cat.png",
    "advanced": {
        "negativePrompt": "dogs",
        "weights": {"cat_1": 2, "a/b": -0.5},
        "cfgScale": 7,
        "steps": 30,
    },
}


def test_blank_slots_are_a_wide_standard_scene_and_nobody_shares_them():
    blank_slots()["style"]["influences"].append("mine")

    assert blank_slots() == {**BLANK, "aspectRatio": "16:9", "workflow": "standard"}


def test_full_slots_come_back_as_they_were_whole_numbers_included():
    checked = check_slots(copy.deepcopy(FULL))

    assert checked == FULL
    assert [type(v) for v in checked["advanced"]["weights"].values()] == [int, float]
    assert type(checked["advanced"]["cfgScale"]) is int


def test_required_slots_are_filled_and_null_ones_left_out():
    assert check_slots({"camera": {"lens": "50mm"}, "aspectRatio": None, "advanced": None}) == {
        **BLANK,
        "camera": {"angle": "", "movement": "", "lens": "50mm"},
    }


def test_a_whole_float_counts_as_steps():
    assert check_slots({"advanced": {"steps": 30.0}})["advanced"] == {"steps": 30}


@pytest.mark.parametrize(
    "workflow",
    [
        "standard",
        "stacked_frames",
        "storyboard",
        "poster",
        "character_sheet",
        "moodboard",
        "temporal_progression",
        "shot-list",
        "dialogue",
        "action",
    ],
)
def test_a_known_workflow_is_kept(workflow):
    assert check_slots({"workflow": workflow})["workflow"] == workflow


@pytest.mark.parametrize(
    ("slots", "pointer", "code"),
    [
        ("text", "", "wrong-type"),
        (None, "", "wrong-type"),
        ({"mood": "x"}, "/mood", "unknown-field"),
        ({"camera": {"shot_type": "x"}}, "/camera/shot_type", "unknown-field"),
        ({"aspect_ratio": "1:1"}, "/aspect_ratio", "unknown-field"),
        ({"a/b~c": 1}, "/a~1b~0c", "unknown-field"),
        ({"subject": None}, "/subject", "wrong-type"),
        ({"subject": 4}, "/subject", "wrong-type"),
        ({"camera": []}, "/camera", "wrong-type"),
        ({"style": {"influences": "x"}}, "/style/influences", "wrong-type"),
        ({"style": {"influences": ["x", 1]}}, "/style/influences/1", "wrong-type"),
        ({"style": {"influences": ["x"] * 51}}, "/style/influences", "too-many"),
        ({"subject": "x" * 4_001}, "/subject", "max-length"),
        ({"camera": {"lens": "x" * 501}}, "/camera/lens", "max-length"),
        ({"aspectRatio": "x" * 41}, "/aspectRatio", "max-length"),
        ({"workflow": "collage"}, "/workflow", "invalid-choice"),
        ({"workflow": ""}, "/workflow", "invalid-choice"),
        ({"advanced": {"weights": []}}, "/advanced/weights", "wrong-type"),
        ({"advanced": {"weights": {"a": "1"}}}, "/advanced/weights/a", "wrong-type"),
        ({"advanced": {"weights": {"a": True}}}, "/advanced/weights/a", "wrong-type"),
        ({"advanced": {"weights": {"k" * 501: 1}}}, f"/advanced/weights/{'k' * 501}", "max-length"),
        ({"advanced": {"weights": dict.fromkeys(map(str, range(101)), 1)}}, None, "too-many"),
        ({"advanced": {"cfgScale": math.nan}}, "/advanced/cfgScale", "not-finite"),
        ({"advanced": {"cfgScale": math.inf}}, "/advanced/cfgScale", "not-finite"),
        ({"advanced": {"cfgScale": 10**400}}, "/advanced/cfgScale", "number-out-of-range"),
        ({"advanced": {"steps": 2.5}}, "/advanced/steps", "wrong-type"),
        ({"advanced": {"steps": -1}}, "/advanced/steps", "wrong-type"),
        ({"subject": "a\x00b"}, "/subject", "nul-character"),
        ({"style": {"influences": ["\ud800"]}}, "/style/influences/0", "lone-surrogate"),
        ({"advanced": {"weights": {"\udfff": 1}}}, "/advanced/weights", "lone-surrogate"),
        ({"bad\x00key": 1}, "", "nul-character"),
        ({"advanced": {"weights": {1: 2}}}, "/advanced/weights", "wrong-type"),
        ({"a": {"b": {"c": {"d": {"e": {}}}}}}, "/a/b/c/d/e", "too-deep"),
    ],
)
def test_a_wrong_slot_is_refused_with_its_place(slots, pointer, code):
    with pytest.raises(SlotsError) as refusal:
        check_slots(slots)

    (fault,) = refusal.value.faults
    assert fault.code == code
    assert fault.pointer == (pointer if pointer is not None else "/advanced/weights")


def test_a_slot_that_is_null_but_required_says_that_it_must_be_a_text():
    with pytest.raises(SlotsError) as refusal:
        check_slots({"subject": None})

    assert [fault.detail for fault in refusal.value.faults] == ["This must be a text."]


def test_at_most_twenty_wrong_places_are_named():
    with pytest.raises(SlotsError) as refusal:
        check_slots({f"slot{n}": n for n in range(50)})

    assert len(refusal.value.faults) == 20


def test_a_patch_reaches_deep_and_changes_neither_input():
    slots = copy.deepcopy(FULL)
    patch = {
        "camera": {"lens": "85mm", "shotType": None},
        "style": {"influences": ["Agnes Varda"]},
        "advanced": {"weights": {"cat_1": None, "dog": 1}},
    }
    patch_before = copy.deepcopy(patch)

    merged = merge_patch(slots, patch)

    assert merged == {
        **FULL,
        "camera": {"angle": "low", "movement": "pan", "lens": "85mm"},
        "style": {"aesthetic": "anime", "era": "90s", "influences": ["Agnes Varda"]},
        "advanced": {**FULL["advanced"], "weights": {"a/b": -0.5, "dog": 1}},
    }
    assert (slots, patch) == (FULL, patch_before)


def test_null_removes_an_optional_slot_and_blanks_a_required_one():
    merged = merge_patch(
        FULL,
        {
            "subject": None,
            "camera": None,
            "lighting": {"mood": None, "timeOfDay": None},
            "style": {"influences": None},
            "aspectRatio": None,
            "workflow": None,
            "advanced": None,
        },
    )

    assert merged == {
        **BLANK,
        "lighting": {"mood": "", "direction": "rim", "color": "cool"},
        "style": {"aesthetic": "anime", "era": "90s", "influences": []},
        "referenceImage": "https://example.org/cat.png",
    }


def test_a_patch_over_nothing_gives_whole_slots():
    assert merge_patch({}, {"subject": "a door"}) == {**BLANK, "subject": "a door"}


@pytest.mark.parametrize("patch", ["x", None, [], 4])
def test_a_patch_that_is_no_object_is_refused(patch):
    with pytest.raises(SlotsError) as refusal:
        merge_patch(FULL, patch)

    assert [(fault.pointer, fault.code) for fault in refusal.value.faults] == [("", "wrong-type")]


def test_a_patch_nested_without_end_is_refused_and_does_not_exhaust_the_stack():
    patch: dict = {}
    for _ in range(5_000):
        patch = {"camera": patch}

    with pytest.raises(SlotsError) as refusal:
        check_slots(merge_patch(FULL, patch))

    assert refusal.value.faults[0].code == "too-deep"


def test_the_model_reads_keys_of_the_wire_only():
    slots = PromptSlots.model_validate({"camera": {"shotType": "Wide"}})

    assert slots.camera.shot_type == "Wide"
