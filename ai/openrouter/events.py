"""What a stream tells while it runs. Every text is safe to store and to send on."""

from dataclasses import dataclass

from ai.openrouter.wire import Usage


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """More of the thinking, as far as the provider shows it."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCallStarted:
    """A tool call has a name now; its id is settled only when the message is whole."""

    position: int
    """Its place among the calls of the message, from 0."""
    name: str


@dataclass(frozen=True, slots=True)
class ToolArgumentsDelta:
    """More of a call's arguments: JSON text that may be invalid until the end."""

    position: int
    text: str


@dataclass(frozen=True, slots=True)
class ImageDelta:
    """One whole picture."""

    url: str
    """Nearly always `data:image/png;base64,...`."""


@dataclass(frozen=True, slots=True)
class UsageSeen:
    """What was used so far; the last one counts."""

    usage: Usage


StreamEvent = (
    TextDelta | ReasoningDelta | ToolCallStarted | ToolArgumentsDelta | ImageDelta | UsageSeen
)
