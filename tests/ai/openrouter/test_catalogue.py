"""The service's catalogue, ticked off: quirks 1 to 34, envelopes a to i, endings 1 to 6.

Each row is bytes as they come over HTTP, read by the real client. What only a longer conversation
shows is tested where that is held; those rows name their test.
"""

import json
from importlib import import_module

import httpx
import pytest

from ai.models import CatalogueEntry
from ai.openrouter import errors
from ai.openrouter.client import OpenRouter
from ai.openrouter.faults import read_failure
from ai.openrouter.quirks import answer_text, preflight, rewrite_after
from ai.openrouter.replay import replayed
from ai.openrouter.stream import assemble
from ai.openrouter.wire import ChatRequest, ProviderPreferences
from tests.ai.conftest import run
from tests.ai.jobs.test_runner import OUTLINE, outline
from tests.ai.openrouter.sse_bodies import body, call, delta

JSON, SSE, HTML = "application/json", "text/event-stream", "text/html"
PING = b": OPENROUTER PROCESSING\n\n"
USER = {"role": "user", "content": "hi"}
TOOL = {"type": "function", "function": {"name": "f"}}
BILL = {"prompt_tokens": 3, "completion_tokens": 2, "cost": 0.0000001}
HELLO = delta(role="assistant", content="Hel"), delta(role="assistant", content="lo")
STOP, CALLS, LENGTH = delta("stop"), delta("tool_calls"), delta("length")
LIMIT = {"error": {"code": 400, "message": "Token limit reached"}}


def ask(**over):
    return ChatRequest(**({"messages": (USER,), "model": "a/b", "max_tokens": 500} | over))


def heard(raw, content_type=SSE, status=200, headers=None):
    """Stream one answer through the client; return its message."""
    headers = {"Content-Type": content_type, "X-Generation-Id": "gen-1"} | (headers or {})
    answer = httpx.Response(status, headers=headers, content=raw)
    transport = httpx.MockTransport(lambda _request: answer)
    with OpenRouter("", "https://openrouter.test/api/v1", transport=transport) as client:
        with client.stream(ask()) as stream:
            list(stream)
        return stream.reply.message


def calls_of(message):
    return [(made.name, json.loads(made.arguments)) for made in message.tool_calls]


# --- quirks: what is said ------------------------------------------------------------------------

TWO = [("f", {"x": 1}), ("g", {"y": 2})]
MESSAGES = {
    "quirk 01: JSON for a stream": (
        b'{"choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}]}', JSON,
        {"content": "Hello", "finish_reason": "stop"}),
    "quirk 03: comments before and between": (
        PING * 17 + body(*HELLO, done=False) + PING + body(STOP), SSE, {"content": "Hello"}),
    "quirk 04: usage with a null finish": (
        body(*HELLO, STOP, delta(None) | {"usage": BILL}), SSE,
        {"content": "Hello", "finish_reason": "stop"}),
    "quirk 05: the token limit after length": (
        body(*HELLO, LENGTH, LENGTH, LIMIT), SSE, {"content": "Hello", "finish_reason": "length"}),
    "quirk 06: a call without index": (
        body(call(None, "a", "f", '{"x"'), call(None, None, None, ": 1}"),
             call(None, "b", "g", '{"y": 2}'), CALLS), SSE, {"calls": TWO}),
    "quirk 07: two calls share an index": (
        body(call(0, "a", "f", '{"x": 1}'), call(0, "b", "g", '{"y": 2}'), CALLS), SSE,
        {"calls": TWO}),
    "quirk 08: the tail on another index": (
        body(call(0, "a", "f", '{"x"'), call(1, None, None, ": 1}"), call(2, "b", "g", '{"y": 2}'),
             CALLS), SSE, {"calls": TWO}),
    "quirk 09: no ids": (
        body(call(0, None, "f", '{"x": 1}'), call(1, "", "g", '{"y": 2}'), CALLS), SSE,
        {"calls": TWO}),
    "quirk 10: arguments absent, an object, empty": (
        body(call(0, "a", "f"), call(1, "b", "f", {"x": 1}), call(2, "c", "f", ""), CALLS), SSE,
        {"calls": [("f", {}), ("f", {"x": 1}), ("f", {})]}),
    "quirk 11: the first index is not 0": (
        body(call(3, "a", "f", '{"x": 1}'), call(1, "b", "g", '{"y": 2}'), CALLS), SSE,
        {"calls": TWO}),
    "quirk 12: calls with finish stop": (
        body(call(0, "a", "f", '{"x": 1}'), STOP), SSE,
        {"calls": TWO[:1], "finish_reason": "tool_calls"}),
    "quirk 20: the answer is in the thoughts": (
        body(delta(content="", reasoning='{"a": 1}'), STOP), SSE,
        {"content": "", "answer": '{"a": 1}'}),
    "quirk 21: an empty list of details": (
        body(delta("stop", content="a", reasoning_details=[])), SSE, {"reasoning_details": "[]"}),
    "quirk 23: names outside the lists": (
        body(*HELLO, delta("eos_token") | {"service_tier": "standard"}), SSE,
        {"finish_reason": "eos_token"}),
    "quirk 24: heartbeats before JSON": (
        b"\n \n" * 1_000 + b'{"choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}]}',
        JSON, {"content": "Hello"}),
}  # fmt: skip


