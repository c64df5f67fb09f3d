"""Streams against the catalogue of quirks: numbers in the ids are those of the catalogue."""

import json
from decimal import Decimal

import pytest

from ai.openrouter.errors import (
    AuthenticationError,
    BadReplyError,
    EmptyReplyError,
    GarbledReplyError,
    IncompleteReplyError,
    MalformedToolCallError,
    ModerationError,
    NoImageError,
    OpenRouterError,
    RateLimitedError,
    RejectedError,
    TruncatedToolCallError,
    UnavailableError,
)
from ai.openrouter.events import (
    ImageDelta,
    ReasoningDelta,
    TextDelta,
    ToolArgumentsDelta,
    ToolCallStarted,
    UsageSeen,
)
from ai.openrouter.stream import ChatStream, assemble, read_completion
from ai.openrouter.wire import Usage
from tests.ai.openrouter.sse_bodies import DONE, body, call, delta, event

HELLO = delta(role="assistant", content="Hel"), delta(role="assistant", content="lo")
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "cost": 0.000123456789}
PNG = "data:image/png;base64,iVBORw0KGgo="
TOKEN_LIMIT = {"code": 400, "message": "Token limit reached"}

GOOD_ENDINGS = {
    "ending 1: usage with a null finish": body(
        *HELLO, delta("stop", content=""), delta(None, role="assistant") | {"usage": USAGE}
    ),
    "ending 2: usage without choices": body(
        *HELLO, delta("stop"), {"id": "gen-1", "choices": [], "usage": USAGE}
    ),
    "ending 3: usage repeats the finish": body(
        *HELLO, delta("stop"), delta("stop") | {"usage": USAGE, "service_tier": "standard"}
    ),
    "ending 4: a bare usage frame": body(*HELLO, delta("stop"), {"choices": [], "usage": USAGE}),
    "ending 6: no [DONE]": body(*HELLO, delta("stop") | {"usage": USAGE}, done=False),
    "ending 6: an unterminated [DONE]": body(*HELLO, delta("stop") | {"usage": USAGE}, done=False)
    + b"data: [DONE]",
    "ending 6: usage in an unterminated event": body(*HELLO, delta("stop"), done=False)
    + event({"usage": USAGE}).rstrip(),
    "events without blank lines between": body(*HELLO, delta("stop") | {"usage": USAGE}).replace(
        b"\n\n", b"\n"
    )
    + b"\n",
    "usage inside the choice": body(
        *HELLO, {"choices": [{"delta": {}, "finish_reason": "stop", "usage": USAGE}]}
    ),
    "nothing counts after [DONE]": body(*HELLO, delta("stop") | {"usage": USAGE})
    + event(delta(content="ghost"))
    + event({"error": {"code": 500, "message": "late"}}),
    "3: comments before and between": b": OPENROUTER PROCESSING\n\n" * 17
    + body(*HELLO, done=False)
    + b": OPENROUTER PROCESSING\n\n"
    + body(delta("stop") | {"usage": USAGE}),
    "chunks that are no objects": body(
        *HELLO, "null", "[]", '"x"', delta("stop") | {"usage": USAGE}
    ),
    "another choice is not ours": body(
        *HELLO,
        {"choices": [{"index": 1, "delta": {"content": "no"}, "finish_reason": "length"}]},
        delta("stop") | {"usage": USAGE},
    ),
    "a message at the end of its deltas": body(
        *HELLO,
        {"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}], "usage": USAGE},
    ),
    "1: a JSON body instead of a stream": json.dumps(
        {
            "id": "gen-1",
            "choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}],
            "usage": USAGE,
        }
    ).encode(),
    "6.1h: a completion nested under provider": json.dumps(
        {
            "provider": {
                "id": "gen-1",
                "choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}],
                "usage": USAGE,
            }
        }
    ).encode(),
    "24: blanks before a JSON body": b"\n" * 50
    + b'\xef\xbb\xbf\n{"choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}],'
    + b'"usage":{"prompt_tokens":3,"completion_tokens":2,"cost":0.000123456789}}',
}


@pytest.mark.parametrize("size", [1, 17, 100_000])
@pytest.mark.parametrize("raw", GOOD_ENDINGS.values(), ids=GOOD_ENDINGS.keys())
def test_a_good_ending_gives_the_whole_message_and_its_bill(raw, size):
    stream = ChatStream(raw[at : at + size] for at in range(0, len(raw), size))

    text = "".join(event.text for event in stream if isinstance(event, TextDelta))

    assert text == "Hello"
    assert stream.reply.message.content == "Hello"
    assert stream.reply.finish_reason == "stop"
    assert stream.reply.usage == Usage(
        prompt_tokens=3, completion_tokens=2, cost_usd=Decimal("0.000123456789")
    )


BAD_ENDINGS = {
    "ending 6: neither finish nor [DONE]": (body(*HELLO, done=False), IncompleteReplyError),
    "ending 6: [DONE] without a finish": (body(*HELLO), IncompleteReplyError),
    "ending 6: a finish in an unterminated event": (
        body(*HELLO, done=False) + event(delta("stop")).rstrip(),
        IncompleteReplyError,
    ),
    "ending 6: cut inside an event": (
        body(*HELLO, delta("stop"), done=False)[:-20],
        IncompleteReplyError,
    ),
    "nothing at all": (b"", IncompleteReplyError),
    "only blanks": (b"\n \r\n", IncompleteReplyError),
    "only comments": (b": OPENROUTER PROCESSING\n\n" * 3, IncompleteReplyError),
    "only [DONE]": (DONE, IncompleteReplyError),
    "1: an error as a JSON body": (
        b' \n{"error":{"code":429,"message":"slow down"}}',
        RateLimitedError,
    ),
    "1: a page of HTML": (b"<html><title>502 Bad gateway</title></html>", UnavailableError),
    "a JSON body that is cut": (b'{"choices":[{"message":{"content":"Hel', IncompleteReplyError),
    "a JSON body that is a list": (b"[]", GarbledReplyError),
    "2: choices missing": (b'{"id":"gen-1"}', EmptyReplyError),
    "2: choices null": (b'{"choices":null}', EmptyReplyError),
    "2: choices empty": (b'{"choices":[]}', EmptyReplyError),
    "2: choices of nothing": (b'{"choices":[null]}', EmptyReplyError),
    "5: an error with finish error": (
        body(*HELLO, delta("error") | {"error": {"code": 502, "message": "gone"}}),
        UnavailableError,
    ),
    "5: an error with a null finish": (
        body(*HELLO, delta(None) | {"error": {"code": 429, "message": "slow"}}),
        RateLimitedError,
    ),
    "5: an error with a code in words": (
        body(*HELLO, {"error": {"code": "server_error", "message": "oh"}}),
        UnavailableError,
    ),
    "5: a bare error frame": (
        body({"error": {"code": 401, "message": "no"}, "user_id": "u"}),
        AuthenticationError,
    ),
    "5: an error that is text": (body(*HELLO, {"error": "boom"}), UnavailableError),
    "5: an error after stop": (
        body(*HELLO, delta("stop"), {"error": {"message": "late"}}),
        UnavailableError,
    ),
    "5: an error in an unterminated event": (
        body(*HELLO, delta("stop"), done=False)
        + event({"error": {"code": 500, "message": "late"}}).rstrip(),
        UnavailableError,
    ),
    "5: token limit reached without length": (body(*HELLO, {"error": TOKEN_LIMIT}), RejectedError),
    "6.1d: an error in the choice": (
        body({"choices": [{"delta": {"content": "a"}, "error": {"code": 502, "message": "x"}}]}),
        UnavailableError,
    ),
    "finish error without a word": (body(*HELLO, delta("error")), UnavailableError),
    "14: MALFORMED_FUNCTION_CALL": (
        body({"choices": [{"delta": {"content": None}, "finish_reason": "error",
                           "native_finish_reason": "MALFORMED_FUNCTION_CALL"}]}),
        MalformedToolCallError,
    ),
    "14: MALFORMED_FUNCTION_CALL as stop": (
        body({"choices": [{"delta": {"content": ""}, "finish_reason": "stop",
                           "native_finish_reason": "MALFORMED_FUNCTION_CALL"}]}),
        MalformedToolCallError,
    ),
    "22: an empty stop": (body(delta(content=""), delta("stop")), EmptyReplyError),
    "22: a blank stop": (body(delta(content=" \n"), delta("stop")), EmptyReplyError),
    "a length with nothing": (body(delta("length", content=None)), EmptyReplyError),
    "no image": (
        body({"choices": [{"delta": {}, "finish_reason": "stop",
                           "native_finish_reason": "NO_IMAGE"}]}),
        NoImageError,
    ),
    "a content filter that left nothing": (body(delta("content_filter")), ModerationError),
    "13: arguments cut by length": (
        body(call(0, "a", "f", '{"x": 1'), delta("length")),
        TruncatedToolCallError,
    ),
    "13: a bracket left open before stop": (
        body(call(0, "a", "f", '{"x": [1, 2'), delta("tool_calls")),
        TruncatedToolCallError,
    ),
    "13: a text left open before stop": (
        body(call(0, "a", "f", '{"x": "}'), delta("stop")),
        TruncatedToolCallError,
    ),
    "an error for a chunk": (
        body(*HELLO, {"object": "error", "message": "gone", "code": 503}),
        UnavailableError,
    ),
    "13: arguments not begun at length": (
        body(call(0, "a", "f", ""), delta("length")),
        TruncatedToolCallError,
    ),
    "12: calls without finish or [DONE]": (
        body(call(0, "a", "f", "{}"), done=False),
        IncompleteReplyError,
    ),
    "12: cut calls without finish": (body(call(0, "a", "f", '{"x"')), IncompleteReplyError),
    "a call without a name": (
        body(call(0, "a", None, "{}"), delta("stop")),
        MalformedToolCallError,
    ),
    "calls that never came": (body(*HELLO, delta("tool_calls")), MalformedToolCallError),
    "an event that is no JSON": (body(*HELLO, "{oops", delta("stop")), GarbledReplyError),
    "an event nested too deeply": (
        body("[" * 100_000 + "]" * 100_000, delta("stop")),
        GarbledReplyError,
    ),
    "an event nested too deeply for storage": (
        body('{"x":' * 200 + "1" + "}" * 200, delta("stop")),
        GarbledReplyError,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("raw", "expected"), BAD_ENDINGS.values(), ids=BAD_ENDINGS.keys())
def test_a_broken_stream_is_never_a_message(raw, expected):
    with pytest.raises(OpenRouterError) as caught:
        assemble([raw])

    assert type(caught.value) is expected


def test_a_stream_cut_anywhere_before_its_finish_is_never_a_message():
    raw = body(*HELLO, delta("stop"), done=False)

    for cut in range(len(raw) - 1):
        with pytest.raises(OpenRouterError):
            assemble([raw[:cut]])
    assert assemble([raw]).content == "Hello"


def test_an_error_carries_the_generation_and_what_was_used():
    raw = body(*HELLO, delta(None) | {"usage": USAGE, "provider": "Groq"}, {"error": "boom"})

    with pytest.raises(UnavailableError) as caught:
        assemble([raw])

    assert caught.value.generation_id == "gen-1"
    assert caught.value.provider == "Groq"
    assert caught.value.usage is not None
    assert caught.value.usage.cost_usd == Decimal("0.000123456789")
    assert caught.value.retryable is True


def test_an_empty_reply_tells_what_it_cost():
    with pytest.raises(EmptyReplyError) as caught:
        assemble([body(delta("stop") | {"usage": {"completion_tokens": 9, "cost": 0}})])

    assert caught.value.usage == Usage(completion_tokens=9, cost_usd=Decimal(0))


@pytest.mark.parametrize(
    "error",
    [{"error": TOKEN_LIMIT}, delta(None) | {"error": TOKEN_LIMIT, "usage": USAGE},
     delta("error") | {"error": TOKEN_LIMIT}],
    ids=["bare", "null finish with usage", "finish error"],
)  # fmt: skip
def test_ending_5_an_error_after_length_only_repeats_the_length(error):
    message = assemble([body(*HELLO, delta("length"), delta("length"), error)])

    assert message.content == "Hello"
    assert message.finish_reason == "length"
    assert message.is_cut


def test_usage_from_any_chunk_is_kept_and_completed():
    stream = ChatStream(
        [
            body(
                *HELLO,
                {"usage": USAGE},
                delta("stop"),
                {"usage": {"prompt_tokens": 4, "cost": None}},
            )
        ]
    )

    seen = [event.usage.prompt_tokens for event in stream if isinstance(event, UsageSeen)]

    assert seen == [3, 4]
    assert stream.reply.usage is not None
    assert stream.reply.usage.cost_usd == Decimal("0.000123456789")


# --- text -----------------------------------------------------------------------------------------


def test_a_character_split_over_two_deltas_is_whole_and_shown_once():
    raw = body(r'{"choices":[{"delta":{"content":"a\ud83d"}}]}', ": x",
               r'{"choices":[{"delta":{"content":"\ude00b"},"finish_reason":"stop"}]}'
               ).replace(b"data: : x", b": x")  # fmt: skip
    stream = ChatStream([raw])

    shown = [event.text for event in stream if isinstance(event, TextDelta)]

    assert shown == ["a", "😀b"]
    assert stream.reply.message.content == "a😀b"


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (r"a\u0000b", "ab"),
        (r"a\ud83d b", "a\ufffd b"),
        (r"a\ude00b", "a\ufffdb"),
        (r"a\ud83d", "a\ufffd"),
        (r"\ud83d\ude00", "😀"),
        ("\u2028\u0085é", "\u2028\u0085é"),
        ("a\tb\x01", "a\tb\x01"),
    ],
)
def test_no_text_holds_a_nul_or_a_lone_surrogate(written, text):
    finish = '"finish_reason":"stop"}]}'
    raw = body('{"choices":[{"delta":{"content":"%s"},%s' % (written, finish))  # noqa: UP031 - braces

    assert assemble([raw]).content == text


