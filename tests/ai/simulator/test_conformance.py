"""Every good reply against the published specification.

It lies beside the checkout, because it is not ours to copy; where it is not, these tests say so.
"""

import json
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from ai.simulator.settings import SHIPPED_MODELS
from tests.ai.simulator.conftest import MODEL, TOOLS, ask, client_of, events, request

SPECIFICATION = Path(__file__).parents[3].parent / "shared" / "openrouter-openapi.json"
FLUX = "black-forest-labs/flux.2-max"
GEMINI = "google/gemini-3-pro-image-preview"
CONTRADICTIONS = {
    # The specification lists its providers; ours is named so that nobody takes it for one of them.
    "provider_name": "'Simulator' is not one of",
}
EXACT = {
    "type": "json_schema",
    "json_schema": {
        "name": "x",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"title": {"type": "string"}},
            "required": ["title"],
            "additionalProperties": False,
        },
    },
}
ANSWERS = {
    "words": {},
    "Claude": {"model": "anthropic/claude-sonnet-4.5"},
    "calls": {"tools": TOOLS},
    "calls after thoughts": {"tools": TOOLS, "model": "moonshotai/kimi-k2-thinking"},
    "calls with a signature": {"tools": TOOLS, "model": "google/gemini-3-pro-preview"},
    "a document": {"response_format": EXACT},
    "a document in thoughts": {"response_format": EXACT, "model": "moonshotai/kimi-k2.5"},
    "pictures": {
        "model": GEMINI, "modalities": ["image", "text"], "image_config": {"image_size": "0.5K"},
    },
    "a cut answer": {"max_tokens": 4},
    "a refusal": {"model": f"{MODEL}~refusal-field"},
}  # fmt: skip
LISTS = {
    "/models": "/models",
    "/models?output_modalities=all": "/models",
    "/models/user": "/models/user",
    "/models/count": "/models/count",
    f"/model/{MODEL}": "/model/{author}/{slug}",
    f"/models/{MODEL}/endpoints": "/models/{author}/{slug}/endpoints",
    "/endpoints/zdr": "/endpoints/zdr",
    "/key": "/key",
    "/credits": "/credits",
    "/activity": "/activity",
    "/providers": "/providers",
    "/images/models": "/images/models",
    f"/images/models/{FLUX}/endpoints": "/images/models/{author}/{slug}/endpoints",
    f"/images/models/{GEMINI}/endpoints": "/images/models/{author}/{slug}/endpoints",
}
STATUSES = [400, 401, 402, 403, 404, 408, 413, 422, 429, 500, 502, 503, 524, 529]


@cache
def specification():
    if not SPECIFICATION.is_file():
        pytest.skip("the published specification, ../shared/openrouter-openapi.json, is not here")
    return json.loads(SPECIFICATION.read_text(encoding="utf-8"))


def violations(value, path, method, status=200, kind="application/json"):
    """List where a value breaks the specification, known contradictions left out."""
    spec = specification()
    described = spec["paths"][path][method]["responses"][str(status)]["content"][kind]["schema"]
    validator = Draft202012Validator({"components": spec["components"], **described})
    return [
        f"{error.json_path}: {error.message[:200]}"
        for error in validator.iter_errors(value)
        if not is_known(error)
    ]


def is_known(error):
    text = CONTRADICTIONS.get(error.path[-1]) if error.path else None
    return text is not None and error.message.startswith(text)


@pytest.mark.parametrize("name", ANSWERS)
async def test_an_answer_is_as_published(sim, name):
    reply = await ask(sim, "Create a scene titled Dawn.", **ANSWERS[name])

    assert reply.status_code == 200
    assert violations(reply.json(), "/chat/completions", "post") == []


@pytest.mark.parametrize("ending", [1, 2, 3])
@pytest.mark.parametrize("name", ANSWERS)
async def test_every_chunk_of_a_stream_is_as_published(name, ending):
    async with client_of(ending=ending) as sim:
        reply = await ask(sim, "Create a scene titled Dawn.", stream=True, **ANSWERS[name])

    chunks = events(reply.text)
    assert len(chunks) >= 3
    for chunk in chunks:
        kind = "text/event-stream"
        assert violations({"data": chunk}, "/chat/completions", "post", kind=kind) == []


