"""Errors with the words of the field, fail-over, and what is not billed."""

import re

import pytest

from tests.ai.simulator.conftest import MODEL, TOOLS, ask, bill_of, events, request, script

SECOND = "openai/gpt-4.1"
THIRD = "x-ai/grok-4.1-fast"


async def test_the_402_counts_what_was_asked_for(sim):
    texts = [
        (await ask(sim, "Hello", model=f"{MODEL}~{text}", **over)).json()["error"]["message"]
        for text, over in [
            ("status-402", {"max_tokens": 9_000}),
            ("trouble-credits;afford=77", {"max_tokens": 500}),
            ("trouble-credits", {}),
        ]
    ]

    found = [re.search(r"up to (\d+) tokens, but can only afford (\d+)", text) for text in texts]
    assert [match.groups() for match in found] == [
        ("9000", "4500"), ("500", "77"), ("16384", "8192"),
    ]  # fmt: skip
    assert await bill_of(sim) == []


@pytest.mark.parametrize(
    ("name", "status", "where", "what"),
    [
        ("moderation", 403, "metadata", "reasons"),
        ("moderation", 403, "metadata", "flagged_input"),
        ("guardrail", 403, "metadata", "patterns"),
        ("free_per_day", 429, "metadata", "headers"),
        ("provider_error", 502, "metadata", "raw"),
        ("capacity", 429, "availability", "retry_after"),
        ("region", 403, "availability", "excluded_by"),
        ("data_policy", 404, "availability", "excluded_by"),
    ],
)
async def test_a_trouble_brings_the_metadata_of_its_class(sim, name, status, where, what):
    error = (await ask(sim, "Hello", model=f"{MODEL}~trouble-{name}")).json()["error"]

    assert error["code"] == status
    assert what in error[where]


async def test_envelope_e_is_an_event_where_a_stream_was_asked_for(sim):
    reply = await ask(sim, "Hello", model=f"{MODEL}~status-502;envelope=e", stream=True)

    [event] = events(reply.text)
    assert (reply.status_code, reply.headers["content-type"]) == (200, "text/event-stream")
    assert (event["object"], event["error"]["code"]) == ("chat.completion.chunk", 502)


@pytest.mark.parametrize("status", [400, 403, 404, 408, 429, 500, 503, 529])
async def test_any_error_of_a_model_gives_way_to_the_next(sim, status):
    models = [f"{SECOND}~status-{status}", THIRD]

    reply = await ask(sim, "Hello", model=f"{MODEL}~status-{status}", models=models)

    assert reply.status_code == 200
    assert [line["model"] for line in await bill_of(sim)] == [THIRD]


@pytest.mark.parametrize("status", [401, 402])
async def test_an_error_of_the_account_does_not_give_way(sim, status):
    reply = await ask(sim, "Hello", model=f"{MODEL}~status-{status}", models=[SECOND])

    assert reply.status_code == status
    assert await bill_of(sim) == []


async def test_the_last_model_reports_its_own_error(sim):
    reply = await ask(sim, "Hello", model=f"{MODEL}~status-503", models=[f"{SECOND}~status-529"])

    assert reply.status_code == 529


async def test_a_model_that_cannot_serve_gives_way_but_a_wrong_id_does_not(sim):
    able = await ask(sim, "Hello", model="openai/chatgpt-4o-latest", models=[MODEL], tools=TOOLS)
    wrong = await ask(sim, "Hello", model="openai/nothing", models=[MODEL])

    assert (able.status_code, able.json()["model"]) == (200, "openai/gpt-4o-mini")
    assert (wrong.status_code, len(await bill_of(sim))) == (400, 1)


async def test_a_header_meets_the_first_model_only(sim):
    reply = await sim.post(
        "/chat/completions",
        json=request("Hello", models=[SECOND]),
        headers={"X-Sim-Fault": "status-503"},
    )

    assert reply.json()["model"] == "openai/gpt-4.1-2025-04-14"


async def test_a_header_can_name_the_model_it_means(sim):
    fault = '{"kind": "empty", "match": {"model": "openai/gpt-4.1"}}'

    replies = [
        await sim.post("/chat/completions", json=request("Hello", model=model),
                       headers={"X-Sim-Fault": fault})
        for model in (MODEL, SECOND)
    ]  # fmt: skip

    assert [bool(reply.json()["choices"][0]["message"]["content"]) for reply in replies] == [
        True, False,
    ]  # fmt: skip


async def test_what_fails_at_the_provider_costs_nothing(sim):
    reply = await ask(
        sim, "Create a scene titled Dawn.", tools=TOOLS, model=f"{MODEL}~wrong_tool-malformed_call"
    )

    choice = reply.json()["choices"][0]
    assert (choice["finish_reason"], choice["native_finish_reason"]) == (
        "error", "MALFORMED_FUNCTION_CALL",
    )  # fmt: skip
    assert choice["message"]["content"] is None
    assert reply.json()["usage"]["cost"] == 0
    assert [line["costUsd"] for line in await bill_of(sim)] == ["0"]


async def test_a_generation_hides_as_often_as_its_request_said(sim):
    reply = await ask(sim, "Hello", model=f"{MODEL}~generation_404-2")

    polls = [await sim.get("/generation", params={"id": reply.json()["id"]}) for _ in range(3)]

    assert [poll.status_code for poll in polls] == [404, 404, 200]


