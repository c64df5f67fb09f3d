"""Write an answer as one JSON document."""

from ai.simulator.answer import Answer, ToolCall
from ai.simulator.carriage import STALL_S
from ai.simulator.odd import odd
from ai.simulator.turn import Turn
from ai.simulator.web import Pieces
from ai.simulator.wire import Json, dumps


async def write_plain(turn: Turn) -> Pieces:
    """Yield the reply; while the model works, a newline now and then keeps the line open."""
    wait = turn.latency_s + turn.answer.tokens * turn.token_s
    fault = turn.fault
    if fault and fault.kind == "stall" and fault.count("bytes") is None:
        wait += fault.number("seconds", STALL_S)
    while wait > turn.keepalive_s:
        await turn.request.pause(turn.keepalive_s)
        wait -= turn.keepalive_s
        if not fault or fault.params.get("comments", True):
            yield b"\n"
    await turn.request.pause(wait)
    turn.settle(produced_tokens=None, completed=not (fault and fault.kind == "cut"))
    yield dumps(odd(completion(turn), fault))


def completion(turn: Turn) -> dict[str, Json]:
    """Build the reply."""
    answer = turn.answer
    no_finish = turn.fault is not None and turn.fault.kind == "no_finish"
    choice = {
        "index": 0,
        "finish_reason": None if no_finish else answer.finish_reason,
        "native_finish_reason": None if no_finish else answer.native_finish(turn.entry.family),
        "logprobs": None,
        "message": message(answer, left_out=turn.leaves_out_content),
    }
    return turn.envelope("chat.completion") | {"choices": [choice]} | turn.usage()


def message(answer: Answer, *, left_out: bool = False) -> dict[str, Json]:
    """Build the assistant message."""
    said: dict[str, Json] = {
        "role": "assistant",
        **({} if left_out else {"content": answer.content}),
        "refusal": answer.refusal,
        "reasoning": answer.reasoning or None,
    }
    if answer.reasoning_details:
        said["reasoning_details"] = answer.reasoning_details
    if answer.tool_calls:
        said["tool_calls"] = [
            whole_call(number, call, answer.call_style)
            for number, call in enumerate(answer.tool_calls)
        ]
    if answer.images:
        said["images"] = [
            {"type": "image_url", "index": index, "image_url": {"url": url}}
            for index, url in enumerate(answer.images)
        ]
    return said


def whole_call(number: int, call: ToolCall, style: str) -> dict[str, Json]:
    """Build one tool call, wrongly where a style says so."""
    function: dict[str, Json] = {"name": call.name, "arguments": call.text()}
    if style == "object_arguments":
        function["arguments"] = call.arguments
    if style == "null_arguments":
        function["arguments"] = None
    if style == "absent_arguments":
        del function["arguments"]
    place = {} if style == "no_index" else {"index": place_of(number, style)}
    return place | identity(call, style) | {"type": "function", "function": function}


def place_of(number: int, style: str) -> int:
    """Return the index under which a call is written."""
    return {"shared_index": 0, "index_gap": number + 1}.get(style, number)


def identity(call: ToolCall, style: str) -> dict[str, Json]:
    """Return the call's id as its key and value, {} when it has none."""
    return {"id": call.id} if call.id or style == "empty_id" else {}
