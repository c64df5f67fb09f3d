"""The examples were produced by the web app's own compiler."""

import pytest

from scenes.prompts.compile import compile_slots
from scenes.prompts.phrases import Phrase, phrases
from scenes.prompts.slots import blank_slots

HERO = {
    "subject": "hero standing on cliff edge at sunset",
    "camera": {"angle": "wide shot", "movement": "slow dolly push-in", "lens": "35mm anamorphic"},
    "lighting": {"mood": "golden hour", "direction": "backlit", "color": "warm"},
    "style": {
        "aesthetic": "cinematic",
        "era": "modern",
        "influences": ["Denis Villeneuve", "Roger Deakins"],
    },
}
DUEL = {
    "subject": "two duelists in fog",
    "camera": {"angle": "close-up", "movement": "static", "lens": "85mm"},
    "lighting": {"mood": "neon noir", "direction": "rim light", "color": "cool"},
    "style": {"aesthetic": "anime", "era": "90s", "influences": ["Satoshi Kon", "Moebius"]},
    "aspectRatio": "9:16",
    "workflow": "stacked_frames",
}
LIGHTHOUSE = {
    "subject": "a lighthouse",
    "camera": {"angle": "", "movement": "slow pan", "lens": ""},
    "lighting": {"mood": "", "direction": "", "color": "warm"},
    "style": {"aesthetic": "", "era": "80s", "influences": []},
    "aspectRatio": "2:3",
    "workflow": "poster",
}
CAT = {
    "subject": "a cat",
    "camera": {"angle": "", "movement": "", "lens": "", "shotType": "Wide"},
    "lighting": {"mood": "", "direction": "", "color": "", "timeOfDay": "Night"},
    "style": {"aesthetic": "", "era": "", "influences": []},
    "aspectRatio": "1:1",
    "referenceImage": "https://example.org/cat.png",
    "advanced": {"negativePrompt": "dogs", "weights": {"cat": 2}, "cfgScale": 7, "steps": 30},
}


@pytest.mark.parametrize(
    ("slots", "prompt"),
    [
        pytest.param(blank_slots(), "--ar 16:9", id="blank scene"),
        pytest.param(
            HERO,
            "hero standing on cliff edge at sunset, wide shot, slow dolly push-in, "
            "35mm anamorphic, golden hour, backlit, warm, cinematic, modern, "
            "inspired by Denis Villeneuve, Roger Deakins",
            id="template",
        ),
        pytest.param(
            DUEL,
            "Split screen, 4 vertical panels, sequential action, comic book style layout, "
            "two duelists in fog, close-up, static, 85mm, neon noir, rim light, cool, anime, 90s, "
            "inspired by Satoshi Kon, Moebius, --ar 9:16",
            id="everything",
        ),
        pytest.param(
            LIGHTHOUSE,
            "Movie poster key art, high contrast, title typography, cinematic composition, "
            "a lighthouse, slow pan, warm, 80s, --ar 2:3",
            id="some",
        ),
        pytest.param(CAT, "a cat, --ar 1:1", id="slots outside the text"),
        pytest.param(
            {"style": {"influences": ["Agnes Varda"]}, "workflow": "shot-list"},
            "inspired by Agnes Varda",
            id="influences only",
        ),
        pytest.param(
            {
                "subject": " a, b ,",
                "style": {"aesthetic": " ", "era": "", "influences": ["", "X"]},
                "aspectRatio": "wide",
            },
            " a, b ,,  , inspired by , X, --ar wide",
            id="nothing is tidied",
        ),
        pytest.param({}, "", id="nothing"),
        pytest.param(
            {"subject": None, "camera": None, "style": "x", "workflow": 4}, "", id="wrong types"
        ),
    ],
)
def test_slots_compile_as_in_the_web_app(slots, prompt):
    assert compile_slots(slots) == prompt


@pytest.mark.parametrize(
    ("workflow", "layout"),
    [
        ("standard", ""),
        ("dialogue", ""),
        (
            "stacked_frames",
            "Split screen, 4 vertical panels, sequential action, comic book style layout, ",
        ),
        ("storyboard", "Storyboard grid, multiple shots, rough sketch style, annotated, "),
        (
            "poster",
            "Movie poster key art, high contrast, title typography, cinematic composition, ",
        ),
        (
            "character_sheet",
            "Character sheet, multiple angles, front view, side view, close up, full body, ",
        ),
        (
            "moodboard",
            "Moodboard style transfer, aesthetic matching, color palette extraction, "
            "visual theme consistency, ",
        ),
        (
            "temporal_progression",
            "4 sequential frames, temporal progression, time evolution, before and after, "
            "storytelling sequence, ",
        ),
    ],
)
def test_a_workflow_puts_its_layout_first(workflow, layout):
    assert compile_slots({"subject": "a door", "workflow": workflow}) == f"{layout}a door"


def test_every_phrase_names_the_slot_it_came_from():
    assert phrases(LIGHTHOUSE) == (
        Phrase(
            "/workflow",
            "Movie poster key art, high contrast, title typography, cinematic composition",
        ),
        Phrase("/subject", "a lighthouse"),
        Phrase("/camera/movement", "slow pan"),
        Phrase("/lighting/color", "warm"),
        Phrase("/style/era", "80s"),
        Phrase("/aspectRatio", "--ar 2:3"),
    )
