"""Bodies that must never become a message, and the exception each of them is.

A row that mends one of these by guessing shows a person half an answer as a whole one.
"""

import json

from ai.openrouter import errors
from tests.ai.openrouter.sse_bodies import DONE, body, call, delta, event
from tests.ai.openrouter.streams.good import (
    BILL,
    CALLS,
    HELLO,
    PING,
    STOP,
    whole,
)

Row = tuple[bytes, type[errors.OpenRouterError]]

LIMIT = {"code": 400, "message": "Token limit reached"}
GONE = {"code": 502, "message": "Provider returned error"}


def err(**fields: object) -> bytes:
    return json.dumps({"error": {"message": "boom"} | fields}).encode()


CUT: dict[str, Row] = {
    "nothing": (b"", errors.IncompleteReplyError),
    "only blanks": (b"\n \r\n\t", errors.IncompleteReplyError),
    "only a mark": (b"\xef\xbb\xbf", errors.IncompleteReplyError),
    "only comments": (PING * 3, errors.IncompleteReplyError),
    "only [DONE]": (DONE, errors.IncompleteReplyError),
    "only a role": (body(delta(role="assistant", content="")), errors.IncompleteReplyError),
    "only a bill": (body({"choices": [], "usage": BILL}), errors.IncompleteReplyError),
    "only a bill, no [DONE]": (
        body({"choices": [], "usage": BILL}, done=False), errors.IncompleteReplyError),
    "a line of words": (b"upstream connect error\n", errors.IncompleteReplyError),
    "6: words, then the end": (body(*HELLO, done=False), errors.IncompleteReplyError),
    "6: words, then [DONE]": (body(*HELLO), errors.IncompleteReplyError),
    "6: words and a bill, then [DONE]": (
        body(*HELLO, {"choices": [], "usage": BILL}), errors.IncompleteReplyError),
    "6: words and a bill, then the end": (
        body(*HELLO, {"choices": [], "usage": BILL}, done=False), errors.IncompleteReplyError),
    "6: words, then comments, then the end": (
        body(*HELLO, done=False) + PING * 2, errors.IncompleteReplyError),
    "6: a blank finish": (body(*HELLO, delta("")), errors.IncompleteReplyError),
    "6: a finish that is no text": (
        body(*HELLO, {"choices": [{"delta": {}, "finish_reason": {"type": "stop"}}]}),
        errors.IncompleteReplyError),
    "6: the finish of another choice": (
        body(*HELLO, {"choices": [{"index": 1, "delta": {}, "finish_reason": "stop"}]}),
        errors.IncompleteReplyError),
    "6: thoughts, then the end": (
        body(delta(reasoning="hm"), done=False), errors.IncompleteReplyError),
    "6: thoughts, then [DONE]": (body(delta(reasoning="hm")), errors.IncompleteReplyError),
    "6: a picture, then the end": (
        body(delta(images=[{"image_url": {"url": "data:,x"}}]), done=False),
        errors.IncompleteReplyError),
    "cut inside the JSON of the words": (
        body(*HELLO, done=False)[:-12], errors.IncompleteReplyError),
    "cut inside the JSON of the finish": (
        body(*HELLO, STOP, done=False)[:-8], errors.IncompleteReplyError),
    "cut behind the JSON of the finish": (
        body(*HELLO, STOP, done=False)[:-2], errors.IncompleteReplyError),
    "cut behind the line of the finish": (
        body(*HELLO, STOP, done=False)[:-1], errors.IncompleteReplyError),
    "cut inside a character": (
        body(*HELLO, done=False) + 'data: {"choices":[{"delta":{"content":"😀'.encode()[:-2],
        errors.IncompleteReplyError),
    "a JSON body that is cut": (whole(content="Hello")[:-9], errors.IncompleteReplyError),
    "a JSON body with words behind it": (
        whole(content="Hello") + b" oops", errors.IncompleteReplyError),
    "an event that is no JSON": (body(HELLO[0], "{oops", STOP), errors.GarbledReplyError),
    "an event that breaks off": (
        body(HELLO[0], '{"choices":[{"delta":{"content":"lo', STOP), errors.GarbledReplyError),
    "an event of words": (body(HELLO[0], "oops", HELLO[1], STOP), errors.GarbledReplyError),
    "an event nested too deeply": (
        body(HELLO[0], "[" * 50_000 + "]" * 50_000, STOP), errors.GarbledReplyError),
    "a JSON body that is a list": (b"[]", errors.GarbledReplyError),
}  # fmt: skip

