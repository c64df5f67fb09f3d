"""Spoil a good answer the way real models spoil theirs."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ai.simulator.answer import Answer
from ai.simulator.faults import Fault
from ai.simulator.mangle_json import malformed, off_schema
from ai.simulator.mangle_pictures import spoil_pictures
from ai.simulator.mangle_tools import spoil_calls

if TYPE_CHECKING:
    from ai.simulator.wire import Json

_REFUSAL: Final = "I'm sorry, but I can't help with that. (simulated)"
_LONG_TOKENS: Final = 200
_TOKEN_CHARS: Final = 4


def spoil(answer: Answer, fault: Fault | None) -> Answer:
    """Return the answer as the fault leaves it; most faults leave it as it is."""
    way = _WAYS.get(fault.kind) if fault else None
    return way(answer, fault) if way and fault else answer


def _emptied(answer: Answer, fault: Fault) -> Answer:
    """Take everything out; what stands for nothing differs."""
    nothing: dict[str, Json] = {"blank": "", "null": None, "absent": None, "spaces": " \n "}
    content = fault.params.get("content", nothing[fault.how])
    return replace(
        answer, content=content, tool_calls=[], images=[], reasoning="", reasoning_details=[]
    )


def _refused(answer: Answer, fault: Fault) -> Answer:
    """Decline in words, in the field for it as OpenAI does, or by the content filter."""
    words = fault.word("message", _REFUSAL)
    declined = replace(answer, tool_calls=[], images=[])
    if fault.how == "field":
        return replace(declined, content=None, refusal=words)
    usual = "content_filter" if fault.how == "filter" else "stop"
    return replace(declined, content=words, finish_reason=fault.params.get("finish_reason", usual))


def _long(answer: Answer, fault: Fault) -> Answer:
    """Say the same words until they are so many tokens."""
    characters = int(fault.number("tokens", _LONG_TOKENS)) * _TOKEN_CHARS
    once = f"{answer.content or 'Again.'} "
    return replace(answer, content=(once * (characters // len(once) + 1))[:characters])


def _off_form(answer: Answer, fault: Fault) -> Answer:
    """Write the document as something other than JSON."""
    return replace(answer, content=malformed(_text(answer), fault.how))


def _off_schema(answer: Answer, fault: Fault) -> Answer:
    """Write a document of another shape."""
    return replace(answer, content=off_schema(_text(answer), fault))


def _text(answer: Answer) -> str:
    """Return the answer's document, wherever it stands."""
    return answer.content or answer.reasoning or "{}"


_WAYS: Final[dict[str, Callable[[Answer, Fault], Answer]]] = {
    "empty": _emptied,
    "refusal": _refused,
    "long": _long,
    "malformed_json": _off_form,
    "wrong_schema": _off_schema,
    "wrong_tool": spoil_calls,
    "bad_picture": spoil_pictures,
}
