"""The fault script: what misbehaves, how often, and what it costs."""

import asyncio
import json
import time

import httpx
import pytest

from ai.simulator.background import serving
from ai.simulator.kinds import KINDS
from ai.simulator.settings import Settings
from tests.ai.simulator.conftest import MODEL, TOOLS, ask, bill_of, events, joined, script

SCHEMA = {
    "type": "json_schema",
    "json_schema": {
        "name": "x",
        "schema": {
            "type": "object",
            "properties": {
                "title": {"type": "string"},
                "tags": {"type": "array", "items": {"type": "string"}},
            },
            "required": ["title", "tags"],
        },
    },
}


async def test_a_fault_is_used_up_and_only_by_what_it_matches(sim):
    await script(
        sim,
        {
            "kind": "status",
            "status": 503,
            "times": 2,
            "match": {"model": "openai/*", "contains": "storm"},
        },
    )

    answers = [
        await ask(sim, "calm"),
        await ask(sim, "storm", model="x-ai/grok-4.1-fast"),
        await ask(sim, "storm"),
        await ask(sim, "storm"),
        await ask(sim, "storm"),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 503, 503, 200]
    assert len(await bill_of(sim)) == 3


async def test_the_nth_matching_request_fails(sim):
    await script(sim, {"kind": "status", "status": 500, "match": {"nth": 2}})

    assert [(await ask(sim, "Hello")).status_code for _ in range(3)] == [200, 500, 200]


async def test_a_fault_that_lasts_so_long_is_over_by_itself(sim):
    await script(sim, {"kind": "status", "status": 503, "times": None, "lasts_s": 0.3})

    during = [(await ask(sim, "Hello")).status_code for _ in range(2)]
    await asyncio.sleep(0.35)
    after = (await ask(sim, "Hello")).status_code

    assert (during, after) == ([503, 503], 200)


@pytest.mark.parametrize(
    ("variant", "status", "read"),
    [
        ("a", 502, lambda body: body["error"]["code"]),
        ("b", 200, lambda body: body["error"]["code"]),
        ("c", 502, lambda body: body["error"]["http_status"]),
        ("d", 200, lambda body: body["choices"][0]["error"]["code"]),
        ("e", 200, lambda body: body["error"]["code"]),
        ("h", 200, lambda body: body["provider"]["error"]["code"]),
    ],
)
async def test_an_error_comes_in_every_envelope_of_the_field(sim, variant, status, read):
    await script(sim, {"kind": "status", "status": 502, "envelope": variant})

    reply = await ask(sim, "Hello")

    assert reply.status_code == status
    assert read(reply.json()) == 502
    assert await bill_of(sim) == []


async def test_the_rarer_envelopes_are_html_null_choices_and_text_codes(sim):
    for variant in "fgi":
        await script(sim, {"kind": "status", "status": 429, "envelope": variant})

    html, null, text = [await ask(sim, "Hello") for _ in range(3)]

    assert html.headers["content-type"].startswith("text/html")
    assert null.json()["choices"] is None
    assert text.json()["error"]["code"] == "rate_limit_exceeded"


async def test_retry_after_comes_in_the_form_that_is_asked_for(sim):
    forms = ["seconds", "date", "reset_ms", "availability", "metadata"]
    await script(
        sim,
        *(
            {"kind": "status", "status": 429, "retry_after": 7, "retry_form": form}
            for form in forms
        ),
    )

    seconds, date, reset, availability, metadata = [await ask(sim, "Hello") for _ in forms]

    assert seconds.headers["retry-after"] == "7"
    assert date.headers["retry-after"].endswith("GMT")
    assert int(reset.headers["x-ratelimit-reset"]) / 1000 == pytest.approx(time.time() + 7, abs=2)
    assert availability.json()["error"]["availability"]["retry_after"] == 7
    assert "X-RateLimit-Reset" in metadata.json()["error"]["metadata"]["headers"]


async def test_error_in_200_is_json_even_for_a_stream(sim):
    await script(sim, {"kind": "error_in_200"})

    reply = await ask(sim, "Hello", stream=True)

    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/json")
    assert reply.json()["error"]["code"] == 502