def test_utf8_split_over_chunks_is_one_text():
    raw = body('{"choices":[{"delta":{"content":"é😀漢"},"finish_reason":"stop"}]}')

    assert assemble(bytes([byte]) for byte in raw).content == "é😀漢"


def test_content_may_be_a_list_of_parts():
    parts = [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": PNG}}]

    message = assemble([body(delta("stop", content=parts))])

    assert message.content == "a"
    assert message.images == (PNG,)


def test_a_refusal_is_an_answer():
    message = assemble([body(delta(refusal="I can"), delta("stop", refusal="not"))])

    assert message.refusal == "I cannot"


def test_annotations_are_kept_once():
    citation = {"type": "url_citation", "url_citation": {"url": "https://example.org"}}

    message = assemble(
        [body(delta(content="a", annotations=[citation, 3]), delta("stop", annotations=[citation]))]
    )

    assert message.annotations == (citation,)


def test_a_content_filter_leaves_what_was_said():
    assert assemble([body(*HELLO, delta("content_filter"))]).finish_reason == "content_filter"


def test_23_unknown_names_are_kept_as_text():
    stream = ChatStream(
        [body(*HELLO, delta("eos_token") | {"service_tier": "standard", "model": "a/b-2026"})]
    )
    list(stream)

    assert stream.reply.finish_reason == "eos_token"
    assert stream.reply.service_tier == "standard"
    assert stream.reply.message.service_tier == "standard"
    assert stream.reply.message.native_finish_reason is None
    assert stream.reply.model == "a/b-2026"


# --- tool calls ----------------------------------------------------------------------------------

ONE = [("f", {"x": 1})]
TWO = [("f", {"x": 1}), ("g", {"y": 2})]
STOP = delta("stop")
CALLS = delta("tool_calls")

TOOL_CASES = {
    "whole": ([call(0, "a", "f", '{"x": 1}'), CALLS], ONE),
    "in pieces": ([call(0, "a", "f", ""), call(0, None, None, '{"x"'), call(0, None, None, ": 1}"),
                   CALLS], ONE),
    "6: no index, ids repeated": (
        [call(None, "a", "f", '{"x"'), call(None, "b", "g", '{"y"'), call(None, "a", None, ": 1}"),
         call(None, "b", None, ": 2}"), CALLS], TWO),
    "6: no index, tails without ids": (
        [call(None, "a", "f", '{"x"'), call(None, None, None, ": 1}"), call(None, "b", "g", '{"y"'),
         call(None, None, None, ": 2}"), CALLS], TWO),
    "6: no index and no ids": (
        [call(None, None, "f", '{"x": 1}'), call(None, None, "g", '{"y": 2}'), CALLS], TWO),
    "6: no index, no ids, no arguments": (
        [call(None, None, "f", ""), call(None, None, "g", ""), CALLS], [("f", {}), ("g", {})]),
    "6: a late index": ([call(None, "a", "f", '{"x"'), call(0, None, None, ": 1}"), CALLS], ONE),
    "7: two calls share one index": (
        [call(0, "a", "f", '{"x": 1}'), call(0, "b", "g", '{"y"'), call(0, None, None, ": 2}"),
         CALLS], TWO),
    "7: two calls share one index and interleave by id": (
        [call(0, "a", "f", '{"x"'), call(0, "b", "g", '{"y"'), call(0, "a", None, ": 1}"),
         call(0, "b", None, ": 2}"), CALLS], TWO),
    "7: two calls share one index and have no ids": (
        [call(0, None, "f", '{"x": 1}'), call(0, None, "g", '{"y": 2}'), CALLS], TWO),
    "8: a tail on another index": (
        [call(0, "a", "f", '{"x"'), call(1, None, None, ": 1}"), call(2, "b", "g", '{"y": 2}'),
         CALLS], TWO),
    "8: a tail with its id on another index": (
        [call(0, "a", "f", '{"x"'), call(1, "a", None, ": 1}"), CALLS], ONE),
    "8: a tail with id and name on another index": (
        [call(0, "a", "f", '{"x"'), call(1, "a", "f", ": 1}"), CALLS], ONE),
    "9: duplicate ids on two indexes": (
        [call(0, "a", "f", ""), call(1, "a", "g", ""), call(0, None, None, '{"x": 1}'),
         call(1, None, None, '{"y": 2}'), CALLS], TWO),
    "9: duplicate ids without index": (
        [call(None, "a", "f", '{"x": 1}'), call(None, "a", "g", '{"y": 2}'), CALLS], TWO),
    "9: an id that comes late": (
        [call(0, None, "f", '{"x"'), call(0, "a", None, ": 1}"), CALLS], ONE),
    "9: empty ids": ([call(0, "", "f", '{"x": 1}'), call(1, "", "g", '{"y": 2}'), CALLS], TWO),
    "9: id and name in every piece": (
        [call(0, "a", "f", '{"x"'), call(0, "a", "f", ": 1}"), call(0, "a", "f", ""), CALLS], ONE),
    "10: arguments absent": ([call(0, "a", "f"), CALLS], [("f", {})]),
    "10: arguments empty": ([call(0, "a", "f", ""), CALLS], [("f", {})]),
    "10: arguments the word null": ([call(0, "a", "f", "null"), CALLS], [("f", {})]),
    "10: arguments an object": ([call(0, "a", "f", {"x": 1}), CALLS], ONE),
    "10: arguments after a placeholder": (
        [call(0, "a", "f", "{}"), call(0, None, None, '{"x": 1}'), CALLS], ONE),
    "10: arguments twice": (
        [call(0, "a", "f", '{"x": 1}'), call(0, None, None, '{"x": 1}'), CALLS], ONE),
    "10: placeholders only": ([call(0, "a", "f", "{}"), call(0, None, None, "{}"), CALLS],
                              [("f", {})]),
    "11: the first index is not 0": (
        [call(3, "a", "f", '{"x": 1}'), call(1, "b", "g", '{"y": 2}'), CALLS], TWO),
    "12: finish stop": ([call(0, "a", "f", '{"x": 1}'), STOP], ONE),
    "12: finish null before [DONE]": ([call(0, "a", "f", '{"x": 1}')], ONE),
    "13: length behind whole arguments": ([call(0, "a", "f", '{"x": 1}'), delta("length")], ONE),
    "a name in pieces": ([call(0, "a", "f"), call(0, None, "oo", '{"x": 1}'), CALLS],
                         [("foo", {"x": 1})]),
    "a name that grows": ([call(0, "a", "fo"), call(0, None, "foo", '{"x": 1}'), CALLS],
                          [("foo", {"x": 1})]),
    "an index in words": ([call("0", "a", "f", '{"x"'), call(0, None, None, ": 1}"), CALLS], ONE),
    "a number as id": ([call(0, 7, "f", '{"x": 1}'), CALLS], ONE),
    "calls that are no objects": (
        [call(0, "a", "f", '{"x": 1}'), delta(tool_calls=[None, 3]), delta(tool_calls=None), CALLS],
        ONE),
    "a function that is no object": (
        [call(0, "a", "f", '{"x": 1}'), delta(tool_calls=[{"index": 0, "function": None}]), CALLS],
        ONE),
    "a call outside its list": (
        [delta(tool_calls={"index": 0, "id": "a", "function": {"name": "f",
                                                                "arguments": '{"x": 1}'}}), CALLS],
        ONE),
}  # fmt: skip


@pytest.mark.parametrize(("chunks", "expected"), TOOL_CASES.values(), ids=TOOL_CASES.keys())
def test_tool_calls_are_put_together(chunks, expected):
    message = assemble([body(*chunks)])

    calls = message.tool_calls
    assert [(c.name, json.loads(c.arguments)) for c in calls] == expected
    assert len({c.id for c in calls}) == len(calls)
    assert all(c.id for c in calls)
    cut = chunks[-1]["choices"][0]["finish_reason"] == "length"
    assert message.finish_reason == ("length" if cut else "tool_calls")


def test_9_ids_of_our_own_replace_missing_and_repeated_ones():
    first, second, third = assemble(
        [body(call(0, "a", "f", "{}"), call(1, "a", "g", "{}"), call(2, None, "h", "{}"), CALLS)]
    ).tool_calls

    assert first.id == "a"
    assert second.id.startswith("call_")
    assert len(third.id) == len("call_") + 32


@pytest.mark.parametrize(
    "odd", ['{"x": 1,}', '{"x": 1}{"x": 2}', "[1]", '{"x": 1} oops', '{"x": "\\"{["} oops']
)
def test_arguments_that_are_no_object_are_handed_on_as_they_came(odd):
    (tool_call,) = assemble([body(call(0, "a", "f", odd), CALLS)]).tool_calls

    assert tool_call.arguments == odd


def test_a_call_is_told_as_it_grows():
    stream = ChatStream(
        [body(call(1, "a"), call(1, None, "f", '{"x"'), call(1, None, None, ": 1}"), CALLS)]
    )

    assert list(stream) == [
        ToolCallStarted(0, "f"),
        ToolArgumentsDelta(0, '{"x"'),
        ToolArgumentsDelta(0, ": 1}"),
    ]


def test_a_repeated_call_is_told_once_and_its_late_id_is_kept():
    whole = '{"x": 1}'
    stream = ChatStream([body(call(0, None, "f", whole), call(0, "a", "f", whole), CALLS)])

    assert list(stream) == [ToolCallStarted(0, "f"), ToolArgumentsDelta(0, whole)]
    assert [c.id for c in stream.reply.message.tool_calls] == ["a"]


# --- pictures ------------------------------------------------------------------------------------


def test_pictures_of_many_megabytes_arrive_in_one_line():
    url = "data:image/png;base64," + "A" * 5_000_000
    raw = body(delta(content="", images=[{"type": "image_url", "image_url": {"url": url}}]), STOP)
    stream = ChatStream(raw[at : at + 65_536] for at in range(0, len(raw), 65_536))

    events = list(stream)

    assert events == [ImageDelta(url)]
    assert stream.reply.message.images == (url,)


@pytest.mark.parametrize(
    "picture",
    [{"image_url": {"url": PNG}}, {"image_url": PNG}, {"url": PNG}],
    ids=["by the book", "an address for the object", "without the object"],
)
def test_a_picture_is_found_and_counted_once(picture):
    odd = {"image_url": {"url": None}}

    message = assemble([body(delta(images=[picture, odd]), delta("stop", images=[picture]))])

    assert message.images == (PNG,)


# --- reasoning -----------------------------------------------------------------------------------


def detail(**fields):
    return delta(reasoning_details=[fields])


def test_reasoning_and_its_details_are_told_once():
    first, second = ({"type": "reasoning.text", "text": text, "index": 0} for text in ("th", "ink"))
    stream = ChatStream(
        [
            body(
                delta(reasoning="th", reasoning_details=[first]),
                delta(reasoning="ink", reasoning_details=[second]),
                delta("stop", content="a"),
            )
        ]
    )

    shown = [event.text for event in stream if isinstance(event, ReasoningDelta)]

    assert shown == ["th", "ink"]
    assert stream.reply.message.reasoning == "think"
    assert json.loads(stream.reply.message.reasoning_details or "") == [
        {"type": "reasoning.text", "text": "think", "index": 0}
    ]


def test_reasoning_may_be_told_by_details_or_by_its_other_name():
    details = [detail(type="reasoning.summary", summary=text) for text in ("th", "ink")]
    by_details = assemble([body(*details, delta("stop", content="a"))])
    by_name = assemble([body(delta(reasoning_content="think"), delta("stop", content="a"))])

    assert by_details.reasoning == "think"
    assert by_name.reasoning == "think"
    assert by_name.reasoning_details is None


def test_20_an_answer_that_is_only_in_reasoning_is_not_empty():
    message = assemble([body(delta(content="", reasoning="42"), delta("stop"))])

    assert (message.content, message.reasoning) == ("", "42")


def test_21_an_empty_list_of_details_is_kept():
    assert (
        assemble([body(delta("stop", content="a", reasoning_details=[]))]).reasoning_details == "[]"
    )


TEXT = "reasoning.text"
LEDGER_CASES = {
    "16: keys and text stay as they are": (
        [[{"zeta": 1.5, "type": "reasoning.encrypted", "data": "é=", "alpha": None}]],
        [{"zeta": 1.5, "type": "reasoning.encrypted", "data": "é=", "alpha": None}],
    ),
    "17: a late signature finds its text": (
        [[{"type": TEXT, "text": "a", "index": 0, "format": None}],
         [{"type": "reasoning.encrypted", "data": "x", "index": 1}],
         [{"type": TEXT, "signature": "s", "index": 0, "format": "anthropic-claude-v1"}]],
        [{"type": TEXT, "text": "a", "index": 0, "format": "anthropic-claude-v1", "signature": "s"},
         {"type": "reasoning.encrypted", "data": "x", "index": 1}],
    ),
    "another index is another item": (
        [[{"type": TEXT, "text": "a", "index": 0}, {"type": TEXT, "text": "b", "index": 1}],
         [{"type": TEXT, "text": "c", "index": 0}]],
        [{"type": TEXT, "text": "ac", "index": 0}, {"type": TEXT, "text": "b", "index": 1}],
    ),
    "another type in between closes an item without index": (
        [[{"type": TEXT, "text": "a"}], [{"type": "reasoning.summary", "summary": "s"}],
         [{"type": TEXT, "text": "b"}]],
        [{"type": TEXT, "text": "a"}, {"type": "reasoning.summary", "summary": "s"},
         {"type": TEXT, "text": "b"}],
    ),
    "a signature closes an item": (
        [[{"type": TEXT, "text": "a", "signature": "1", "index": 0}],
         [{"type": TEXT, "text": "b", "index": 0}]],
        [{"type": TEXT, "text": "a", "signature": "1", "index": 0},
         {"type": TEXT, "text": "b", "index": 0}],
    ),
    "the whole text once more, signed": (
        [[{"type": TEXT, "text": "a", "index": 0}], [{"type": TEXT, "text": "b", "index": 0}],
         [{"type": TEXT, "text": "ab", "signature": "s", "index": 0}]],
        [{"type": TEXT, "text": "ab", "index": 0, "signature": "s"}],
    ),
    "18: duplicates are dropped": (
        [[{"type": "reasoning.encrypted", "id": "e", "data": "x"},
          {"type": "reasoning.encrypted", "id": "e", "data": "x"},
          {"type": "reasoning.encrypted", "data": "y"},
          {"type": "reasoning.encrypted", "data": "y"},
          {"type": "reasoning.summary", "summary": "s", "index": 0},
          {"type": "reasoning.summary", "summary": "s", "index": 1},
          {"type": TEXT, "text": "t", "signature": "1", "index": 2},
          {"type": TEXT, "text": "t", "index": 3},
          {"type": "odd"}, {"type": "odd"}]],
        [{"type": "reasoning.encrypted", "id": "e", "data": "x"},
         {"type": "reasoning.encrypted", "data": "y"},
         {"type": "reasoning.summary", "summary": "s", "index": 0},
         {"type": TEXT, "text": "t", "signature": "1", "index": 2},
         {"type": "odd"}, {"type": "odd"}],
    ),
    "a signature without a text stays alone": (
        [[{"type": TEXT, "signature": "s"}]], [{"type": TEXT, "signature": "s"}],
    ),
    "odd shapes do no harm": (
        [[None, "x", {"type": TEXT, "text": None}, {"type": TEXT, "text": "a"}, {"type": 3}]],
        [{"type": TEXT, "text": "a"}, {"type": 3}],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("lists", "expected"), LEDGER_CASES.values(), ids=LEDGER_CASES.keys())
def test_reasoning_details_are_ready_to_be_echoed(lists, expected):
    chunks = [delta(reasoning_details=details) for details in lists]

    message = assemble([body(*chunks, delta("stop", content="a"))])

    assert message.reasoning_details == json.dumps(
        expected, ensure_ascii=False, separators=(",", ":")
    )


def test_details_that_are_no_list_are_no_details():
    assert (
        assemble([body(delta("stop", content="a", reasoning_details="x"))]).reasoning_details
        is None
    )


# --- whole bodies and the stream object ----------------------------------------------------------


def test_a_whole_body_is_read_by_the_same_rules():
    raw = json.dumps(
        {
            "id": "gen-2",
            "model": "anthropic/claude-4.5-sonnet-20250929",
            "provider": "Amazon Bedrock",
            "choices": [
                {
                    "finish_reason": None,
                    "native_finish_reason": "end_turn",
                    "message": {
                        "content": "",
                        "tool_calls": [
                            {"function": {"name": "f"}},
                            {"id": "x", "function": {"name": "f", "arguments": {"a": 1.5}}},
                        ],
                    },
                }
            ],
        }
    ).encode()

    reply = read_completion(raw, generation_id="gen-header")

    assert reply.generation_id == "gen-header"
    assert reply.model == "anthropic/claude-4.5-sonnet-20250929"
    assert reply.provider == "Amazon Bedrock"
    assert reply.finish_reason == "tool_calls"
    assert reply.native_finish_reason == "end_turn"
    assert reply.message.native_finish_reason == "end_turn"
    assert [c.arguments for c in reply.message.tool_calls] == ["{}", '{"a":1.5}']
    assert reply.usage is None
    assert reply.raw == raw.decode()


def test_a_whole_body_with_text_needs_no_finish_reason():
    reply = read_completion(b'{"choices":[{"message":{"content":"a"},"finish_reason":null}]}')

    assert reply.message.content == "a"
    assert reply.finish_reason is None


def test_the_reply_is_there_only_after_the_last_event():
    stream = ChatStream([body(*HELLO, STOP)], generation_id="gen-9")

    with pytest.raises(RuntimeError, match="not read to its end"):
        _ = stream.reply
    list(stream)

    assert stream.reply.generation_id == stream.generation_id == "gen-9"
    assert stream.reply.raw == json.dumps(STOP)


def test_25_only_data_events_are_signs_of_progress():
    seen: list[None] = []
    raw = b": OPENROUTER PROCESSING\n\n" * 5 + b"data:\n\n" + body(*HELLO, STOP)

    list(ChatStream([raw], on_data=lambda: seen.append(None)))

    assert len(seen) == 4


def test_24_blanks_before_a_body_are_no_signs_of_progress():
    seen: list[None] = []
    chunks = [b"\n", b" ", b'{"choices":[{"message":', b"\n", b'{"content":"a"}}]}', b"\n"]

    list(ChatStream(chunks, on_data=lambda: seen.append(None)))

    assert len(seen) == 2


@pytest.mark.parametrize(
    ("usage", "ends_well"), [({"usage": USAGE}, True), ({}, False)], ids=["with usage", "without"]
)
def test_a_broken_connection_after_the_finish_is_forgiven_only_when_the_bill_came(usage, ends_well):
    def chunks():
        yield body(*HELLO, delta("stop") | usage, done=False)
        raise IncompleteReplyError("broken")

    stream = ChatStream(chunks())

    if ends_well:
        list(stream)
        assert stream.reply.message.content == "Hello"
    else:
        with pytest.raises(BadReplyError, match="broken"):
            list(stream)


def test_an_unreadable_rest_is_not_heard():
    assert assemble([body(*HELLO, STOP, done=False) + b'data: {"usage": {"pro']).content == "Hello"
    assert assemble([body(*HELLO, STOP, done=False) + b"data: 3"]).content == "Hello"


def test_a_reply_that_says_it_is_simulated_is_known_as_one():
    pretended, real = (
        ChatStream([body(*HELLO, STOP | {"simulated": said})]) for said in (True, "true")
    )
    list(pretended)
    list(real)

    assert pretended.reply.simulated is True
    assert real.reply.simulated is False
