"""The conversation as rows: adding to it, and reading it back in OpenRouter's shape.

The rows are the state of a turn: a turn that dies in round 3 goes on at round 3.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.db.models import Max

from ai.models import ChatMessage, Job, MessageRole
from ai.openrouter.replay import replayed
from ai.openrouter.wire import Message, ToolCall
from canvas.core.errors import Missing
from scenes.services.locks import lock_project

LONGEST_HISTORY: Final = 60


def add(*, project_id: UUID, **values: Any) -> ChatMessage:  # noqa: ANN401 columns
    """Add one message at the end. Locks the project's row, which orders the messages."""
    lock_project(project_id)
    rows = ChatMessage.objects.filter(project_id=project_id)
    last = rows.aggregate(last=Max("position"))["last"] or 0
    return ChatMessage.objects.create(project_id=project_id, position=last + 1, **values)


def asked(job: Job) -> ChatMessage:
    """Return the message that a turn answers.

    Raises:
        Missing: it is gone.
    """
    row = ChatMessage.objects.filter(pk=job.subject_id).first() if job.subject_id else None
    if row is None:
        raise Missing("The message is gone.")
    return row


def rounds_done(job: Job) -> int:
    """Count the rounds of a turn that have been committed."""
    return ChatMessage.objects.filter(job=job, role=MessageRole.ASSISTANT).count()


def history(job: Job) -> list[ChatMessage]:
    """Return the messages that a turn answers to, oldest first: the recent ones, whole rounds."""
    rows = ChatMessage.objects.filter(project=job.project).order_by("-position")
    recent = list(reversed(rows[:LONGEST_HISTORY]))
    while recent and recent[0].role == MessageRole.TOOL:
        recent.pop(0)  # its call was left out
    return recent


def as_messages(rows: Sequence[ChatMessage], *, slug: str) -> list[dict[str, Any]]:
    """Write rows in OpenRouter's shape for one model; another family's thoughts are left out."""
    return [_as_message(row, slug) for row in rows]


def _as_message(row: ChatMessage, slug: str) -> dict[str, Any]:
    if row.role == MessageRole.TOOL:
        return {"role": "tool", "tool_call_id": row.tool_call_id, "content": row.content}
    if row.role == MessageRole.ASSISTANT:
        message = Message(
            content=row.content,
            reasoning=row.reasoning or None,
            reasoning_details=row.reasoning_details or None,
            tool_calls=tuple(
                ToolCall(id=call["id"], name=call["name"], arguments=call["arguments"])
                for call in row.tool_calls
            ),
        )
        return replayed(message, slug=slug, spoken_by=row.model_served)
    return {"role": "user", "content": row.content}
