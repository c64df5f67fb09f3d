"""POST /chat/completions, plain and streamed, and what it refuses."""

import json
import re
from decimal import Decimal

import pytest

from tests.ai.simulator.conftest import (
    MODEL,
    TOOLS,
    ask,
    bill_of,
    client_of,
    events,
    joined,
    request,
)

EXACT = {
    "strict": True,
    "name": "x",
    "schema": {
        "type": "object",
        "properties": {"title": {"type": "string"}},
        "required": ["title"],
        "additionalProperties": False,
    },
}


async def test_a_plain_reply_is_labelled_identified_and_billed_to_the_digit(sim):
    reply = await ask(sim, "Mara waits for the bus.", metadata={"call_id": "call-7"})

    body = json.loads(reply.text, parse_float=Decimal)
    assert reply.status_code == 200
    assert reply.headers["x-simulated"] == "true"
    assert reply.headers["x-generation-id"] == body["id"]
    assert re.fullmatch(r"gen-\d{10}-[A-Za-z0-9]{20}", body["id"])
    assert (body["simulated"], body["provider"], body["system_fingerprint"]) == (
        True,
        "Simulator",
        None,
    )
    assert body["choices"][0]["message"]["content"].startswith("(simulated) ")
    usage = body["usage"]
    cost = usage["prompt_tokens"] * Decimal("0.00000015") + usage["completion_tokens"] * Decimal(
        "0.0000006"
    )
    assert usage["cost"] == cost
    [line] = await bill_of(sim)
    assert line["generationId"] == body["id"]
    assert Decimal(line["costUsd"]) == cost
    assert (line["callId"], line["endpoint"], line["streamed"], line["completed"]) == (
        "call-7",
        "chat",
        False,
        True,
    )


async def test_a_stream_says_the_same_words_as_the_plain_reply(sim):
    plain = (await ask(sim, "Mara waits for the bus.")).json()["choices"][0]["message"]["content"]

    reply = await ask(sim, "Mara waits for the bus.", stream=True)

    chunks = events(reply.text)
    assert reply.headers["content-type"] == "text/event-stream"
    assert reply.text.startswith(": OPENROUTER PROCESSING\n\n")
    assert reply.text.count(": OPENROUTER PROCESSING") > 1
    assert reply.text.endswith("data: [DONE]\n\n")
    assert joined(chunks) == plain
    assert all(
        chunk["simulated"] is True and chunk["id"] == reply.headers["x-generation-id"]
        for chunk in chunks
    )
    assert all(
        choice["delta"]["role"] == "assistant" for chunk in chunks for choice in chunk["choices"]
    )
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks[-2:]] == ["stop", "stop"]
    assert chunks[-1]["usage"]["cost"] > 0
    assert "usage" not in chunks[-2]


async def test_the_model_named_in_the_reply_is_the_dated_one(sim):
    reply = await ask(sim, "Hello", model="anthropic/claude-sonnet-4.5")

    assert reply.json()["model"] == "anthropic/claude-4.5-sonnet-20250929"
    assert reply.json()["choices"][0]["native_finish_reason"] == "end_turn"


@pytest.mark.parametrize(
    ("over", "status", "text"),
    [
        (
            {"model": "openai/gpt-4o-mini-20240718"},
            400,
            "openai/gpt-4o-mini-20240718 is not a valid model ID",
        ),
        ({"models": [MODEL] * 4}, 400, "'models' array must have 3 items or fewer"),
        ({"provider": {"speed": 1}}, 400, "Unrecognized key(s) in object: 'speed'"),
        ({"messages": []}, 400, "Input required"),
        ({"temperature": 3}, 400, "Invalid temperature"),
        (
            {"model": "openai/chatgpt-4o-latest", "tools": TOOLS},
            404,
            'No endpoints found that support tool use. Try disabling "update_bible"',
        ),
        (
            {"model": "black-forest-labs/flux.2-max"},
            404,
            "No endpoints found that support the requested output modalities: text",
        ),
        (
            {"model": "black-forest-labs/flux.2-max", "modalities": ["image", "text"]},
            404,
            "No endpoints found that support the requested output modalities: image, text",
        ),
        (
            {"model": "openai/gpt-5-pro", "reasoning": {"effort": "none"}},
            400,
            "Reasoning is mandatory for this endpoint and cannot be disabled.",
        ),
        ({"metadata": {"call_id": 7}}, 400, "metadata values must be strings"),
        (
            {
                "model": "google/gemini-2.5-pro",
                "tools": TOOLS,
                "response_format": {"type": "json_object"},
            },
            400,
            "Function calling with a response mime type",
        ),
        (
            {
                "model": "openai/chatgpt-4o-latest",
                "provider": {"require_parameters": True},
                "tool_choice": "auto",
            },
            404,
            "No endpoints found that can handle the requested parameters",
        ),
    ],
)
async def test_a_bad_request_is_refused_with_the_words_of_the_service_and_not_billed(
    sim, over, status, text
):
    reply = await sim.post("/api/v1/chat/completions", json=request("Hello") | over)

    assert reply.status_code == status
    assert reply.json()["error"]["code"] == status
    assert reply.json()["error"]["message"].startswith(text)
    assert reply.json()["simulated"] is True
    assert await bill_of(sim) == []


