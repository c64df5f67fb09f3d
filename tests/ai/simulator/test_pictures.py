"""Pictures seen and pictures drawn."""

import base64
import io
import json
from decimal import Decimal

import jsonschema
import pytest
from PIL import Image, ImageDraw

from tests.ai.simulator.conftest import ask, bill_of, script

ANALYSIS = {
    "type": "object",
    "additionalProperties": False,
    "required": ["label", "category", "description", "tags", "palette", "mood", "text_seen"],
    "properties": {
        "label": {"type": "string", "minLength": 1},
        "category": {"enum": ["character", "location", "prop", "style", "shot_ref"]},
        "description": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 3, "maxItems": 5},
        "palette": {
            "type": "array",
            "items": {"type": "string", "pattern": "^#[0-9a-f]{6}$"},
            "minItems": 3,
            "maxItems": 5,
        },
        "mood": {"type": "string"},
        "text_seen": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    },
}
FORM = {"type": "json_schema", "json_schema": {"name": "analysis", "schema": ANALYSIS}}
FLUX = "black-forest-labs/flux.2-max"
GEMINI = "google/gemini-3-pro-image-preview"


def striped(*shares, size=(640, 360)):
    picture = Image.new("RGB", size)
    pen, left = ImageDraw.Draw(picture), 0
    for colour, share in shares:
        pen.rectangle((left, 0, left + size[0] * share, size[1]), fill=colour)
        left += size[0] * share
    return picture


def part(picture, form="PNG"):
    buffer = io.BytesIO()
    picture.save(buffer, form)
    url = f"data:image/{form.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"
    return {"type": "image_url", "image_url": {"url": url}}


async def seen(sim, picture, form="PNG"):
    said = [{"type": "text", "text": "Describe the picture."}, part(picture, form)]
    reply = await ask(sim, said, response_format=FORM)
    document = json.loads(reply.json()["choices"][0]["message"]["content"])
    jsonschema.validate(document, ANALYSIS)
    return document, reply


def distance(one, other):
    pairs = [(int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5)]
    return max(abs(a - b) for a, b in pairs)


def drawn(reply):
    return Image.open(io.BytesIO(base64.b64decode(reply.json()["data"][0]["b64_json"])))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
async def test_the_palette_is_that_of_the_picture_in_order_of_area(sim, form):
    colours = [("#1d3f72", 0.5), ("#d9772b", 0.3), ("#efe3c2", 0.2)]

    document, _ = await seen(sim, striped(*colours), form)

    assert len(document["palette"]) == 3
    assert max(distance(a, b[0]) for a, b in zip(document["palette"], colours, strict=True)) <= 12


async def test_two_pictures_are_told_apart(sim):
    dark, _ = await seen(sim, Image.new("RGB", (300, 500), "#120c08"))
    bright, _ = await seen(sim, striped(("#ffee44", 0.7), ("#ff66cc", 0.3)))

    assert (dark["mood"], bright["mood"]) == ("somber", "joyful")
    assert (dark["category"], bright["category"]) == ("shot_ref", "location")
    assert dark["palette"][0] == "#120c08"
    assert bright["description"].startswith(
        "A wide picture, full of light, mostly yellow with pink."
    )


async def test_an_upright_picture_with_a_figure_is_a_character(sim):
    picture = Image.new("RGB", (400, 700), "#f0f0f0")
    ImageDraw.Draw(picture).ellipse((110, 130, 290, 600), fill="#402020")

    document, _ = await seen(sim, picture)

    assert document["category"] == "character"


async def test_a_picture_is_billed_by_the_piece(sim):
    _, reply = await seen(sim, striped(("#1d3f72", 1.0)))

    usage = json.loads(reply.text, parse_float=Decimal)["usage"]
    words = usage["prompt_tokens"] - (85 + 170 * 2)
    expected = (
        words * Decimal("0.00000015")
        + Decimal("0.000217")
        + usage["completion_tokens"] * Decimal("0.0000006")
    )
    assert usage["cost"] == expected


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://example.org/a.png", "image_download_failed"),
        ("data:image/bmp;base64,AAAA", "unsupported_image_format"),
        ("data:image/png;base64,AAAA", "invalid_image"),
        ("data:image/png;base64,***", "invalid_image"),
    ],
)
async def test_what_is_no_picture_is_refused(sim, url, kind):
    reply = await ask(sim, [{"type": "image_url", "image_url": {"url": url}}])

    assert reply.status_code == 400
    assert reply.json()["error"]["metadata"]["error_type"] == kind


