"""One computed answer, before it is put on the wire."""

from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeAlias

from ai.simulator.tokens import count_text, cut_text
from ai.simulator.wire import Json, dumps, new_id

Finish: TypeAlias = Literal["stop", "length", "tool_calls", "content_filter", "error"]

SIMULATED_WORD: Final = "(simulated)"
PICTURE_TOKENS: Final = 1_290
_NATIVE: Final = {
    "anthropic": {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"},
    "google": {"stop": "STOP", "length": "MAX_TOKENS", "tool_calls": "STOP"},
    "openai": {"stop": "completed", "length": "max_output_tokens", "tool_calls": "completed"},
}


@dataclass(slots=True)
class ToolCall:
    """One call the model makes; arguments stay an object until they are written."""

    name: str
    arguments: Json
    id: str = field(default_factory=lambda: new_id("call"))

    def text(self) -> str:
        """Return the arguments as the JSON text that travels."""
        given = self.arguments
        return given if isinstance(given, str) else dumps(given).decode()


@dataclass(slots=True)
class Answer:
    """Words, calls and pictures of one assistant message."""

    content: str | None = ""
    reasoning: str = ""
    tool_calls: list[ToolCall] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    finish_reason: Finish | None = "stop"
    native: str = ""
    """The provider's own word for the finish, "" = the usual one."""
    refusal: str | None = None
    reasoning_details: list[Json] = field(default_factory=list)
    call_style: str = ""
    """How the calls are written wrongly, "" = rightly; see ai.simulator.mangle."""

    @property
    def reasoning_tokens(self) -> int:
        """Count the thinking."""
        return count_text(self.reasoning)

    @property
    def picture_tokens(self) -> int:
        """Count the pictures."""
        return PICTURE_TOKENS * len(self.images)

    @property
    def tokens(self) -> int:
        """Count everything that is billed as completion."""
        calls = sum(count_text(call.text()) + count_text(call.name) for call in self.tool_calls)
        words = count_text(self.content or "") + count_text(self.refusal or "")
        return words + calls + self.reasoning_tokens + self.picture_tokens

    def native_finish(self, family: str) -> str | None:
        """Return the provider's own word for the finish reason."""
        reason = self.finish_reason or ""
        return self.native or _NATIVE.get(family, {}).get(reason, reason) or None


def within(answer: Answer, max_tokens: int) -> Answer:
    """Cut an answer that is longer than the request allows; its finish becomes `length`."""
    if answer.images or answer.tokens <= max_tokens:
        return answer
    left = max_tokens
    reasoning = cut_text(answer.reasoning, left)
    left -= count_text(reasoning)
    content = cut_text(answer.content or "", max(left, 0))
    left -= count_text(content)
    calls = _calls_within(answer.tool_calls, left)
    return replace(
        answer, reasoning=reasoning, content=content, tool_calls=calls, finish_reason="length"
    )


def _calls_within(calls: list[ToolCall], left: int) -> list[ToolCall]:
    """Keep the calls that fit; the last one loses the tail of its arguments."""
    kept: list[ToolCall] = []
    for call in calls:
        if left <= 0:
            break
        text = cut_text(call.text(), max(left - count_text(call.name), 0))
        left -= count_text(text) + count_text(call.name)
        kept.append(ToolCall(call.name, text, call.id))
    return kept