@pytest.mark.parametrize(
    "how",
    [
        "fences",
        "prose",
        "trailing_commas",
        "truncated",
        "python_literals",
        "single_quotes",
        "unquoted_keys",
        "comments",
    ],
)
async def test_malformed_json_holds_the_document_but_does_not_parse(sim, how):
    await script(sim, {"kind": "malformed_json", "how": how})

    content = (await ask(sim, "A courier. A letter.", response_format=SCHEMA)).json()["choices"][0][
        "message"
    ]["content"]

    with pytest.raises(json.JSONDecodeError):
        json.loads(content)
    assert "courier" in content


@pytest.mark.parametrize(
    ("how", "keys"),
    [
        ("missing", {"tags"}),
        ("extra", {"title", "tags", "confidence_note"}),
        ("wrapped", {"result"}),
        ("renamed", {"title_text", "tags"}),
    ],
)
async def test_wrong_schema_is_json_of_another_shape(sim, how, keys):
    await script(sim, {"kind": "wrong_schema", "how": how})

    content = (await ask(sim, "A courier. A letter.", response_format=SCHEMA)).json()["choices"][0][
        "message"
    ]["content"]

    assert set(json.loads(content)) == keys


@pytest.mark.parametrize("stream", [False, True])
async def test_wrong_tool_names_a_tool_nobody_offered(sim, stream):
    await script(sim, {"kind": "wrong_tool", "how": "unknown_name"})

    reply = await ask(sim, "create a scene titled Dawn", tools=TOOLS, stream=stream)

    assert '"name":"summon_camera"' in reply.text
    assert "create_scene" not in reply.text


@pytest.mark.parametrize(
    ("how", "indexes"), [("no_index", {None}), ("shared_index", {0}), ("index_gap", {1, 2})]
)
async def test_streamed_calls_come_with_the_indexes_of_the_field(sim, how, indexes):
    await script(sim, {"kind": "wrong_tool", "how": how})

    reply = await ask(
        sim, "Create a scene titled Dawn. Create a scene titled Dusk.", tools=TOOLS, stream=True
    )

    calls = [
        call
        for chunk in events(reply.text)
        for call in chunk["choices"][0]["delta"].get("tool_calls", [])
    ]
    assert {call.get("index") for call in calls} == indexes
    assert len({call["id"] for call in calls if "id" in call}) == 2


async def test_arguments_can_be_an_object_or_absent(sim):
    await script(
        sim,
        {"kind": "wrong_tool", "how": "object_arguments"},
        {"kind": "wrong_tool", "how": "absent_arguments"},
    )

    first, second = [
        (await ask(sim, "create a scene titled Dawn", tools=TOOLS)).json()["choices"][0]["message"][
            "tool_calls"
        ][0]["function"]
        for _ in range(2)
    ]

    assert first["arguments"]["title"] == "Dawn"
    assert second == {"name": "create_scene"}


async def test_an_empty_answer_has_no_words(sim):
    await script(sim, {"kind": "empty"})

    reply = await ask(sim, "Hello")

    assert reply.json()["choices"][0]["message"]["content"] == ""


async def test_a_refusal_is_in_words_or_in_its_field(sim):
    await script(sim, {"kind": "refusal"}, {"kind": "refusal", "how": "field"})

    words, field = [(await ask(sim, "Hello")).json()["choices"][0]["message"] for _ in range(2)]

    assert words["content"].startswith("I'm sorry")
    assert (field["content"], field["refusal"][:9]) == (None, "I'm sorry")


@pytest.mark.parametrize(("variant", "last"), [(1, [None]), (2, []), (3, ["stop"]), (4, [])])
async def test_a_stream_ends_in_each_way_of_the_field(sim, variant, last):
    await script(sim, {"kind": "ending", "ending": variant})

    reply = await ask(sim, "Hello", stream=True)

    usage = events(reply.text)[-1]
    assert [choice["finish_reason"] for choice in usage["choices"]] == last
    assert usage["usage"]["completion_tokens"] > 0
    assert ("id" in usage) is (variant != 4)
    assert reply.text.endswith("[DONE]\n\n")


