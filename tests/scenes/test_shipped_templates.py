"""The templates that ship are the ones the web app names, and whole."""

import pytest

from scenes.prompts.compile import compile_slots
from scenes.prompts.slots import check_slots
from scenes.shipped_templates import SHIPPED_TEMPLATES


def test_the_ten_templates_of_the_web_app_ship_in_its_order():
    assert [(t.key, t.name, t.category, t.difficulty) for t in SHIPPED_TEMPLATES] == [
        ("cinematic-hero-shot", "Cinematic Hero Shot", "video", "beginner"),
        ("product-showcase", "Product Showcase", "video", "beginner"),
        ("neon-noir", "Neon Noir Street", "video", "intermediate"),
        ("dreamy-portrait", "Dreamy Portrait", "image", "beginner"),
        ("action-sequence", "Action Sequence", "video", "intermediate"),
        ("cozy-interior", "Cozy Interior", "image", "beginner"),
        ("music-video-vibe", "Music Video Aesthetic", "video", "intermediate"),
        ("documentary-style", "Documentary Real", "video", "beginner"),
        ("fantasy-landscape", "Fantasy Landscape", "image", "advanced"),
        ("smooth-transition", "Smooth Transition", "transition", "intermediate"),
    ]


@pytest.mark.parametrize("template", SHIPPED_TEMPLATES, ids=lambda template: template.key)
def test_a_template_is_whole(template):
    slots = template.default_prompt_slots

    assert check_slots(slots) == slots
    assert all([slots["subject"], *slots["camera"].values(), *slots["lighting"].values()])
    assert len(slots["style"]["influences"]) == 2
    assert len(template.tags) == 3
    assert template.description.endswith(".")
    assert (template.recommended_models, template.is_pro) == ((), False)


def test_the_hero_shot_compiles_as_in_the_web_app():
    assert compile_slots(SHIPPED_TEMPLATES[0].default_prompt_slots) == (
        "hero standing on cliff edge at sunset, wide shot, slow dolly push-in, 35mm anamorphic, "
        "golden hour, backlit, warm, cinematic, modern, "
        "inspired by Denis Villeneuve, Roger Deakins"
    )


def test_a_template_brings_no_aspect_ratio():
    prompts = [compile_slots(template.default_prompt_slots) for template in SHIPPED_TEMPLATES]

    assert [prompt for prompt in prompts if "--ar" in prompt] == []
