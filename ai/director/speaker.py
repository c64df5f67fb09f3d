"""Telling the project's feed what the director says while it says it."""

from typing import Any, Final
from uuid import UUID

from django.db import connection

from ai.director.deltas import writer
from ai.models import Job
from ai.openrouter.events import (
    ReasoningDelta,
    StreamEvent,
    TextDelta,
    ToolArgumentsDelta,
    ToolCallStarted,
)
from canvas.core.rows import uuid7
from scenes import selectors
from scenes.services.feed import NewEvent

SPOKEN: Final = ("text.delta", "reasoning.delta", "tool.started", "tool.arguments")


def call_id(message_id: UUID, position: int) -> str:
    """Name a tool call before the provider has: by its message and its place in it."""
    return f"{message_id}:{position}"


class Speaker:
    """One round's voice. A round that starts again keeps its message id and says so."""

    def __init__(self, job: Job, *, parent_id: UUID | None) -> None:
        self._job, self._parent_id = job, parent_id
        self._fence = job.fence  # of this claim, whatever becomes of the row
        # Only an attempt before this one can have left words behind.
        again = job.attempts > 1
        earlier = selectors.unfinished_message(job_id=job.pk) if again else None
        self.message_id = earlier or uuid7()
        self._announced = earlier is not None
        self.text = ""
        if earlier is not None:
            self.restart()

    def hear(self, event: StreamEvent) -> None:
        """Pass one piece of the stream on."""
        match event:
            case TextDelta(text):
                self.text += text
                self._say("text.delta", {"text": text})
            case ReasoningDelta(text):
                self._say("reasoning.delta", {"text": text})
            case ToolCallStarted(position, name):
                self._say("tool.started", {"callId": self._call_id(position), "name": name})
            case ToolArgumentsDelta(position, text):
                self._say("tool.arguments", {"callId": self._call_id(position), "delta": text})

    def restart(self) -> None:
        """Tell the readers to drop what was shown of this message."""
        self.text = ""
        if self._announced:
            self._put("message.restarted", {"attempt": self._job.attempts})

    def done(self) -> None:
        """Wait until all of it is in the feed: what is committed next comes after it."""
        # Threads that wait here holding the whole pool would wait for ever: the writer needs one.
        if not connection.in_atomic_block:
            connection.close()
        writer.flush()

    def _call_id(self, position: int) -> str:
        return call_id(self.message_id, position)

    def _say(self, name: str, data: dict[str, Any]) -> None:
        if not self._announced:
            self._announced = True
            parent = str(self._parent_id) if self._parent_id else None
            self._put("message.created", {"role": "assistant", "parentId": parent}, hurry=True)
        self._put(name, data)

    def _put(self, name: str, data: dict[str, Any], *, hurry: bool = False) -> None:
        assert self._job.project_id is not None  # noqa: S101 a chat job has a project
        data = {"messageId": str(self.message_id), **data}
        event = NewEvent(name, data, self._job.pk)
        writer.put(self._job.project_id, event, fence=self._fence, hurry=hurry)
