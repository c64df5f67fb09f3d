"""Bodies that end well, and everything that has to be in their message.

Letters and numbers name the envelopes, endings and quirks of the service's catalogue. What a row
does not mention is absent from the message: no text, no thoughts, no calls, no bill.
"""

import json
from typing import Any

from tests.ai.openrouter.sse_bodies import DONE, body, call, delta, event

PING = b": OPENROUTER PROCESSING\n\n"
PNG = "data:image/png;base64,iVBORw0KGgo="
WEB = "https://example.org/a.png"
BILL = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5, "cost": 0.000123456789}
COST = "0.000123456789"
HELLO = delta(role="assistant", content="Hel"), delta(role="assistant", content="lo")
STOP = delta("stop")
CALLS = delta("tool_calls")
TEXT, SUMMARY, SEALED = "reasoning.text", "reasoning.summary", "reasoning.encrypted"

Row = tuple[bytes, dict[str, Any]]


def says(text: str = "Hello", finish: str | None = "stop", **more: Any) -> dict[str, Any]:
    return {"content": text, "finish_reason": finish, "id": "gen-1"} | more


def calls(*made: tuple[str, str], **more: Any) -> dict[str, Any]:
    return says("", "tool_calls", calls=list(made)) | more


def thinks(text: str, details: list[Any] | None = None, **more: Any) -> dict[str, Any]:
    return says("a", reasoning=text, details=details) | more


def text_of(escaped: str) -> bytes:
    """Return a stream with one delta whose content is written as given."""
    start, end = '{"id":"gen-1","choices":[{"delta":{"content":"', '"},"finish_reason":"stop"}]}'
    return event(f"{start}{escaped}{end}") + DONE


def whole(finish: str | None = "stop", top: Any = None, **message: Any) -> bytes:
    """Return a completion that came as one JSON body."""
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant"} | message}
    return json.dumps({"id": "gen-1", "choices": [choice]} | (top or {})).encode()


def details(*lists: list[Any]) -> bytes:
    return body(*(delta(reasoning_details=each) for each in lists), delta("stop", content="a"))


F1, G2 = ("f", '{"x": 1}'), ("g", '{"y": 2}')