async def test_a_drawn_picture_has_the_asked_format_and_colours(sim):
    order = {
        "model": FLUX,
        "prompt": "a teal sea under a #c99a2e sun",
        "aspect_ratio": "16:9",
        "resolution": "512",
    }

    reply = await sim.post("/images", json=order, headers={"X-Other": "1"})

    picture = drawn(reply)
    assert (reply.status_code, picture.size, picture.format) == (200, (672, 384), "PNG")
    colours = {colour for _, colour in picture.convert("RGB").getcolors(1_000_000)}
    assert {(0x12, 0x79, 0x7C), (0xC9, 0x9A, 0x2E)} <= colours
    assert json.loads(reply.text, parse_float=Decimal)["usage"]["cost"] == Decimal("0.16")
    assert [line["costUsd"] for line in await bill_of(sim)] == ["0.16"]


async def test_the_same_order_draws_the_same_picture_and_another_prompt_another(sim):
    orders = [
        {"model": FLUX, "prompt": prompt, "resolution": "512"}
        for prompt in ("a cat", "a cat", "a dog")
    ]

    first, again, other = [
        (await sim.post("/images", json=order)).json()["data"][0]["b64_json"] for order in orders
    ]

    assert first == again
    assert first != other


@pytest.mark.parametrize(
    ("over", "status"),
    [
        ({"n": 2}, 400),
        ({"prompt": ""}, 400),
        ({"size": "64x64", "aspect_ratio": "1:1"}, 400),
        ({"aspect_ratio": "5:7"}, 400),
        ({"model": "openai/gpt-4o"}, 404),
        ({"input_references": ["data:x"]}, 400),
    ],
)
async def test_a_picture_that_cannot_be_made_is_refused_and_free(sim, over, status):
    reply = await sim.post(
        "/images", json={"model": FLUX, "prompt": "a cat", "resolution": "512"} | over
    )

    assert reply.status_code == status
    assert await bill_of(sim) == []


async def test_a_failing_image_route_is_not_billed(sim):
    await script(sim, {"kind": "status", "status": 502, "match": {"endpoint": "images"}})

    reply = await sim.post("/images", json={"model": FLUX, "prompt": "a cat"})

    assert reply.status_code == 502
    assert await bill_of(sim) == []


async def test_gemini_answers_in_chat_with_two_jpegs_and_no_words(sim):
    reply = await ask(sim, "a red door", model=GEMINI, modalities=["image", "text"])

    message = reply.json()["choices"][0]["message"]
    assert message["content"] == ""
    assert [image["image_url"]["url"][:23] for image in message["images"]] == [
        "data:image/jpeg;base64,"
    ] * 2


async def test_image_models_tell_what_they_take_and_cost(sim):
    models = (await sim.get("/images/models")).json()["data"]
    endpoints = (await sim.get(f"/images/models/{GEMINI}/endpoints")).json()["endpoints"]

    assert {model["id"] for model in models} == {FLUX, GEMINI, "black-forest-labs/flux-schnell"}
    assert [line["cost_usd"] for line in endpoints[0]["pricing"]] == [0.134, 0.134, 0.24, 0.001]


NAMED = ["teal", "crimson", "#c99a2e", "ivory", "navy", "mint"]
CODES = ["#12797c", "#a3142f", "#c99a2e", "#f3ecd9", "#14213d", "#a5dcc0"]


def share_of(picture, code):
    """Return which share of a picture has a colour, give or take what JPEG changes."""
    small = picture.convert("RGB").resize((128, 128), Image.Resampling.NEAREST)
    wanted = tuple(int(code[i : i + 2], 16) for i in (1, 3, 5))
    near = [
        count
        for count, pixel in small.getcolors(128 * 128)
        if max(abs(a - b) for a, b in zip(pixel, wanted, strict=True)) <= 14
    ]
    return sum(near) / (128 * 128)


@pytest.mark.parametrize("named", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("ratio", ["1:1", "21:9", "9:16"])
async def test_every_colour_the_prompt_names_covers_a_part_of_the_picture(sim, named, ratio):
    prompt = f"a storm in {' and '.join(NAMED[:named])}"

    reply = await sim.post(
        "/images",
        json={"model": FLUX, "prompt": prompt, "resolution": "512", "aspect_ratio": ratio},
    )

    assert min(share_of(drawn(reply), code) for code in CODES[:named]) >= 0.01


async def test_pictures_of_the_chat_have_the_named_colours_too(sim):
    reply = await ask(
        sim, f"a storm in {', '.join(NAMED)}", model=GEMINI, modalities=["image", "text"]
    )

    for image in reply.json()["choices"][0]["message"]["images"]:
        raw = base64.b64decode(image["image_url"]["url"].split(",")[1])
        picture = Image.open(io.BytesIO(raw))
        assert min(share_of(picture, code) for code in CODES) >= 0.01