ERRORS: dict[str, Row] = {
    "a: by the book": (err(code=402), errors.PaymentRequiredError),
    "b: an error as the body": (err(code=429), errors.RateLimitedError),
    "b: blanks before the error": (b"\n\n " + err(code=503), errors.UnavailableError),
    "c: no code but availability": (
        err(error_type="provider_overloaded", http_status=503,
            availability={"code": "temporarily_unavailable", "retryable": True}),
        errors.UnavailableError),
    "c: availability in a chunk": (
        body(*HELLO, {"error": {"message": "full", "availability": {
            "code": "capacity_exhausted", "retryable": True, "retry_after": 3}}}),
        errors.RateLimitedError),
    "d: an error of the choice": (
        body({"choices": [{"delta": {"content": "a"}, "error": GONE}]}), errors.UnavailableError),
    "d: an error of the choice beside stop": (
        body(*HELLO, {"choices": [{"delta": {}, "finish_reason": "stop", "error": GONE}]}),
        errors.UnavailableError),
    "d: an error of the choice in a JSON body": (
        b'{"choices":[{"message":{"content":"Hel"},"error":{"code":502,"message":"gone"}}]}',
        errors.UnavailableError),
    "e: finish error": (body(*HELLO, delta("error") | {"error": GONE}), errors.UnavailableError),
    "e: finish null": (
        body(*HELLO, delta(None) | {"error": {"code": 429, "message": "slow"}}),
        errors.RateLimitedError),
    "e: finish null with a bill, then [DONE]": (
        body(*HELLO, delta(None) | {"error": LIMIT, "usage": BILL}), errors.RejectedError),
    "e: a bare frame": (
        body({"error": {"code": 401, "message": "no"}, "user_id": "u"}),
        errors.AuthenticationError),
    "e: a bare frame after words": (body(*HELLO, {"error": GONE}), errors.UnavailableError),
    "e: after stop": (body(*HELLO, STOP, {"error": GONE}), errors.UnavailableError),
    "e: after stop, lacking its blank line": (
        body(*HELLO, STOP, done=False) + event({"error": GONE}).rstrip(), errors.UnavailableError),
    "e: in the first chunk": (body({"error": GONE}, *HELLO, STOP), errors.UnavailableError),
    "e: named by the event": (
        b'event: error\ndata: {"error":{"code":500,"message":"x"}}\n\n', errors.UnavailableError),
    "e: named by the event, bare, after stop": (
        body(*HELLO, STOP, done=False) + b'event: error\ndata: {"message":"overloaded"}\n\n',
        errors.UnavailableError),
    "e: named by the event, without [DONE] or a line end": (
        body(*HELLO, STOP, done=False) + b'event:error\ndata: {"code":429,"message":"x"}',
        errors.RateLimitedError),
    "e: named by the event, the name behind the data": (
        body(*HELLO, STOP, done=False) + b'data: {"code":429,"message":"x"}\nevent: error\n\n'
        + DONE, errors.RateLimitedError),
    "e: named by the event, in words": (
        body(*HELLO, STOP, done=False) + b"event: error\ndata: overloaded\n\n" + DONE,
        errors.UnavailableError),
    "e: named by the event, text": (
        body(*HELLO, STOP, done=False) + b'event: error\ndata: "overloaded"\n\n' + DONE,
        errors.UnavailableError),
    "e: named by the event, nothing else": (
        body(*HELLO, STOP, done=False) + b"event: error\ndata: {}\n\n" + DONE,
        errors.UnavailableError),
    "e: named by the event, blank": (
        body(*HELLO, STOP, done=False) + b"event: error\ndata:\n\n" + DONE,
        errors.UnavailableError),
    "e: named by the event, [DONE] right behind": (
        body(*HELLO, STOP, done=False)
        + b'event: error\ndata: {"error":{"code":429,"message":"x"}}\ndata: [DONE]\n\n',
        errors.RateLimitedError),
    "e: named by the event, after length": (
        body(*HELLO, delta("length"), done=False)
        + b'event: error\ndata: {"message":"overloaded"}\n\n', errors.UnavailableError),
    "e: a line without data": (
        body(*HELLO, STOP, done=False) + err(code=502) + b"\n", errors.UnavailableError),
    "e: a line without data or an end": (
        body(*HELLO, STOP, done=False) + err(code=502), errors.UnavailableError),
    "e: a line without data, then [DONE]": (
        body(*HELLO, STOP, done=False) + err(code=502) + b"\n\n" + DONE, errors.UnavailableError),
    "e: lines without data": (
        body(*HELLO, STOP, done=False)
        + b'{\n  "error": {\n    "code": 502,\n    "message": "boom"\n  }\n: x\n}\n',
        errors.UnavailableError),
    "e: an error for a delta": (
        body(*HELLO, {"choices": [{"delta": {"error": GONE}}]}, STOP), errors.UnavailableError),
    "e: an error for a message": (
        b'{"choices":[{"message":{"content":"a","error":{"code":502,"message":"gone"}}}]}',
        errors.UnavailableError),
    "e: an error by its type for a chunk": (
        body(*HELLO, STOP, {"type": "error", "message": "overloaded"}), errors.UnavailableError),
    "5: length and an error in one piece": (
        body(*HELLO, {"choices": [{"delta": {"content": "!"}, "finish_reason": "length",
                                   "error": GONE}]}), errors.UnavailableError),
    "5: length and an error in one body": (
        json.dumps({"choices": [{"message": {"content": "Hel"}, "finish_reason": "length",
                                 "error": GONE}]}).encode(), errors.UnavailableError),
    "5: length, then a provider that is gone": (
        body(*HELLO, delta("length"), {"error": {"code": 502, "message": "Provider disconnected"}}),
        errors.UnavailableError),
    "5: length, then a provider that is gone, lacking its blank line": (
        body(*HELLO, delta("length"), done=False) + event({"error": GONE}).rstrip(),
        errors.UnavailableError),
    "5: length, then finish error without a word": (
        body(*HELLO, delta("length"), delta("error")), errors.UnavailableError),
    "5: length, then too many requests": (
        body(*HELLO, delta("length"),
             {"error": {"code": 429, "message": "token limit reached for this minute"}}),
        errors.RateLimitedError),
    "5: length, then a policy": (
        body(*HELLO, delta("length"), {"error": {"code": 400, "message": "content policy"}}),
        errors.ModerationError),
    "e: text for an object": (body(*HELLO, {"error": "boom"}), errors.UnavailableError),
    "e: an error for a chunk": (
        body(*HELLO, STOP, {"object": "error", "message": "gone", "code": 503}),
        errors.UnavailableError),
    "e: inside a call": (
        body(call(0, "a", "f", '{"x"'), {"error": GONE}), errors.UnavailableError),
    "e: behind whole calls": (
        body(call(0, "a", "f", '{"x": 1}'), CALLS, {"error": GONE}), errors.UnavailableError),
    "f: a page of HTML": (
        b"<!DOCTYPE html><html><title>502 Bad gateway</title></html>", errors.UnavailableError),
    "f: a page behind blanks": (b"\r\n<html>oops</html>", errors.UnavailableError),
    "f: a page behind words": (
        body(*HELLO, done=False) + b"<html>502</html>", errors.IncompleteReplyError),
    "g: choices null": (b'{"id":"gen-1","choices":null}', errors.EmptyReplyError),
    "h: an error under provider": (
        b'{"provider":{"error":{"code":401,"message":"x"}}}', errors.AuthenticationError),
    "i: a code in words": (
        body(*HELLO, {"error": {"code": "server_error", "message": "oh"}}),
        errors.UnavailableError),
    "i: digits as text": (
        body({"error": {"code": "429", "message": "oh"}}), errors.RateLimitedError),
    "5: token limit reached, no length before": (
        body(*HELLO, {"error": LIMIT}), errors.RejectedError),
    "finish error without a word": (body(*HELLO, delta("error")), errors.UnavailableError),
    "finish error after stop": (body(*HELLO, STOP, delta("error")), errors.UnavailableError),
    "finish error in a JSON body": (
        whole("error", content="Hel"), errors.UnavailableError),
    "32: a policy behind a 502": (
        body(*HELLO, {"error": {"code": 502, "message": "flagged for possible risk"}}),
        errors.ModerationError),
}  # fmt: skip