@pytest.mark.parametrize("path", LISTS)
async def test_what_is_read_is_as_published(sim, path):
    reply = await sim.get(path)

    assert reply.status_code == 200
    assert violations(reply.json(), LISTS[path], "get") == []


async def test_a_generation_is_as_published(sim):
    made = (await ask(sim, "Hello")).json()["id"]

    reply = await sim.get("/generation", params={"id": made})

    assert violations(reply.json(), "/generation", "get") == []


async def test_activity_is_as_published_and_what_the_bill_says(sim):
    await ask(sim, "Hello")
    await ask(sim, "Hello again")

    reply = await sim.get("/activity")

    assert violations(reply.json(), "/activity", "get") == []
    (row,) = json.loads(reply.text, parse_float=Decimal)["data"]
    used = json.loads((await sim.get("/credits")).text, parse_float=Decimal)["data"]["total_usage"]
    assert (row["model"], row["requests"], row["usage"]) == (MODEL, 2, used)
    assert (await sim.get("/activity", params={"date": "2020-01-01"})).json()["data"] == []


@pytest.mark.parametrize("path", ["/credits", "/activity"])
async def test_a_plain_key_is_told_nothing_of_the_account(sim, path):
    plain = {"Authorization": "Bearer sk-or-plain-1"}

    reply = await sim.get(path, headers=plain)

    assert reply.status_code == 403
    assert violations(reply.json(), path, "get", 403) == []
    assert (await sim.get("/key", headers=plain)).json()["data"]["is_management_key"] is False
    assert (await sim.get("/key")).json()["data"]["is_management_key"] is True


async def test_made_pictures_are_as_published(sim):
    order = {"model": FLUX, "prompt": "a red door", "resolution": "512"}

    reply = await sim.post("/images", json=order)

    assert reply.status_code == 200
    assert violations(reply.json(), "/images", "post") == []


async def test_streamed_pictures_are_as_published(tmp_path):
    async with client_of(models_path=with_streamed_pictures(tmp_path)) as sim:
        order = {"model": GEMINI, "prompt": "a red door", "stream": True, "n": 2}
        reply = await sim.post("/images", json=order)

    kinds = [event["type"].removeprefix("image_generation.") for event in events(reply.text)]
    assert reply.headers["content-type"] == "text/event-stream"
    assert kinds == ["partial_image", "completed"] * 2
    assert reply.text.endswith("data: [DONE]\n\n")
    for event in events(reply.text):
        assert violations({"data": event}, "/images", "post", kind="text/event-stream") == []


def with_streamed_pictures(folder):
    models = json.loads(SHIPPED_MODELS.read_text(encoding="utf-8"))
    for row in models["data"]:
        row.get("images_api", {})["supports_streaming"] = True
    changed = folder / "models.json"
    changed.write_text(json.dumps(models), encoding="utf-8")
    return changed


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("stream", [False, True])
async def test_an_error_is_as_published(sim, status, stream):
    body = request("Hello", model=f"{MODEL}~status-{status}", stream=stream)

    reply = await sim.post("/chat/completions", json=body)

    assert reply.status_code == status
    assert violations(reply.json(), "/chat/completions", "post", status) == []


async def test_a_refused_key_is_as_published(sim):
    bad = {"Authorization": "Bearer sk-or-invalid"}

    reply = await sim.post("/chat/completions", json=request("Hello"), headers=bad)

    assert violations(reply.json(), "/chat/completions", "post", 401) == []


@pytest.mark.parametrize("kind", ["no_choices", "bad_event-null_choices"])
async def test_the_judge_sees_what_is_not_as_published(sim, kind):
    reply = await ask(sim, "Hello", model=f"{MODEL}~{kind}", stream=kind != "no_choices")

    chunks = [{"data": chunk} for chunk in events(reply.text)] or [reply.json()]
    media = reply.headers["content-type"]
    found = [
        line for c in chunks for line in violations(c, "/chat/completions", "post", kind=media)
    ]
    assert any("choices" in line for line in found)
