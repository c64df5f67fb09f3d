"""The conversation as rows: adding to it, and reading it back in OpenRouter's shape.

The rows are the state of a turn: a turn that dies in round 3 goes on at round 3.
"""

import json
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from ai.ledger import tokens_of
from ai.models import ChatMessage, Job, MessageRole
from ai.openrouter.replay import replayed
from ai.openrouter.wire import Message, ToolCall
from canvas.core.errors import Missing
from canvas.core.prepared import Insert, Select

MOST_EARLIER_ROWS: Final = 240


def _answers_of(project: UUID, asked: UUID) -> QuerySet[ChatMessage]:
    """Answers name their question as parent, results of tools the words that called them."""
    spoken = Q(role=MessageRole.ASSISTANT, parent_id=asked)
    results = Q(role=MessageRole.TOOL, parent__parent_id=asked)
    return ChatMessage.objects.filter(spoken | results, project_id=project)


def _earlier_than(project: UUID, position: int) -> QuerySet[ChatMessage]:
    """What stands before a question, and what was said after it in answer to an earlier one."""
    until = (
        Q(position__lt=position)
        | Q(role=MessageRole.ASSISTANT, parent__position__lt=position)
        | Q(role=MessageRole.TOOL, parent__parent__position__lt=position)
    )
    rows = ChatMessage.objects.filter(until, project_id=project)
    return rows.order_by("-position")[:MOST_EARLIER_ROWS]


_add: Final = Insert(ChatMessage)
_find: Final = Select(lambda pk: ChatMessage.objects.filter(pk=pk).order_by(), pk=UUID)
_last: Final = Select(
    lambda project: (
        ChatMessage.objects.filter(project_id=project).only("position").order_by("-position")[:1]
    ),
    project=UUID,
)
_rounds: Final = Select(
    lambda job: (
        ChatMessage.objects.filter(job_id=job, role=MessageRole.ASSISTANT).only("pk").order_by()
    ),
    job=UUID,
)
_answers: Final = Select(_answers_of, project=UUID, asked=UUID)
_earlier: Final = Select(_earlier_than, project=UUID, position=int)


def add(*, project_id: UUID, **values: Any) -> ChatMessage:  # noqa: ANN401 columns
    """Add one message at the end. Called under the project's lock, which orders the messages."""
    last = _last.first(project=project_id)
    position = last.position + 1 if last else 1
    message = ChatMessage(project_id=project_id, position=position, **values)
    _add([message])
    return message


def asked(job: Job) -> ChatMessage:
    """Return the message that a turn answers.

    Raises:
        Missing: it is gone.
    """
    row = _find.first(pk=job.subject_id) if job.subject_id else None
    if row is None:
        raise Missing("The message is gone.")
    return row


def rounds_done(job: Job) -> int:
    """Count the rounds of a turn that have been committed."""
    return len(_rounds.all(job=job.pk))


def exchanges(asked: ChatMessage) -> list[list[ChatMessage]]:
    """Return the conversation up to a question, question by question, oldest first.

    An exchange is a question and whatever answers it. The last one is `asked` with the rounds that
    were committed for it, by an earlier job too if this is a retry; words that belong to no round
    are not part of it, so it never ends with an answer. Questions that came later are left out.
    """
    own = _answers.all(project=asked.project_id, asked=asked.pk)
    earlier = _earlier.all(project=asked.project_id, position=asked.position)
    rounds = [row for row in own if row.role == MessageRole.TOOL or row.tool_calls]
    return [*_by_question(list(reversed(earlier))), [asked, *rounds]]


def as_messages(
    conversation: Sequence[Sequence[ChatMessage]], *, slug: str, budget_tokens: int
) -> list[dict[str, Any]]:
    """Write exchanges in OpenRouter's shape for one model, as many as fit, the newest first.

    Another family's thoughts are left out. The last exchange is always written, and whole.
    """
    written = [[_as_message(row, slug) for row in rows] for rows in conversation]
    kept, spent = [written[-1]], _tokens(written[-1])
    for messages in reversed(written[:-1]):
        spent += _tokens(messages)
        if spent > budget_tokens:
            break
        kept.append(messages)
    return [message for messages in reversed(kept) for message in messages]


def _by_question(rows: Sequence[ChatMessage]) -> list[list[ChatMessage]]:
    """Sort rows into exchanges; an answer without a known question belongs to the last one."""
    found: dict[UUID | None, list[ChatMessage]] = {}
    question_of: dict[UUID | None, UUID | None] = {}
    last: UUID | None = None
    for row in rows:
        if row.role == MessageRole.USER:
            last = row.pk
        question = last if row.pk == last else question_of.get(row.parent_id, last)
        question_of[row.pk] = question
        found.setdefault(question, []).append(row)
    orphans = found.get(None, [])
    while orphans and orphans[0].role == MessageRole.TOOL:
        orphans.pop(0)  # its call was left out
    return [exchange for exchange in found.values() if exchange]


def _tokens(messages: Sequence[dict[str, Any]]) -> int:
    return tokens_of(json.dumps(messages, ensure_ascii=False))


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