EMPTY: dict[str, Row] = {
    "2: choices missing": (b'{"id":"gen-1"}', errors.EmptyReplyError),
    "2: choices empty": (b'{"choices":[]}', errors.EmptyReplyError),
    "2: choices of nothing": (b'{"choices":[null]}', errors.EmptyReplyError),
    "2: a message of null": (
        b'{"choices":[{"message":null,"finish_reason":"stop"}]}', errors.EmptyReplyError),
    "2: content null": (whole(content=None), errors.EmptyReplyError),
    "22: an empty stop": (body(delta(content=""), STOP), errors.EmptyReplyError),
    "22: an empty stop that is billed": (
        body(delta("stop", content="") | {"usage": BILL}), errors.EmptyReplyError),
    "22: blanks": (body(delta(content=" \n"), STOP), errors.EmptyReplyError),
    "22: no calls in the list": (
        body(delta("stop", content="", tool_calls=[])), errors.EmptyReplyError),
    "22: no pictures in the list": (
        body(delta("stop", content="", images=[])), errors.EmptyReplyError),
    "22: length with nothing": (body(delta("length", content=None)), errors.EmptyReplyError),
    "20: length with nothing but thoughts": (
        body(delta(content="", reasoning="hm"), delta("length")), errors.EmptyReplyError),
    "20: sealed thoughts only": (
        body(delta(reasoning_details=[{"type": "reasoning.encrypted", "data": "x"}]), STOP),
        errors.EmptyReplyError),
    "the filter left nothing": (body(delta("content_filter")), errors.ModerationError),
    "no picture": (
        body({"choices": [{"delta": {}, "finish_reason": "stop",
                           "native_finish_reason": "NO_IMAGE"}]}), errors.NoImageError),
    "an unsafe picture": (
        body({"choices": [{"delta": {"content": None}, "finish_reason": "content_filter",
                           "native_finish_reason": "IMAGE_SAFETY"}]}), errors.NoImageError),
    "a picture without an address": (
        body(delta("stop", images=[{"image_url": {"url": None}}])), errors.EmptyReplyError),
}  # fmt: skip

