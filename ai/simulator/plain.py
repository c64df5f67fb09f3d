"""Write an answer as one JSON document."""

from collections.abc import AsyncIterator

from ai.simulator.answer import Answer, ToolCall
from ai.simulator.turn import Turn
from ai.simulator.web import CutError
from ai.simulator.wire import Json, dumps


async def write_plain(turn: Turn) -> AsyncIterator[bytes]:
    """Yield the reply; while the model works, a newline now and then keeps the line open."""
    wait = turn.latency_s + turn.answer.tokens * turn.token_s
    fault = turn.fault
    if fault and fault.kind == "stall":
        wait += fault.number("seconds", 3_600)
    while wait > turn.keepalive_s:
        await turn.request.pause(turn.keepalive_s)
        wait -= turn.keepalive_s
        if not fault or fault.params.get("comments", True):
            yield b"\n"
    await turn.request.pause(wait)
    turn.settle(produced_tokens=None, completed=not (fault and fault.kind == "cut"))
    body = dumps(completion(turn))
    if fault and fault.kind == "cut":
        limit = fault.count("bytes")
        yield body[: len(body) // 2 if limit is None else limit]
        raise CutError
    yield body


def completion(turn: Turn) -> dict[str, Json]:
    """Build the reply."""
    answer = turn.answer
    no_finish = turn.fault is not None and turn.fault.kind == "no_finish"
    choice = {
        "index": 0,
        "finish_reason": None if no_finish else answer.finish_reason,
        "native_finish_reason": None if no_finish else answer.native_finish(turn.entry.family),
        "logprobs": None,
        "message": message(answer),
    }
    usage = {} if turn.fault and turn.fault.kind == "no_usage" else {"usage": turn.spent.wire()}
    return turn.envelope("chat.completion") | {"choices": [choice]} | usage


def message(answer: Answer) -> dict[str, Json]:
    """Build the assistant message."""
    said: dict[str, Json] = {
        "role": "assistant",
        "content": answer.content,
        "refusal": answer.refusal,
        "reasoning": answer.reasoning or None,
    }
    if answer.reasoning_details:
        said["reasoning_details"] = answer.reasoning_details
    if answer.tool_calls:
        said["tool_calls"] = [
            _call(number, call, answer.call_style) for number, call in enumerate(answer.tool_calls)
        ]
    if answer.images:
        said["images"] = [
            {"type": "image_url", "index": index, "image_url": {"url": url}}
            for index, url in enumerate(answer.images)
        ]
    return said


def _call(number: int, call: ToolCall, style: str) -> dict[str, Json]:
    """Build one tool call, wrongly where a style says so."""
    function: dict[str, Json] = {"name": call.name, "arguments": call.text()}
    if style == "object_arguments":
        function["arguments"] = call.arguments
    if style == "absent_arguments":
        del function["arguments"]
    place = {} if style == "no_index" else {"index": number}
    identity = {"id": call.id} if call.id else {}
    return place | identity | {"type": "function", "function": function}