@pytest.mark.parametrize("key", [None, "Bearer sk-or-invalid", "Basic abc"])
async def test_without_a_good_key_nothing_is_answered(sim, key):
    sim.headers.pop("authorization")
    headers = {"Authorization": key} if key else {}

    reply = await sim.post("/chat/completions", json=request("Hello"), headers=headers)

    assert reply.status_code == 401
    assert reply.json()["error"]["code"] == 401


async def test_a_picture_for_a_text_model_is_refused(sim):
    part = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}

    reply = await ask(sim, [part], model="openai/gpt-5.1")

    assert reply.status_code == 404
    assert reply.json()["error"]["message"] == "No endpoints found that support image input"


async def test_max_tokens_cuts_the_answer_and_says_length(sim):
    reply = await ask(sim, "Mara waits for the bus.", max_tokens=5)

    body = reply.json()
    assert body["choices"][0]["finish_reason"] == "length"
    assert body["choices"][0]["message"]["content"] == "(simulated) I hear i"
    assert body["usage"]["completion_tokens"] == 5


async def test_a_request_beyond_the_balance_is_refused_with_numbers():
    async with client_of(credit_usd=Decimal("0.001")) as sim:
        refused = await ask(sim, "Hello", max_tokens=10_000)
        answered = await ask(sim, "Hello", max_tokens=1_000)

    message = refused.json()["error"]["message"]
    found = re.search(r"You requested up to (\d+) tokens, but can only afford (\d+)", message)
    assert refused.status_code == 402
    assert found is not None
    assert found[1] == "10000"
    assert 1_600 < int(found[2]) < 1_667
    assert answered.status_code == 200


@pytest.mark.parametrize(
    ("model", "schema", "reason"),
    [
        (
            "anthropic/claude-sonnet-4.5",
            {
                "type": "object",
                "additionalProperties": False,
                "properties": {"n": {"type": "number", "minimum": 1}},
            },
            "For 'number' type, properties minimum are not supported",
        ),
        (
            "anthropic/claude-haiku-4.5",
            {"type": "object", "properties": {}},
            "'additionalProperties' must be explicitly set to false",
        ),
        (
            "openai/gpt-4.1",
            {
                "type": "object",
                "additionalProperties": False,
                "properties": {"n": {"type": "number"}},
            },
            "Missing 'n'",
        ),
    ],
)
async def test_a_schema_outside_the_family_dialect_is_refused_inside_raw(
    sim, model, schema, reason
):
    form = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": schema}}

    reply = await ask(sim, "Hello", model=model, response_format=form)

    error = reply.json()["error"]
    assert (reply.status_code, error["message"]) == (400, "Provider returned error")
    assert reason in error["metadata"]["raw"]["error"]["message"]


async def test_claude_wraps_a_json_object_in_prose_and_fences(sim):
    reply = await ask(
        sim,
        "A courier. A letter.",
        model="anthropic/claude-sonnet-4.5",
        response_format={"type": "json_object"},
    )

    content = reply.json()["choices"][0]["message"]["content"]
    assert content.startswith("Here is the JSON you asked for:\n\n```json\n{")
    assert json.loads(content.split("```json\n")[1].split("\n```")[0])["scenes"]


async def test_kimi_answers_json_in_its_reasoning(sim):
    form = {"type": "json_schema", "json_schema": EXACT}

    message = (
        await ask(sim, "A courier.", model="moonshotai/kimi-k2.5", response_format=form)
    ).json()["choices"][0]["message"]

    assert message["content"] == ""
    assert json.loads(message["reasoning"]) == {"title": "A courier"}