CALLS_CUT: dict[str, Row] = {
    "13: cut by length": (
        body(call(0, "a", "f", '{"x": 1'), delta("length")), errors.TruncatedToolCallError),
    "13: not begun at length": (
        body(call(0, "a", "f", ""), delta("length")), errors.TruncatedToolCallError),
    "13: the second of two cut by length": (
        body(call(0, "a", "f", '{"x": 1}'), call(1, "b", "g", '{"y"'), delta("length")),
        errors.TruncatedToolCallError),
    "13: cut by length in a JSON body": (
        whole("length", tool_calls=[{"id": "a", "function": {"name": "f", "arguments": '{"x'}}]),
        errors.TruncatedToolCallError),
    "13: cut by length, then the error": (
        body(call(0, "a", "f", '{"x": 1'), delta("length"), {"error": LIMIT}),
        errors.TruncatedToolCallError),
    "13: a bracket open at stop": (
        body(call(0, "a", "f", '{"x": [1, 2'), STOP), errors.TruncatedToolCallError),
    "13: a text open at tool_calls": (
        body(call(0, "a", "f", '{"x": "}'), CALLS), errors.TruncatedToolCallError),
    "13: a text open at content_filter": (
        body(call(0, "a", "f", '{"x": "'), delta("content_filter")),
        errors.TruncatedToolCallError),
    "12: cut, then [DONE]": (body(call(0, "a", "f", '{"x"')), errors.IncompleteReplyError),
    "12: cut, then the end": (
        body(call(0, "a", "f", '{"x"'), done=False), errors.IncompleteReplyError),
    "12: not begun, then [DONE]": (body(call(0, "a", "f", "")), errors.IncompleteReplyError),
    "12: whole, then the end": (
        body(call(0, "a", "f", "{}"), done=False), errors.IncompleteReplyError),
    "12: words and a whole call, then the end": (
        body(*HELLO, call(0, "a", "f", "{}"), done=False), errors.IncompleteReplyError),
    "14: malformed, finish error": (
        body({"choices": [{"delta": {"content": None}, "finish_reason": "error",
                           "native_finish_reason": "MALFORMED_FUNCTION_CALL"}]}),
        errors.MalformedToolCallError),
    "14: malformed, finish stop": (
        body({"choices": [{"delta": {"content": ""}, "finish_reason": "stop",
                           "native_finish_reason": "MALFORMED_FUNCTION_CALL"}]}),
        errors.MalformedToolCallError),
    "14: malformed behind words": (
        body(*HELLO, {"choices": [{"delta": {}, "finish_reason": "stop",
                                   "native_finish_reason": "MALFORMED_FUNCTION_CALL"}]}),
        errors.MalformedToolCallError),
    "a call without a name": (
        body(call(0, "a", None, "{}"), CALLS), errors.MalformedToolCallError),
    "calls that never came": (body(delta(content="a"), CALLS), errors.MalformedToolCallError),
}  # fmt: skip

BROKEN: dict[str, Row] = CUT | ERRORS | EMPTY | CALLS_CUT
