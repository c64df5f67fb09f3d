"""Spoil a good answer the way real models spoil theirs."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ai.simulator.answer import Answer, Finish, ToolCall
from ai.simulator.faults import Fault
from ai.simulator.wire import Json

if TYPE_CHECKING:
    from collections.abc import Callable


SPOILING: Final = frozenset({"empty", "refusal", "malformed_json", "wrong_schema", "wrong_tool"})
_REFUSAL: Final = "I'm sorry, but I can't help with that. (simulated)"


def spoil(answer: Answer, fault: Fault) -> Answer:
    """Return the answer as the fault leaves it."""
    match fault.kind:
        case "empty":
            return replace(
                answer,
                content=fault.params.get("content", ""),
                tool_calls=[],
                images=[],
                reasoning="",
            )
        case "refusal":
            return _refused(answer, fault)
        case "malformed_json":
            return replace(answer, content=_malformed(_text(answer), fault.word("how", "fences")))
        case "wrong_schema":
            return replace(answer, content=_off_schema(_text(answer), fault))
        case "wrong_tool":
            return _wrong_tool(answer, fault.word("how", "unknown_name"), fault)
        case _:
            return answer


def fenced(text: str) -> str:
    """Put a document between fences, with the prose that comes with it."""
    return f"Here is the JSON you asked for:\n\n```json\n{text}\n```\n\nTell me what to change."


def _text(answer: Answer) -> str:
    """Return the answer's document, wherever it stands."""
    return answer.content or answer.reasoning or "{}"


def _refused(answer: Answer, fault: Fault) -> Answer:
    """Decline in words or, as OpenAI does, in the field for it."""
    words = fault.word("message", _REFUSAL)
    if fault.params.get("how") == "field":
        return replace(answer, content=None, refusal=words, tool_calls=[], images=[])
    reason = fault.params.get("finish_reason", "stop")
    return replace(answer, content=words, tool_calls=[], images=[], finish_reason=reason)


def _malformed(text: str, how: str) -> str:
    """Break a JSON text in one of the ways seen in the field."""
    ways: dict[str, Callable[[str], str]] = {
        "fences": lambda t: f"```json\n{t}\n```",
        "prose": lambda t: f"Sure! Here it is:\n{t}\nHope this helps.",
        "fences_and_prose": fenced,
        "trailing_commas": lambda t: t.replace("]", ",]").replace("}", ",}"),
        "truncated": lambda t: t[: max(len(t) * 2 // 3, 1)],
        "python_literals": lambda t: str(_document(t)),
        "single_quotes": lambda t: t.replace('"', "'"),
        "unquoted_keys": _unquoted,
        "comments": lambda t: t.replace("{", "{ // as asked\n", 1),
        "newlines": lambda t: t.replace(" ", "\n"),
        "doubled": lambda t: f"{t}\n{t}",
        "wrapped": json.dumps,
        "bom": lambda t: "\ufeff" + t,
        "thinking": lambda t: f"<think>Let me see.</think>\n{t}",
    }
    return ways.get(how, ways["fences"])(text)


def _document(text: str) -> dict[str, Json]:
    """Read an answer as a JSON object; other words become the text of one."""
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    return value if isinstance(value, dict) and value else {"text": text}


def _unquoted(text: str) -> str:
    """Take the quotes off the outer keys."""
    value = _document(text)
    inner = ", ".join(
        f"{key}: {json.dumps(item, ensure_ascii=False)}" for key, item in value.items()
    )
    return "{" + inner + "}"


def _off_schema(text: str, fault: Fault) -> str:
    """Change a document so that it is JSON but not what was asked for."""
    value = _document(text)
    how = fault.word("how", "missing")
    key = fault.word("key", next(iter(value)))
    ways: dict[str, Json] = {
        "missing": {name: item for name, item in value.items() if name != key},
        "extra": value | {"confidence_note": "very sure"},
        "wrong_type": value | {key: {"text": value.get(key)}},
        "null": value | {key: None},
        "renamed": {
            (f"{name}_text" if name == key else name): item for name, item in value.items()
        },
        "list": [value],
        "empty": {},
        "wrapped": {"result": value},
        "camel": {_camel(name): item for name, item in value.items()},
    }
    return json.dumps(ways.get(how, ways["missing"]), ensure_ascii=False)


def _camel(name: str) -> str:
    """Turn snake_case into camelCase."""
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)


def _wrong_tool(answer: Answer, how: str, fault: Fault) -> Answer:
    """Spoil the calls of an answer; with no call, one is made up."""
    calls = answer.tool_calls or [ToolCall(fault.word("name", "create_scene"), {"title": "Scene"})]
    first, rest = calls[0], calls[1:]
    spoiled: dict[str, ToolCall] = {
        "unknown_name": replace(first, name=fault.word("name", "summon_camera")),
        "broken_arguments": replace(first, arguments=first.text()[:-1] + ",,"),
        "truncated_arguments": replace(first, arguments=first.text()[: len(first.text()) // 2]),
        "not_an_object": replace(first, arguments='["a list"]'),
        "wrong_arguments": replace(first, arguments={"unexpected": True}),
        "missing_id": replace(first, id=""),
    }
    finish: Finish = "length" if how == "truncated_arguments" else "tool_calls"
    return replace(
        answer,
        content=answer.content if answer.tool_calls else "",
        tool_calls=[spoiled.get(how, first), *rest],
        call_style=how,
        finish_reason="stop" if how == "finish_stop" else finish,
    )