async def test_gemini_3_wants_its_reasoning_details_back(sim):
    first = await ask(
        sim, "create a scene titled Dawn", model="google/gemini-3-pro-preview", tools=TOOLS
    )
    said = first.json()["choices"][0]["message"]
    result = {"role": "tool", "tool_call_id": said["tool_calls"][0]["id"], "content": "{}"}
    bare = {key: value for key, value in said.items() if key != "reasoning_details"}
    user = {"role": "user", "content": "create a scene titled Dawn"}

    refused, answered = [
        await sim.post(
            "/chat/completions",
            json={
                "model": "google/gemini-3-pro-preview",
                "tools": TOOLS,
                "messages": [user, message, result],
            },
        )
        for message in (bare, said)
    ]

    assert refused.status_code == 400
    assert "reasoning details to be preserved" in refused.json()["error"]["message"]
    assert answered.status_code == 200


async def test_key_models_and_endpoints_answer_with_exact_prices(sim):
    reply = await ask(sim, "Hello")

    models = (await sim.get("/api/v1/models")).json()
    endpoints = (await sim.get("/models/openai/gpt-4o-mini/endpoints")).json()["data"]["endpoints"]
    key = json.loads((await sim.get("/key")).text, parse_float=Decimal)["data"]
    credit = json.loads((await sim.get("/credits")).text, parse_float=Decimal)["data"]
    assert models["total_count"] == len(models["data"]) == 37
    assert endpoints[0]["pricing"] == {
        "prompt": "0.00000015",
        "completion": "0.0000006",
        "image": "0.000217",
    }
    cost = json.loads(reply.text, parse_float=Decimal)["usage"]["cost"]
    assert key["usage"] == credit["total_usage"] == cost
    assert (await sim.get("/models?output_modalities=image")).json()["total_count"] == 3
    assert (await sim.get("/providers")).json()["data"][0]["name"] == "Simulator"
    assert (await sim.get("/nowhere")).status_code == 404


async def test_a_generation_is_known_after_the_polls_that_were_set():
    async with client_of(generation_misses=2) as sim:
        reply = await ask(sim, "Hello")
        polls = [await sim.get("/generation", params={"id": reply.json()["id"]}) for _ in range(3)]

    assert [poll.status_code for poll in polls] == [404, 404, 200]
    assert polls[2].json()["data"]["total_cost"] == reply.json()["usage"]["cost"]


async def test_the_last_requests_are_kept_without_key_and_pictures(sim):
    picture = "data:image/png;base64," + "A" * 400
    await ask(sim, [{"type": "image_url", "image_url": {"url": picture}}])

    [kept] = (await sim.get("/__sim/requests")).json()

    url = kept["body"]["messages"][0]["content"][0]["image_url"]["url"]
    assert url == "data:image/png;base64,(400 characters elided)"
    assert "authorization" not in kept["headers"]
    assert "sk-or-v1-any" not in json.dumps(kept)


async def test_a_reset_forgets_everything(sim):
    await ask(sim, "Hello")

    await sim.post("/__sim/reset")

    assert await bill_of(sim) == []
    assert (await sim.get("/__sim/requests")).json() == []
    assert (await sim.get("/__sim/health")).json() == {
        "status": "ok",
        "simulated": True,
        "answered": 0,
    }


@pytest.mark.parametrize(
    ("over", "path"),
    [
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": 7}]}, "messages.0.content.str"),
        ({"tools": [1]}, "tools.0"),
        ({"response_format": "json"}, "response_format"),
        ({"modalities": [None]}, "modalities.0"),
        ({"max_tokens": "5"}, "max_tokens"),
    ],
)
async def test_a_value_of_a_wrong_type_is_refused_by_its_path(sim, over, path):
    reply = await sim.post("/chat/completions", json=request("Hello") | over)

    assert reply.status_code == 400
    assert reply.json()["error"]["message"].startswith(f"Invalid input at {path}: ")


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
async def test_a_body_that_is_no_json_object_is_refused(sim, raw):
    reply = await sim.post("/chat/completions", content=raw)

    assert reply.status_code == 400
    assert await bill_of(sim) == []


async def test_strange_characters_come_back_as_valid_utf_8(sim):
    said = b'{"role": "user", "content": "a \\ud800 \\u0000 b"}'
    raw = b'{"model": "openai/gpt-4o-mini", "messages": [' + said + b"]}"

    reply = await sim.post("/chat/completions", content=raw)

    assert reply.status_code == 200
    assert "a ? " in reply.content.decode("utf-8")