async def test_the_fifth_ending_is_an_error_after_length_and_the_sixth_has_none(sim):
    await script(sim, {"kind": "ending", "ending": 5}, {"kind": "ending", "ending": 6})

    fifth, sixth = [await ask(sim, "Hello", stream=True) for _ in range(2)]

    assert events(fifth.text)[-1]["error"]["message"] == "Token limit reached"
    assert events(fifth.text)[-1]["choices"][0]["finish_reason"] is None
    assert "[DONE]" not in sixth.text
    assert all(
        choice["finish_reason"] is None
        for chunk in events(sixth.text)
        for choice in chunk["choices"]
    )


@pytest.mark.parametrize(
    ("kind", "usage", "done", "finish"),
    [
        ("no_usage", False, True, True),
        ("no_done", True, False, True),
        ("no_finish", True, True, False),
        ("late_usage", True, True, True),
    ],
)
async def test_parts_of_the_ending_can_be_missing(sim, kind, usage, done, finish):
    await script(sim, {"kind": kind, "seconds": 0.01})

    reply = await ask(sim, "Hello", stream=True)

    chunks = events(reply.text)
    assert any("usage" in chunk for chunk in chunks) is usage
    assert ("[DONE]" in reply.text) is done
    assert (
        any(
            c["finish_reason"] for chunk in chunks if "usage" not in chunk for c in chunk["choices"]
        )
        is finish
    )
    assert len(await bill_of(sim)) == 1


async def test_a_mid_stream_error_follows_some_words_and_costs_nothing(sim):
    await script(sim, {"kind": "mid_stream_error", "events": 2})

    reply = await ask(sim, "Mara waits for the bus.", stream=True)

    chunks = events(reply.text)
    assert joined(chunks[:2]) == "(simulated) I hear it: “Mara wai"
    assert chunks[2]["error"]["code"] == 502
    assert chunks[2]["choices"][0]["finish_reason"] == "error"
    assert len(chunks) == 3
    assert await bill_of(sim) == []


async def test_a_stall_with_comments_goes_on_afterwards(sim):
    await script(
        sim, {"kind": "stall", "events": 1, "seconds": 0.05, "comments": True, "comment_s": 0.01}
    )

    reply = await ask(sim, "Hello", stream=True)

    assert reply.text.count(": OPENROUTER PROCESSING") >= 6
    assert reply.text.endswith("[DONE]\n\n")


async def test_a_slow_model_takes_its_time(sim):
    await script(sim, {"kind": "slow", "latency_s": 0.2})
    start = time.monotonic()

    await ask(sim, "Hello")

    assert time.monotonic() - start >= 0.2


async def test_a_fault_can_ride_on_the_model_or_in_a_header(sim):
    by_model = await ask(sim, "Hello", model=f"{MODEL}~status-503")
    by_header = await sim.post(
        "/chat/completions",
        json={"model": MODEL, "messages": [{"role": "user", "content": "Hello"}]},
        headers={"X-Sim-Fault": '{"kind": "status", "status": 418}'},
    )

    assert by_model.status_code == 503
    assert by_header.status_code == 418


async def test_the_next_model_serves_when_the_first_is_overloaded(sim):
    await script(sim, {"kind": "status", "status": 503, "match": {"model": MODEL}})

    reply = await ask(sim, "Hello", models=["openai/gpt-4.1"])

    assert reply.json()["model"] == "openai/gpt-4.1-2025-04-14"