ENDINGS: dict[str, Row] = {
    "ending 1: usage with a null finish": (
        body(*HELLO, STOP, delta(None, role="assistant") | {"usage": BILL}), says(cost=COST)),
    "ending 2: usage with no choices": (
        body(*HELLO, STOP, {"id": "gen-1", "choices": [], "usage": BILL}), says(cost=COST)),
    "ending 3: usage repeats the finish": (
        body(*HELLO, STOP, STOP | {"usage": BILL, "service_tier": "standard"}), says(cost=COST)),
    "ending 4: a bare usage frame": (
        body(*HELLO, STOP, {"choices": [], "usage": BILL}), says(cost=COST)),
    "ending 5: length twice, then an error": (
        body(*HELLO, delta("length"), delta("length"),
             delta(None) | {"error": {"code": 400, "message": "Token limit reached"},
                            "usage": BILL}), says(finish="length", cost=COST)),
    "ending 5: the error says finish error": (
        body(*HELLO, delta("length"),
             delta("error") | {"error": {"code": 400, "message": "Token limit reached"}}),
        says(finish="length")),
    "ending 5: the error is bare": (
        body(*HELLO, delta("length"), {"error": {"code": 400, "message": "Token limit reached"}},
             done=False), says(finish="length")),
    "ending 5: the limit in words, whatever its code": (
        body(*HELLO, delta("length"), {"error": {"code": 502, "message": "Token limit reached"}}),
        says(finish="length")),
    "ending 5: a refusal of another kind, but a 400": (
        body(*HELLO, delta("length"), {"error": {"code": 400, "message": "no more room"}}),
        says(finish="length")),
    "ending 5: the limit in one piece with length": (
        body(*HELLO, delta("length") | {"error": {"code": 400, "message": "Token limit reached"}}),
        says(finish="length")),
    "ending 6: a finish and no [DONE]": (body(*HELLO, STOP, done=False), says()),
    "ending 6: a bill and no [DONE]": (
        body(*HELLO, STOP, {"choices": [], "usage": BILL}, done=False), says(cost=COST)),
    "ending 6: [DONE] without its blank line": (
        body(*HELLO, STOP, done=False) + b"data: [DONE]\n", says()),
    "ending 6: [DONE] without any line end": (
        body(*HELLO, STOP, done=False) + b"data: [DONE]", says()),
    "ending 6: only comments behind the finish": (
        body(*HELLO, STOP, done=False) + PING * 3, says()),
    "ending 6: cut inside the bill": (
        body(*HELLO, STOP, done=False) + b'data: {"choices":[],"usage":{"prompt_t', says()),
    "ending 6: the bill lacks its blank line": (
        body(*HELLO, STOP, done=False) + event({"usage": BILL}).rstrip(), says(cost=COST)),
    "ending 6: an event that ends in [DONE]": (
        body(*HELLO, done=False) + event(STOP).rstrip() + b"\ndata: [DONE]", says()),
    "nothing counts after [DONE]": (
        body(*HELLO, STOP) + event(delta(content="ghost"))
        + event({"error": {"code": 500, "message": "late"}}), says()),
    "the finish comes with the last words": (
        body(HELLO[0], delta("stop", content="lo")), says()),
    "words come after the finish": (body(HELLO[0], STOP, HELLO[1]), says()),
    "the bill comes first": (body({"choices": [], "usage": BILL}, *HELLO, STOP), says(cost=COST)),
    "the bill comes in every chunk": (
        body(*(chunk | {"usage": BILL} for chunk in (*HELLO, STOP))), says(cost=COST)),
    "a later bill without a cost": (
        body(*HELLO, STOP | {"usage": BILL},
             {"choices": [], "usage": {"prompt_tokens": 4, "cost": None}}),
        says(cost=COST)),
    "the bill is in the choice": (
        body(*HELLO, {"choices": [{"delta": {}, "finish_reason": "stop", "usage": BILL}]}),
        says(cost=COST)),
    "the cost is zero": (body(*HELLO, STOP | {"usage": {"cost": 0}}), says(cost="0")),
    "the cost has an exponent": (
        body(*HELLO, STOP, '{"choices":[],"usage":{"cost":1e-7}}'), says(cost="1E-7")),
    "the usage is null": (body(*HELLO, STOP | {"usage": None}), says()),
    "the error is null": (body(*(c | {"error": None} for c in (*HELLO, STOP))), says()),
    "cut by length": (body(*HELLO, delta("length")), says(finish="length")),
    "filtered after some words": (
        body(*HELLO, delta("content_filter")), says(finish="content_filter")),
    "23: an unknown finish": (body(*HELLO, delta("eos_token")), says(finish="eos_token")),
    "23: service_tier and native names outside the lists": (
        body(*HELLO, {"choices": [{"delta": {}, "finish_reason": "stop",
                                   "native_finish_reason": "odd"}], "service_tier": "standard"}),
        says()),
    "23: fields nobody knows": (
        body(*HELLO, STOP | {"openrouter_metadata": {"a": [1]}, "debug": {}, "obfuscation": "x"}),
        says()),
    "who served": (
        body(*(c | {"model": "a/b-2026", "provider": "Groq"} for c in (*HELLO, STOP))),
        says(model="a/b-2026", provider="Groq")),
}  # fmt: skip

