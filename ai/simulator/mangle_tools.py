"""Spoil tool calls: their arguments here; what is wrong around them the writers do.

They know it by the answer's `call_style`.
"""

from dataclasses import replace

from ai.simulator.answer import Answer, ToolCall
from ai.simulator.faults import Fault


def spoil_calls(answer: Answer, fault: Fault) -> Answer:
    """Spoil the calls of an answer; with no call, one is made up."""
    how = fault.how
    if how == "malformed_call":
        return replace(
            answer, content=None, tool_calls=[], finish_reason="error",
            native="MALFORMED_FUNCTION_CALL",
        )  # fmt: skip
    calls = answer.tool_calls or [ToolCall(fault.word("name", "create_scene"), {"title": "Scene"})]
    spoiled = replace(
        answer,
        content=answer.content if answer.tool_calls else "",
        tool_calls=[_spoiled(calls[0], fault), *calls[1:]],
        call_style=how,
        finish_reason="tool_calls",
    )
    match how:
        case "truncated_arguments":
            return replace(spoiled, finish_reason="length")
        case "finish_stop":
            return replace(spoiled, finish_reason="stop")
        case "finish_null":
            return replace(spoiled, finish_reason=None)
        case "same_id":
            return replace(spoiled, tool_calls=_of_one_id(calls))
        case _:
            return spoiled


def _spoiled(call: ToolCall, fault: Fault) -> ToolCall:
    """Spoil the first call."""
    text = call.text()
    ways: dict[str, ToolCall] = {
        "unknown_name": replace(call, name=fault.word("name", "summon_camera")),
        "broken_arguments": replace(call, arguments=text[:-1] + ",,"),
        "truncated_arguments": replace(call, arguments=text[: len(text) // 2]),
        "not_an_object": replace(call, arguments='["a list"]'),
        "wrong_arguments": replace(call, arguments={"unexpected": True}),
        "empty_arguments": replace(call, arguments=""),
        "missing_id": replace(call, id=""),
        "empty_id": replace(call, id=""),
    }
    return ways.get(fault.how, call)


def _of_one_id(calls: list[ToolCall]) -> list[ToolCall]:
    """Give all calls the id of the first; a lone call gets a twin."""
    twins = calls if len(calls) > 1 else [calls[0], replace(calls[0])]
    return [replace(call, id=twins[0].id) for call in twins]