async def test_a_look_up_can_bring_its_own_404(sim):
    made = (await ask(sim, "Hello")).json()["id"]
    asked = {"url": "/generation", "params": {"id": made}}

    missed = await sim.get(**asked, headers={"X-Sim-Fault": "generation_404"})
    found = await sim.get(**asked)

    assert (missed.status_code, found.status_code) == (404, 200)


async def test_a_script_for_look_ups_is_not_used_up_by_answers(sim):
    await script(sim, {"kind": "generation_404"})
    made = (await ask(sim, "Hello")).json()["id"]

    polls = [await sim.get("/generation", params={"id": made}) for _ in range(2)]

    assert [poll.status_code for poll in polls] == [404, 200]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_tail_of_arguments_can_stand_under_a_strange_index(sim, stream):
    reply = await ask(
        sim, "Create a scene titled Dawn. Create a scene titled Dusk.", tools=TOOLS, stream=stream,
        model=f"{MODEL}~wrong_tool-tail_elsewhere",
    )  # fmt: skip

    if not stream:
        calls = reply.json()["choices"][0]["message"]["tool_calls"]
        assert [call["index"] for call in calls] == [0, 1]
        return
    parts = [p for c in events(reply.text) for p in c["choices"][0]["delta"].get("tool_calls", [])]
    assert {part["index"] for part in parts if "id" in part} == {0, 1}
    assert {part["index"] for part in parts if "id" not in part} == {0, 1, 2, 3}


async def test_a_changed_signature_of_gemini_is_refused_inside_raw(sim):
    said = "create a scene titled Dawn"
    asked = {"model": "google/gemini-3-pro-preview", "tools": TOOLS}
    first = (await ask(sim, said, **asked)).json()["choices"][0]["message"]
    result = {"role": "tool", "tool_call_id": first["tool_calls"][0]["id"], "content": "{}"}
    changed = first["reasoning_details"][0]
    changed["data"] = changed["data"][:-1] + ("0" if changed["data"][-1] != "0" else "1")

    reply = await ask(
        sim, said, messages=[{"role": "user", "content": said}, first, result], **asked
    )

    error = reply.json()["error"]
    assert (reply.status_code, error["message"]) == (400, "Provider returned error")
    assert error["metadata"]["raw"]["error"]["message"] == "Corrupted thought signature."


@pytest.mark.parametrize(
    ("model", "choice", "status"),
    [
        ("openai/gpt-4o-mini", "required", 200),
        ("moonshotai/kimi-k2-thinking", "auto", 200),
        ("moonshotai/kimi-k2-thinking", "required", 400),
    ],
)
async def test_a_thinking_kimi_cannot_be_made_to_call(sim, model, choice, status):
    reply = await ask(sim, "Hello", model=model, tools=TOOLS, tool_choice=choice)

    assert reply.status_code == status


@pytest.mark.parametrize(
    ("model", "node", "reason"),
    [
        ("google/gemini-2.5-flash", {"type": "string", "const": "a"}, 'Unknown name "const"'),
        ("google/gemini-2.5-flash", {"$ref": "#/$defs/X"}, 'Unknown name "$ref"'),
        ("google/gemini-2.5-flash", {"oneOf": [{"type": "string"}]}, 'Unknown name "oneOf"'),
        ("google/gemini-2.5-flash", {"type": "integer", "enum": [1]}, "only allowed for STRING"),
        ("anthropic/claude-sonnet-4.5", {"type": "string", "maxLength": 3}, "maxLength are not"),
        ("anthropic/claude-sonnet-4.5", {"type": "array", "maxItems": 3}, "maxItems are not"),
        ("anthropic/claude-sonnet-4.5", {"type": "object"}, "must be explicitly set to false"),
        ("openai/gpt-4.1", {"type": "object", "properties": {}}, "is required to be supplied"),
        (
            "openai/gpt-4.1",
            {"type": "object", "additionalProperties": {"type": "string"}},
            "is required to be supplied and to be false",
        ),
    ],
)
async def test_each_family_refuses_what_it_does_not_know_and_others_take_it(
    sim, model, node, reason
):
    schema = {
        "type": "object", "properties": {"n": node}, "required": ["n"],
        "additionalProperties": False,
    }  # fmt: skip
    form = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": schema}}

    refused = await ask(sim, "Hello", model=model, response_format=form)

    assert refused.status_code == 400
    assert reason in refused.json()["error"]["metadata"]["raw"]["error"]["message"]
    assert await bill_of(sim) == []


async def test_strict_tools_of_openai_and_tools_of_gemini_are_checked_alike(sim):
    open_schema = {"type": "object", "properties": {"n": {"type": "string", "const": "a"}}}
    tool = {"type": "function", "function": {"name": "f", "parameters": open_schema}}
    strict = {"type": "function", "function": tool["function"] | {"strict": True}}

    statuses = {
        (model, offered["function"].get("strict", False)): (
            await ask(sim, "Hello", model=model, tools=[offered])
        ).status_code
        for model in ("openai/gpt-4.1", "google/gemini-2.5-flash", "anthropic/claude-sonnet-4.5")
        for offered in (tool, strict)
    }

    assert statuses == {
        ("openai/gpt-4.1", False): 200,
        ("openai/gpt-4.1", True): 400,
        ("google/gemini-2.5-flash", False): 400,
        ("google/gemini-2.5-flash", True): 400,
        ("anthropic/claude-sonnet-4.5", False): 200,
        ("anthropic/claude-sonnet-4.5", True): 200,
    }