@pytest.mark.parametrize(("raw", "kind", "expected"), MESSAGES.values(), ids=MESSAGES.keys())
def test_a_quirk_of_an_answer_is_read(raw, kind, expected):
    message = heard(raw, kind)

    found = {"calls": calls_of(message), "answer": answer_text(message)}
    assert {name: found.get(name, getattr(message, name, None)) for name in expected} == expected


# --- quirks: what is refused or broken -----------------------------------------------------------


def refusal(code, message, **metadata):
    error = {"code": code, "message": message, "metadata": metadata}
    return json.dumps({"error": error}).encode()


FAILURES = {
    "quirk 01: an error inside a 200": (
        200, JSON, refusal(429, "slow"), errors.RateLimitedError, "slow"),
    "quirk 02: choices null": (200, JSON, b'{"choices":null}', errors.EmptyReplyError, "empty"),
    "quirk 02: choices missing": (200, JSON, b'{"id":"x"}', errors.EmptyReplyError, "empty"),
    "quirk 04: the end without a finish": (
        200, SSE, body(*HELLO, done=False), errors.IncompleteReplyError, "without a finish"),
    "quirk 05: a code in words and a null finish": (
        200, SSE, body(*HELLO, {"error": {"code": "server_error", "message": "oh"}}),
        errors.UnavailableError, "oh"),
    "quirk 13: arguments cut by length": (
        200, SSE, body(call(0, "a", "f", '{"x": 1'), LENGTH), errors.TruncatedToolCallError,
        "tool call"),
    "quirk 14: MALFORMED_FUNCTION_CALL": (
        200, SSE, body({"choices": [{"delta": {"content": None}, "finish_reason": "error",
                                     "native_finish_reason": "MALFORMED_FUNCTION_CALL"}]}),
        errors.MalformedToolCallError, "MALFORMED"),
    "quirk 22: an empty stop that is billed": (
        200, SSE, body(delta("stop", content="") | {"usage": BILL}), errors.EmptyReplyError,
        "empty"),
    "quirk 26: the cause is in metadata.raw": (
        400, JSON, refusal(400, "Provider returned error", provider_name="Google",
                           raw='{"error":{"message":"Unable to process input image"}}'),
        errors.RejectedError, "Unable to process input image"),
    "quirk 32: a policy behind a 502": (
        502, JSON, refusal(502, "Your input was flagged for possible cyber risk"),
        errors.ModerationError, "flagged"),
    "quirk 33: the account's data policy": (
        404, JSON, refusal(404, "No endpoints available matching your guardrail restrictions and "
                                "data policy. Configure: https://openrouter.ai/settings/privacy"),
        errors.NoEndpointsError, "settings/privacy"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("status", "kind", "raw", "expected", "words"), FAILURES.values(), ids=FAILURES.keys()
)
def test_a_quirk_of_a_failure_is_named(status, kind, raw, expected, words):
    with pytest.raises(errors.OpenRouterError) as caught:
        heard(raw, kind, status)

    assert type(caught.value) is expected
    assert words in str(caught.value)
    assert caught.value.generation_id == "gen-1"


# --- quirks: what is sent back -------------------------------------------------------------------

CLAUDE, GEMINI, KIMI = "anthropic/claude-sonnet-4.5", "google/gemini-3-pro", "moonshotai/kimi-k2.5"
ANTHROPIC = {"type": "reasoning.text", "format": "anthropic-claude-v1", "index": 0}
SEALED = {"zeta": 1.5, "type": "reasoning.encrypted", "data": "é=", "id": "r", "alpha": None}
ECHOES = {
    "quirk 15: details untouched, in their order": (
        GEMINI, body(delta(reasoning_details=[SEALED]),
                     delta(reasoning_details=[SEALED | {"id": "s"}]), STOP | delta("stop",
                     content="a")), "reasoning_details", [SEALED, SEALED | {"id": "s"}]),
    "quirk 16: keys in their order": (
        GEMINI, body(delta("stop", content="a", reasoning_details=[SEALED])),
        "reasoning_details", [SEALED]),
    "quirk 17: a late signature is kept": (
        CLAUDE, body(delta(reasoning_details=[ANTHROPIC | {"text": "t"}]), delta(content="a"),
                     delta("stop", reasoning_details=[ANTHROPIC | {"signature": "s"}])),
        "reasoning_details", [ANTHROPIC | {"text": "t", "signature": "s"}]),
    "quirk 17: thoughts without a signature are dropped": (
        CLAUDE, body(delta("stop", content="a", reasoning_details=[ANTHROPIC | {"text": "t"}])),
        "reasoning_details", []),
    "quirk 18: what was told twice is sent once": (
        GEMINI, body(delta("stop", content="a", reasoning_details=[SEALED, SEALED])),
        "reasoning_details", [SEALED]),
    "quirk 19: Kimi gets thoughts beside its calls": (
        KIMI, body(call(0, "a", "f", "{}"), CALLS), "reasoning", "(none)"),
    "quirk 21: an empty list comes back": (
        "deepseek/deepseek-v4", body(delta("stop", content="a", reasoning_details=[])),
        "reasoning_details", []),
}  # fmt: skip


@pytest.mark.parametrize(("slug", "raw", "field", "sent"), ECHOES.values(), ids=ECHOES.keys())
def test_a_quirk_of_the_next_turn_is_minded(slug, raw, field, sent):
    echo = replayed(assemble(raw), slug=slug, spoken_by=slug)

    assert json.dumps(echo[field]) == json.dumps(sent)


BOTH = {"tools": (TOOL,), "response_format": {"type": "json_object"}}
PREFILLED = (USER, {"role": "assistant", "content": "Once"})
MENDED = {
    "quirk 27: a prefill": (
        refusal(400, "This model does not support assistant message prefill."),
        ask(messages=PREFILLED), {"messages": ["user", "user"]}),
    "quirk 29: required parameters": (
        refusal(404, "No endpoints found that can handle the requested parameters."),
        ask(provider=ProviderPreferences(require_parameters=True)), {"provider": {}}),
    "quirk 30: tools and a response format": (
        refusal(400, "Function calling with a response mime type is unsupported"), ask(**BOTH),
        {"response_format": None}),
    "mandatory reasoning": (
        refusal(400, "Reasoning is mandatory for this endpoint and cannot be disabled"),
        ask(reasoning={"effort": "none"}), {"reasoning": None}),
    "a tool_choice nobody takes": (
        refusal(404, "No endpoints found that support the provided 'tool_choice' value"),
        ask(tool_choice="required"), {"tool_choice": "auto"}),
    "a context that is too small": (
        refusal(400, "maximum context length is 1000 tokens (800 of text input)"), ask(),
        {"max_tokens": 136}),
    "a balance that covers half": (
        refusal(402, "You requested up to 500 tokens, but can only afford 250."), ask(),
        {"max_tokens": 250}),
}  # fmt: skip


@pytest.mark.parametrize(("raw", "request_", "sent"), MENDED.values(), ids=MENDED.keys())
def test_a_refusal_that_can_be_mended_is_mended_once(raw, request_, sent):
    error = read_failure(raw, status=json.loads(raw)["error"]["code"])

    mended = rewrite_after(error, request_)

    assert mended is not None
    wire = mended.body(stream=True)
    wire["messages"] = [message["role"] for message in wire["messages"]]
    assert {name: wire.get(name) for name in sent} == sent


@pytest.mark.parametrize(
    ("said", "least", "tokens"),
    [
        ("can only afford 249", None, None),
        ("can only afford 249", 200, 249),
        ("can only afford 500", None, None),
        ("can only afford 0", 0, None),
        ("Insufficient credits", None, None),
    ],
)
def test_a_balance_that_covers_too_little_is_surfaced(said, least, tokens):
    error = read_failure(refusal(402, said), status=402)

    mended = rewrite_after(error, ask(), least_tokens=least)

    assert (mended and mended.max_tokens) == tokens


@pytest.mark.parametrize(
    ("wish", "left"),
    [
        (BOTH, {"tools"}),
        ({"plugins": ({"id": "web"},)}, set()),
        ({"plugins": ({"id": "web"}, {"id": "moderation"})}, {"plugins"}),
        ({"plugins": ({"id": "moderation"},)}, {"plugins"}),
    ],
    ids=["quirk 30: tools", "quirk 31: web", "quirk 31: web beside another", "another"],
)
def test_gemini_is_not_asked_for_what_it_breaks_on(wish, left):
    sent = preflight(ask(model=GEMINI, **wish)).body(stream=True)
    kept = preflight(ask(model="openai/gpt-4o", **wish)).body(stream=True)

    assert sent.keys() - ask().body(stream=True).keys() == left
    assert {plugin["id"] for plugin in sent.get("plugins", ())} <= {"moderation"}
    assert kept.keys() >= wish.keys()


# --- quirks: what a conversation or a clock shows ------------------------------------------------


def test_quirk_28_a_strict_schema_that_leaves_no_endpoint_is_asked_for_loosely(
    api, project, openrouter
):
    CatalogueEntry.objects.create(
        slug="maker/first", name="First", supported_parameters=["structured_outputs"]
    )
    job_id = outline(api, project)
    openrouter.will_fail(404, "No endpoints available matching your guardrail restrictions")
    openrouter.will_answer(OUTLINE)

    job = run(job_id)

    assert job.status == "succeeded"
    strict, loose = (asked["response_format"]["json_schema"] for asked in openrouter.heard)
    assert (strict["strict"], loose["strict"]) == (True, False)
    assert strict["schema"] == loose["schema"]


def test_quirk_34_there_is_one_system_message_and_it_leads(api, project, openrouter):
    for said in ("First.", "Second."):
        answer = api.post(f"/api/v1/projects/{project.pk}/messages/", {"content": said})
        openrouter.will_say("Yes.")
        run(answer.json()["job"]["id"])

    roles = [message["role"] for message in openrouter.heard[-1]["messages"]]
    assert roles == ["system", "user", "assistant", "user"]


ELSEWHERE = {
    "quirk 25: tests.ai.openrouter.test_timers": "test_comments_keep_no_call_alive",
    "quirk 28: tests.ai.openrouter.test_catalogue":
        "test_quirk_28_a_strict_schema_that_leaves_no_endpoint_is_asked_for_loosely",
    "quirk 34: tests.ai.openrouter.test_catalogue":
        "test_quirk_34_there_is_one_system_message_and_it_leads",
    "quirk 31: tests.ai.openrouter.test_catalogue":
        "test_gemini_is_not_asked_for_what_it_breaks_on",
    "quirk 27: tests.ai.openrouter.test_wire":
        "test_27_a_request_that_would_be_refused_is_never_built",
    "quirk 13: tests.ai.director.test_turn":
        "test_a_call_that_was_cut_never_runs_and_the_next_model_is_asked",
}  # fmt: skip


def test_every_quirk_has_its_row_or_its_test():
    rows = [*MESSAGES, *FAILURES, *ECHOES, *MENDED, *ELSEWHERE]
    numbers = {int(row[6:8]) for row in rows if row.startswith("quirk")}

    assert numbers == set(range(1, 35))
    for row, test in ELSEWHERE.items():
        assert callable(getattr(import_module(row.partition(": ")[2]), test))


# --- envelopes -----------------------------------------------------------------------------------

BUSY = {"message": "full", "error_type": "provider_overloaded", "http_status": 503,
        "availability": {"code": "temporarily_unavailable", "retryable": True, "retry_after": 3},
        "metadata": {"previous_errors": []}}  # fmt: skip
PARTIAL = b'"choices":[{"%s":{"content":"Hel"},"error":{"code":502,"message":"gone"}}]}'
ENVELOPES = {
    "a: status and code agree": (402, JSON, refusal(402, "no"), errors.PaymentRequiredError, 402),
    "b: an error inside a 200": (200, JSON, refusal(429, "no"), errors.RateLimitedError, 429),
    "c: availability, no code": (
        200, JSON, json.dumps({"error": BUSY}).encode(), errors.UnavailableError, 503),
    "c: availability in a stream": (
        200, SSE, body(*HELLO, {"error": BUSY}), errors.UnavailableError, 503),
    "d: an error of the choice": (
        200, JSON, b"{" + PARTIAL % b"message", errors.UnavailableError, 502),
    "d: an error of the choice in a stream": (
        200, SSE, b"data: {" + PARTIAL % b"delta" + b"\n\n", errors.UnavailableError, 502),
    "e: an error in the stream": (
        200, SSE, body(*HELLO, delta("error") | {"error": {"code": 502, "message": "gone"}}),
        errors.UnavailableError, 502),
    "f: a page of HTML": (
        502, HTML, b"<html><title>Bad gateway</title></html>", errors.UnavailableError, 502),
    "f: a page of HTML with 200": (
        200, HTML, b"<html><title>Oops</title></html>", errors.UnavailableError, 200),
    "f: nothing": (503, HTML, b"", errors.UnavailableError, 503),
    "f: nothing with 200": (200, JSON, b"", errors.IncompleteReplyError, None),
    "f: a status of the network in front": (
        524, HTML, b"<html>timeout</html>", errors.UnavailableError, 524),
    "g: choices null without an error": (
        200, JSON, b'{"id":"gen-1","choices":null}', errors.EmptyReplyError, None),
    "h: nested under provider": (
        200, JSON, b'{"provider":' + refusal(401, "no") + b"}", errors.AuthenticationError, 401),
    "i: a code in words": (
        200, JSON, refusal("server_error", "no"), errors.UnavailableError, 500),
    "i: digits as text": (200, JSON, refusal("429", "no"), errors.RateLimitedError, 429),
}  # fmt: skip


@pytest.mark.parametrize(
    ("status", "kind", "raw", "expected", "counts"), ENVELOPES.values(), ids=ENVELOPES.keys()
)
def test_every_envelope_is_one_exception_whatever_it_was_asked_for(
    status, kind, raw, expected, counts
):
    with pytest.raises(errors.OpenRouterError) as caught:
        heard(raw, kind, status)

    assert type(caught.value) is expected
    assert caught.value.status == counts
    assert caught.value.generation_id == "gen-1"


def test_every_envelope_has_its_row():
    assert {row[0] for row in ENVELOPES} == set("abcdefghi")


# --- endings -------------------------------------------------------------------------------------

GOOD_ENDINGS = {
    "1: usage with a null finish": body(*HELLO, STOP, delta(None) | {"usage": BILL}),
    "2: usage without choices": body(*HELLO, STOP, {"id": "gen-1", "choices": [], "usage": BILL}),
    "3: usage repeats the finish": body(*HELLO, STOP, STOP | {"usage": BILL}),
    "4: a bare usage frame": body(*HELLO, STOP, {"choices": [], "usage": BILL}),
    "5: length twice and an error": body(*HELLO, LENGTH, LENGTH | {"usage": BILL}, LIMIT),
    "6: a finish and no [DONE]": body(*HELLO, STOP | {"usage": BILL}, done=False),
}


@pytest.mark.parametrize("raw", GOOD_ENDINGS.values(), ids=GOOD_ENDINGS.keys())
def test_every_ending_gives_the_message_and_its_bill(raw):
    message = heard(raw)

    assert message.content == "Hello"
    assert str(message.cost) == "1E-7"
    assert message.finish_reason == ("length" if b"length" in raw else "stop")


@pytest.mark.parametrize("done", [True, False], ids=["6: [DONE] alone", "6: the end alone"])
def test_an_ending_without_a_finish_is_none(done):
    with pytest.raises(errors.IncompleteReplyError):
        heard(body(*HELLO, {"choices": [], "usage": BILL}, done=done))