SSE: dict[str, Row] = {
    "3: comments before and between": (
        PING * 17 + body(*HELLO, done=False) + PING + body(STOP), says()),
    "3: a comment inside an event": (
        b'data: {"id":"gen-1","choices":[{"delta":{"content":"Hello"},\n: still here\n'
        b'data: "finish_reason":"stop"}]}\n\n' + DONE, says()),
    "3: an empty comment": (b":\n:\n\n" + body(*HELLO, STOP), says()),
    "a byte order mark": (b"\xef\xbb\xbf" + body(*HELLO, STOP), says()),
    "blank lines before": (b"\n\n\n" + body(*HELLO, STOP), says()),
    "a line that begins with a blank is not data": (
        b" data: {oops\n\n" + body(*HELLO, STOP), says()),
    "a second byte order mark is not data": (
        b"\xef\xbb\xbf\xef\xbb\xbfdata: {oops\n\n" + body(*HELLO, STOP), says()),
    "a mark later on is not data": (
        body(*HELLO, done=False) + b"\xef\xbb\xbfdata: {oops\n\n" + body(STOP), says()),
    "Data is not data": (b"Data: {oops\n\n" + body(*HELLO, STOP), says()),
    "no blank behind the colon": (body(*HELLO, STOP).replace(b"data: ", b"data:"), says()),
    "three blanks behind the colon": (body(*HELLO, STOP).replace(b"data: ", b"data:   "), says()),
    "data without a colon": (b"data\n\n" + body(*HELLO, STOP), says()),
    "data without a value": (b"data:\n\ndata: \n\n" + body(*HELLO, STOP), says()),
    "blanks behind [DONE]": (
        body(*HELLO, STOP, done=False) + b"data: [DONE] \n\n", says()),
    "other fields": (
        b"event: message\nid: 7\nretry: 10\nfoo: bar\n" + body(*HELLO, STOP), says()),
    "one event over several lines": (
        b"data: " + json.dumps(delta("stop", content="Hello"), indent=1).encode()
        .replace(b"\n", b"\ndata: ") + b"\n\n" + DONE, says()),
    "no blank lines between events": (
        body(*HELLO, STOP).replace(b"\n\n", b"\n") + b"\n", says()),
    "no blank lines at all": (body(*HELLO, STOP).replace(b"\n\n", b"\n"), says()),
    "a line of JSON that forgot to say data": (
        body(HELLO[0], done=False) + json.dumps(HELLO[1]).encode() + b"\n\n" + body(STOP), says()),
    "an error event that is empty of data is none": (
        b"event: error\n\n" + body(*HELLO, STOP), says()),
    "an event that is not named after all": (
        b"event: error\n: x\n\nevent: message\n" + body(*HELLO, STOP), says()),
    "many blank lines between events": (
        body(*HELLO, STOP).replace(b"\n\n", b"\n\n\n\n"), says()),
    "chunks that are no objects": (body(*HELLO, "null", "[]", '"x"', "7", STOP), says()),
    "a chunk without choices": (body(*HELLO, {"id": "gen-1"}, STOP), says()),
    "choices null in between": (body(*HELLO, {"choices": None}, STOP), says()),
    "a delta of null": (
        body(*HELLO, {"choices": [{"delta": None, "finish_reason": None}]}, STOP), says()),
    "content null": (body(delta(content=None), *HELLO, delta("stop", content=None)), says()),
    "role in every chunk": (
        body(*HELLO, delta("stop", role="assistant", content="")), says()),
    "Unicode line ends are text": (
        text_of("a\u2028b\u2029c\u0085d"), says("a\u2028b\u2029c\u0085d")),
    "vertical tabs and form feeds are text": (text_of("a\x0bb\x0cc"), says("a\x0bb\x0cc")),
    "raw control characters": (text_of("a\tb\x01c"), says("a\tb\x01c")),
    "UTF-8 of every length": (text_of("aé漢😀"), says("aé漢😀")),
    "a mark inside the text": (text_of("a\ufeffb"), says("a\ufeffb")),
    "bytes that are no UTF-8": (
        text_of("a?b").replace(b"a?b", b"a\xff\xc3b"), says("a\ufffd\ufffdb")),
    "line ends as escapes": (text_of(r"a\r\nb\nc"), says("a\r\nb\nc")),
    "[DONE] inside the text": (text_of("data: [DONE] "), says("data: [DONE] ")),
    "a surrogate pair": (text_of(r"\ud83d\ude00"), says("😀")),
    "a surrogate pair over two deltas": (
        body(r'{"id":"gen-1","choices":[{"delta":{"content":"a\ud83d"}}]}',
             r'{"choices":[{"delta":{"content":"\ude00b"},"finish_reason":"stop"}]}'),
        says("a😀b")),
    "a surrogate pair over three deltas, one empty": (
        body(r'{"id":"gen-1","choices":[{"delta":{"content":"\ud83d"}}]}', delta(content=""),
             r'{"choices":[{"delta":{"content":"\ude00"},"finish_reason":"stop"}]}'), says("😀")),
    "a surrogate pair of thoughts": (
        body(r'{"id":"gen-1","choices":[{"delta":{"reasoning":"\ud83d"}}]}', delta(content="a"),
             r'{"choices":[{"delta":{"reasoning":"\ude00"},"finish_reason":"stop"}]}'),
        thinks("😀")),
    "a surrogate pair of arguments": (
        body(r'{"id":"gen-1","choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":'
             r'{"name":"f","arguments":"{\"x\":\"\ud83d"}}]}}]}',
             r'{"choices":[{"delta":{"tool_calls":[{"index":0,"function":'
             r'{"arguments":"\ude00\"}"}}]},"finish_reason":"tool_calls"}]}'),
        calls(("f", '{"x":"😀"}'))),
    "a lone high surrogate": (text_of(r"a\ud83d b"), says("a\ufffd b")),
    "a lone low surrogate": (text_of(r"a\ude00b"), says("a\ufffdb")),
    "a lone surrogate at the end": (text_of(r"a\ud83d"), says("a\ufffd")),
    "a NUL": (text_of(r"a\u0000b"), says("ab")),
    "another choice is not ours": (
        body(*HELLO, {"choices": [{"index": 1, "delta": {"content": "no"},
                                   "finish_reason": "length"}]}, STOP), says()),
    "another choice in the same chunk": (
        body(HELLO[0], {"choices": [{"index": 1, "delta": {"content": "no"}},
                                    {"index": 0, "delta": {"content": "lo"}}]}, STOP), says()),
    "choices that are no list": (
        body({"id": "gen-1", "choices": {"delta": {"content": "Hello"}, "finish_reason": "stop"}}),
        says()),
    "the message once more at the end": (
        body(*HELLO, {"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}),
        says()),
    "a message for a delta": (
        body({"id": "gen-1", "choices": [{"message": {"content": "Hello"},
                                          "finish_reason": "stop"}]}), says()),
    "a message beside an empty delta": (
        body({"id": "gen-1", "choices": [{"delta": {}, "message": {"content": "Hello"},
                                          "finish_reason": "stop"}]}), says()),
    "a message beside a delta that says nothing": (
        body({"id": "gen-1", "choices": [{"delta": {"role": "assistant", "content": ""},
                                          "message": {"content": "Hello"},
                                          "finish_reason": "stop"}]}), says()),
    "a message beside a delta that says the same": (
        body({"id": "gen-1", "choices": [{"delta": {"content": "Hello"},
                                          "message": {"content": "Hello"},
                                          "finish_reason": "stop"}]}), says()),
    "a message that repeats the thoughts": (
        body(delta(reasoning="think"),
             {"choices": [{"delta": {}, "finish_reason": "stop",
                           "message": {"content": "a", "reasoning": "think"}}]}), thinks("think")),
    "a message that repeats the thoughts and their details": (
        body(delta(reasoning="think", reasoning_details=[{"type": TEXT, "text": "think"}]),
             {"choices": [{"delta": {}, "finish_reason": "stop",
                           "message": {"content": "a", "reasoning": "think", "reasoning_details": [
                               {"type": TEXT, "text": "think"}]}}]}),
        thinks("think", [{"type": TEXT, "text": "think"}])),
    "content in parts": (
        body(delta("stop", content=[{"type": "text", "text": "Hel"},
                                    {"type": "text", "text": "lo"}])), says()),
}  # fmt: skip

TOOLS: dict[str, Row] = {
    "one call": (body(call(0, "a", "f", '{"x": 1}'), CALLS), calls(F1)),
    "in pieces": (
        body(call(0, "a", "f", ""), call(0, None, None, '{"x"'), call(0, None, None, ": 1}"),
             CALLS), calls(F1)),
    "one character at a time": (
        body(call(0, "a", "f", ""), *(call(0, None, None, c) for c in '{"x": 1}'), CALLS),
        calls(F1)),
    "two calls": (
        body(call(0, "a", "f", '{"x": 1}'), call(1, "b", "g", '{"y": 2}'), CALLS), calls(F1, G2)),
    "two calls in one delta": (
        body(delta(tool_calls=[
            {"index": 0, "id": "a", "function": {"name": "f", "arguments": '{"x": 1}'}},
            {"index": 1, "id": "b", "function": {"name": "g", "arguments": '{"y": 2}'}}]), CALLS),
        calls(F1, G2)),
    "two calls interleaved": (
        body(call(0, "a", "f", '{"x"'), call(1, "b", "g", '{"y"'), call(0, None, None, ": 1}"),
             call(1, None, None, ": 2}"), CALLS), calls(F1, G2)),
    "words before a call": (
        body(*HELLO, call(0, "a", "f", '{"x": 1}'), CALLS), calls(F1, content="Hello")),
    "6: no index": (
        body(call(None, "a", "f", '{"x"'), call(None, None, None, ": 1}"),
             call(None, "b", "g", '{"y": 2}'), CALLS), calls(F1, G2)),
    "6: no index, ids repeated": (
        body(call(None, "a", "f", '{"x"'), call(None, "b", "g", '{"y"'),
             call(None, "a", None, ": 1}"), call(None, "b", None, ": 2}"), CALLS), calls(F1, G2)),
    "6: neither index nor id": (
        body(call(None, None, "f", '{"x": 1}'), call(None, None, "g", '{"y": 2}'), CALLS),
        calls(F1, G2)),
    "7: one index for two": (
        body(call(0, "a", "f", '{"x": 1}'), call(0, "b", "g", '{"y"'),
             call(0, None, None, ": 2}"), CALLS), calls(F1, G2)),
    "7: one index for two, told apart by ids": (
        body(call(0, "a", "f", '{"x"'), call(0, "b", "g", '{"y"'), call(0, "a", None, ": 1}"),
             call(0, "b", None, ": 2}"), CALLS), calls(F1, G2)),
    "7: one index, no ids, the same name twice": (
        body(call(0, None, "f", '{"x": 1}'), call(0, None, "f", '{"x": 2}'), CALLS),
        calls(F1, ("f", '{"x": 2}'))),
    "7: one index, two ids, nothing between": (
        body(call(0, "a", "f", ""), call(0, "b", "f", ""), CALLS), calls(("f", "{}"), ("f", "{}"))),
    "8: the tail on another index": (
        body(call(0, "a", "f", '{"x"'), call(1, None, None, ": 1}"), CALLS), calls(F1)),
    "8: the tail with its id on another index": (
        body(call(0, "a", "f", '{"x"'), call(1, "a", None, ": 1}"), CALLS), calls(F1)),
    "9: no ids": (
        body(call(0, None, "f", '{"x": 1}'), call(1, None, "g", '{"y": 2}'), CALLS),
        calls(F1, G2)),
    "9: empty ids": (
        body(call(0, "", "f", '{"x": 1}'), call(1, "", "g", '{"y": 2}'), CALLS), calls(F1, G2)),
    "9: one id for two": (
        body(call(0, "a", "f", '{"x": 1}'), call(1, "a", "g", '{"y": 2}'), CALLS), calls(F1, G2)),
    "9: an id that comes late": (
        body(call(0, None, "f", '{"x"'), call(0, "a", None, ": 1}"), CALLS), calls(F1)),
    "9: id and name in every piece": (
        body(call(0, "a", "f", '{"x"'), call(0, "a", "f", ": 1}"), CALLS), calls(F1)),
    "10: arguments absent": (body(call(0, "a", "f"), CALLS), calls(("f", "{}"))),
    "10: arguments empty": (body(call(0, "a", "f", ""), CALLS), calls(("f", "{}"))),
    "10: arguments null": (
        body(delta(tool_calls=[{"index": 0, "id": "a",
                                "function": {"name": "f", "arguments": None}}]), CALLS),
        calls(("f", "{}"))),
    "10: arguments an object": (body(call(0, "a", "f", {"x": 1}), CALLS), calls(("f", '{"x":1}'))),
    "10: arguments after an empty object": (
        body(call(0, "a", "f", "{}"), call(0, None, None, '{"x": 1}'), CALLS),
        calls(("f", '{"x":1}'))),
    "11: the first index is 1": (body(call(1, "a", "f", '{"x": 1}'), CALLS), calls(F1)),
    "11: indexes 4 and 2": (
        body(call(4, "a", "f", '{"x": 1}'), call(2, "b", "g", '{"y": 2}'), CALLS), calls(F1, G2)),
    "12: finish stop": (body(call(0, "a", "f", '{"x": 1}'), STOP), calls(F1)),
    "12: finish null, then [DONE]": (body(call(0, "a", "f", '{"x": 1}')), calls(F1)),
    "12: finish without [DONE]": (
        body(call(0, "a", "f", '{"x": 1}'), STOP, done=False), calls(F1)),
    "13: length behind whole arguments": (
        body(call(0, "a", "f", '{"x": 1}'), delta("length")), calls(F1, finish_reason="length")),
    "7: one index, one id, other arguments": (
        body(call(0, "a", "f", '{"x": 1}'), call(0, "a", "f", '{"x": 2}'), CALLS),
        calls(F1, ("f", '{"x": 2}'))),
    "7: one index, other ids, the same arguments": (
        body(call(0, "a", "f", '{"x": 1}'), call(0, "b", "f", '{"x": 1}'), CALLS), calls(F1, F1)),
    "7: two indexes, no ids, the same arguments": (
        body(call(0, None, "f", '{"x": 1}'), call(1, None, "f", '{"x": 1}'), CALLS),
        calls(F1, F1)),
    "7: neither index nor id, the same arguments": (
        body(call(None, None, "f", '{"x": 1}'), call(None, None, "f", '{"x": 1}'), CALLS),
        calls(F1, F1)),
    "a call that is repeated whole": (
        body(call(0, "a", "f", '{"x": 1}'), call(0, "a", "f", '{"x": 1}'), CALLS), calls(F1)),
    "a call that is repeated in the chunk of the finish": (
        body(call(0, "a", "f", '{"x": 1}'),
             delta("tool_calls", tool_calls=[
                 {"index": 0, "id": "a", "function": {"name": "f", "arguments": '{"x": 1}'}}])),
        calls(F1)),
    "a call in pieces that is repeated whole": (
        body(call(0, "a", "f", ""), call(0, None, None, '{"x"'), call(0, None, None, ": 1}"),
             call(0, "a", "f", '{"x":1}'), CALLS), calls(F1)),
    "a call that is repeated without its id": (
        body(call(0, "a", "f", '{"x": 1}'), call(0, None, "f", '{"x": 1}'), CALLS), calls(F1)),
    "a call that is repeated without its index": (
        body(call(0, "a", "f", '{"x": 1}'), call(None, "a", "f", '{"x": 1}'), CALLS), calls(F1)),
    "a call that is repeated without its name": (
        body(call(0, "a", "f", '{"x": 1}'), call(0, "a", None, '{"x": 1}'), CALLS), calls(F1)),
    "a call that is repeated with an object": (
        body(call(0, "a", "f", '{"x": 1}'), call(0, "a", "f", {"x": 1}), CALLS), calls(F1)),
    "a call without arguments that is repeated": (
        body(call(0, "a", "f", "{}"), call(0, "a", "f", "{}"), call(0, None, "f", "{}"), CALLS),
        calls(("f", "{}"))),
    "a call with a flag for a number is another one": (
        body(call(0, "a", "f", '{"x": 1}'), call(0, "a", "f", '{"x": true}'), CALLS),
        calls(F1, ("f", '{"x": true}'))),
    "two calls on one index that are repeated whole": (
        body(call(0, "a", "f", '{"x": 1}'), call(0, "b", "g", '{"y": 2}'),
             call(0, "a", "f", '{"x": 1}'), call(0, "b", "g", '{"y": 2}'), CALLS), calls(F1, G2)),
    "16: arguments stay letter by letter": (
        body(call(0, "a", "f", '{ "z":1.50,\n "a" : "é\\u00e9" }'), CALLS),
        calls(("f", '{ "z":1.50,\n "a" : "é\\u00e9" }'))),
    "a brace inside a text": (
        body(call(0, "a", "f", '{"x": "}{[\\""}'), CALLS), calls(("f", '{"x": "}{[\\""}'))),
    "whole arguments that are no JSON": (
        body(call(0, "a", "f", "{'x': 1}"), CALLS), calls(("f", "{'x': 1}"))),
}  # fmt: skip

REST: dict[str, Row] = {
    "a picture in a delta": (
        body(delta(content="", images=[{"type": "image_url", "image_url": {"url": PNG}}]), STOP),
        says("", images=(PNG,))),
    "a picture by its address": (
        body(delta(content="Hello", images=[{"image_url": {"url": WEB}}]), STOP),
        says(images=(WEB,))),
    "two pictures in two deltas": (
        body(delta(images=[{"image_url": {"url": PNG}}]), delta(images=[{"image_url": WEB}]), STOP),
        says("", images=(PNG, WEB))),
    "a picture that is repeated": (
        body(delta(images=[{"image_url": {"url": PNG}}]),
             delta("stop", images=[{"image_url": {"url": PNG}}])), says("", images=(PNG,))),
    "two equal pictures at two places of one list": (
        body(delta("stop", images=[{"image_url": {"url": PNG}}] * 2)), says("", images=(PNG, PNG))),
    "two equal pictures that are repeated": (
        body(delta(images=[{"image_url": {"url": PNG}}] * 2),
             delta("stop", images=[{"image_url": {"url": PNG}}] * 2)),
        says("", images=(PNG, PNG))),
    "a picture in its list and in the content": (
        body(delta("stop", content=[{"type": "image_url", "image_url": {"url": PNG}}],
                   images=[{"image_url": {"url": PNG}}])), says("", images=(PNG,))),
    "a picture of half a megabyte": (
        body(delta(images=[{"image_url": {"url": PNG + "A" * 500_000}}]), STOP),
        says("", images=(PNG + "A" * 500_000,))),
    "a refusal": (
        body(delta(refusal="I can"), delta("stop", refusal="not")), says("", refusal="I cannot")),
    "citations": (
        body(*HELLO, delta("stop", annotations=[{"type": "url_citation", "n": 1}])),
        says(annotations=({"type": "url_citation", "n": 1},))),
    "thoughts, then words": (
        body(delta(reasoning="th"), delta(reasoning="ink"), delta("stop", content="a")),
        thinks("think")),
    "thoughts by their other name": (
        body(delta(reasoning_content="think"), delta("stop", content="a")), thinks("think")),
    "20: thoughts are the answer": (
        body(delta(content="", reasoning="42"), STOP), says("", reasoning="42")),
    "21: an empty list of details": (details([]), thinks(None, [])),
    "thoughts told twice": (
        body(delta(reasoning="think", reasoning_details=[{"type": TEXT, "text": "think"}]),
             delta("stop", content="a")), thinks("think", [{"type": TEXT, "text": "think"}])),
    "17: a late signature": (
        details([{"type": TEXT, "text": "th", "index": 0}], [{"type": TEXT, "text": "ink",
                "index": 0}], [{"type": TEXT, "signature": "s", "index": 0}]),
        thinks("think", [{"type": TEXT, "text": "think", "index": 0, "signature": "s"}])),
    "17: a signature after the words began": (
        body(delta(reasoning_details=[{"type": TEXT, "text": "th", "index": 0}]),
             delta(content="a"),
             delta("stop", reasoning_details=[{"type": TEXT, "signature": "s", "index": 0}])),
        thinks("th", [{"type": TEXT, "text": "th", "index": 0, "signature": "s"}])),
    "16: sealed thoughts stay as they are": (
        details([{"zeta": 1.5, "type": SEALED, "data": "é=", "alpha": None}]),
        thinks(None, [{"zeta": 1.5, "type": SEALED, "data": "é=", "alpha": None}])),
    "18: summaries in two items": (
        details([{"type": SUMMARY, "summary": "a", "index": 0},
                 {"type": SUMMARY, "summary": "b", "index": 1}]),
        thinks("ab", [{"type": SUMMARY, "summary": "a", "index": 0},
                      {"type": SUMMARY, "summary": "b", "index": 1}])),
    "18: what is sealed twice is kept once": (
        details([{"type": SEALED, "data": "x", "id": "r"}],
                [{"type": SEALED, "data": "x", "id": "r"}]),
        thinks(None, [{"type": SEALED, "data": "x", "id": "r"}])),
    "18: one id for two sealed thoughts": (
        details([{"type": SEALED, "data": "x", "id": "r"}],
                [{"type": SEALED, "data": "y", "id": "r"}],
                [{"type": SEALED, "data": "x", "id": "r"}]),
        thinks(None, [{"type": SEALED, "data": "x", "id": "r"},
                      {"type": SEALED, "data": "y", "id": "r"}])),
    "18: a sealed thought that is extended": (
        details([{"type": SEALED, "data": "", "id": "r", "format": None, "index": 0}],
                [{"type": SEALED, "data": "x", "id": "r", "index": 0}],
                [{"type": SEALED, "data": "xy", "id": "r", "format": "f", "index": None}]),
        thinks(None, [{"type": SEALED, "data": "xy", "id": "r", "format": "f", "index": 0}])),
    "18: sealed thoughts of two ids": (
        details([{"type": SEALED, "data": "x", "id": "r"}, {"type": SEALED, "data": "x", "id": "s"},
                 {"type": SEALED, "data": "x"}]),
        thinks(None, [{"type": SEALED, "data": "x", "id": "r"},
                      {"type": SEALED, "data": "x", "id": "s"}])),
    "18: seals without data": (
        details([{"type": SEALED, "id": "r"}, {"type": SEALED, "id": "r"}, {"type": SEALED},
                 {"type": SEALED}]),
        thinks(None, [{"type": SEALED, "id": "r"}, {"type": SEALED}, {"type": SEALED}])),
    "15: thoughts beside a call": (
        body(delta(reasoning_details=[{"type": SEALED, "data": "x", "id": "r"}]),
             call(0, "a", "f", '{"x": 1}'), CALLS),
        calls(F1, details=[{"type": SEALED, "data": "x", "id": "r"}])),
    "1: a JSON body for a stream": (whole(content="Hello"), says()),
    "24: blanks before a JSON body": (b"\n \r\n" * 40 + whole(content="Hello") + b"\n", says()),
    "a mark before a JSON body": (b"\xef\xbb\xbf" + whole(content="Hello"), says()),
    "h: a completion under provider": (
        b'{"provider":' + whole(content="Hello") + b"}", says()),
    "a JSON body without a finish": (whole(None, content="Hello"), says(finish=None)),
    "a JSON body with its bill": (
        whole(top={"usage": BILL, "provider": "Groq"}, content="Hello"),
        says(cost=COST, provider="Groq")),
    "a JSON body cut by length": (whole("length", content="Hello"), says(finish="length")),
    "10: a JSON body with a call without arguments": (
        whole("tool_calls", content="", tool_calls=[{"id": "a", "function": {"name": "f"}}]),
        calls(("f", "{}"))),
    "12: a JSON body with a call and finish stop": (
        whole("stop", tool_calls=[{"id": "a", "function": {"name": "f",
                                                            "arguments": '{"x": 1}'}}]),
        calls(F1)),
    "a JSON body with a picture": (
        whole(content="", images=[{"type": "image_url", "image_url": {"url": PNG}}]),
        says("", images=(PNG,))),
    "21: a JSON body with thoughts": (
        whole(content="a", reasoning="t", reasoning_details=[{"type": TEXT, "text": "t"}]),
        thinks("t", [{"type": TEXT, "text": "t"}])),
}  # fmt: skip

GOOD: dict[str, Row] = ENDINGS | SSE | TOOLS | REST