async def test_a_generation_is_missing_as_often_as_scripted(sim):
    reply = await ask(sim, "Hello")
    await script(sim, {"kind": "generation_404", "times": 1})

    polls = [
        (await sim.get("/generation", params={"id": reply.json()["id"]})).status_code
        for _ in range(2)
    ]

    assert polls == [404, 200]


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        ([{"kind": "explode"}], "not a fault"),
        ([{"kind": ["cut"]}], "not a fault"),
        (["cut"], "not a fault"),
        ("cut", "faults must be a list"),
        ([{"kind": "cut"}, {"kind": "cut", "how": "softly"}], "cut knows no 'softly'"),
        ([{"kind": "cut", "times": "often"}], "times must be a whole number"),
        ([{"kind": "cut", "lasts_s": "long"}], "lasts_s must be a number"),
        ([{"kind": "cut", "match": ["model"]}], "match must be an object"),
        ([{"kind": "cut", "match": {"mood": "bad"}}], "unknown match keys: mood"),
        ([{"kind": "cut", "match": {"model": 7}}], "match takes texts"),
    ],
)
async def test_what_is_no_fault_is_refused_and_nothing_is_scripted(sim, faults, words):
    reply = await sim.post("/__sim/faults", json={"faults": faults})

    assert reply.status_code == 400
    assert words in reply.json()["error"]["message"]
    assert (await sim.post("/__sim/faults", json={"faults": []})).json() == {"waiting": 0}


def test_a_cut_stream_breaks_the_connection_and_bills_what_was_produced():
    with (
        serving(Settings(first_token_s=0, tokens_per_second=1e9)) as url,
        httpx.Client(base_url=url, headers={"Authorization": "Bearer x"}) as client,
    ):
        door = url.removesuffix("/api/v1")
        client.post(f"{door}/__sim/faults", json={"faults": [{"kind": "cut", "events": 2}]})
        body = {
            "model": MODEL,
            "stream": True,
            "messages": [{"role": "user", "content": "Mara waits for the bus."}],
        }

        received: list[bytes] = []
        with (
            client.stream("POST", "/chat/completions", json=body) as reply,
            pytest.raises(httpx.RemoteProtocolError),
        ):
            received.extend(reply.iter_bytes())

        [line] = client.get(f"{door}/__sim/bill").json()
        assert len(events(b"".join(received).decode())) == 2
        assert (line["completionTokens"], line["completed"], line["cancelled"]) == (9, False, False)


def test_a_client_that_leaves_is_billed_for_what_it_was_sent():
    with (
        serving(Settings(first_token_s=0, tokens_per_second=40)) as url,
        httpx.Client(base_url=url, headers={"Authorization": "Bearer x"}) as client,
    ):
        door = url.removesuffix("/api/v1")
        body = {
            "model": MODEL,
            "stream": True,
            "messages": [{"role": "user", "content": "Mara waits for the bus. " * 9}],
        }

        with client.stream("POST", "/chat/completions", json=body) as reply:
            next(line for line in reply.iter_lines() if line.startswith("data: "))
        deadline = time.monotonic() + 3
        while (
            not (lines := client.get(f"{door}/__sim/bill").json()) and time.monotonic() < deadline
        ):
            time.sleep(0.02)

        [line] = lines
        assert (line["completed"], line["cancelled"]) == (False, True)
        assert 0 < line["completionTokens"] < 60
        assert (
            client.get(f"{url}/generation", params={"id": line["generationId"]}).json()["data"][
                "cancelled"
            ]
            is True
        )


@pytest.mark.parametrize(
    "kind", ["malformed_json", "wrong_schema", "wrong_tool", "empty", "refusal"]
)
@pytest.mark.parametrize("stream", [False, True])
async def test_any_answer_can_be_spoiled_even_fenced_or_plain_words(sim, kind, stream):
    ways = KINDS[kind].ways * 2
    for how in ways:
        await script(sim, {"kind": kind, "how": how})

    forms = [{}] * (len(ways) // 2) + [{"response_format": {"type": "json_object"}}] * (
        len(ways) // 2
    )
    replies = [
        await ask(sim, "Hello", stream=stream, model="anthropic/claude-haiku-4.5", **over)
        for over in forms
    ]

    assert {reply.status_code for reply in replies} == {200}
    assert len(await bill_of(sim)) == len(ways)


async def test_a_whole_script_serves_other_endpoints_too(sim):
    await script(
        sim,
        {"kind": "html", "status": 503, "match": {"endpoint": "models"}},
        {"kind": "status", "status": 500, "match": {"endpoint": "key"}},
    )

    assert [(await sim.get(path)).status_code for path in ("/models", "/key", "/models")] == [
        503,
        500,
        200,
    ]
