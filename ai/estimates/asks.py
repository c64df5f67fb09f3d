"""A request whose price is asked: what a person would send, or what a job was made for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from ai.models import ChatMessage, Job, JobKind, MessageRole, Task
from canvas.core.errors import Missing
from canvas.workspaces.models import Workspace

if TYPE_CHECKING:
    from scenes.models import Project

TASKS: Final = {
    JobKind.CHAT: Task.CHAT,
    JobKind.OUTLINE: Task.OUTLINE,
    JobKind.VISION: Task.VISION,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request. With `at` it is estimated from what was known at that moment, else from now."""

    kind: JobKind
    workspace: Workspace
    project: "Project"
    message: ChatMessage | None = None
    source: str = ""
    text: str = ""
    target: Mapping[str, Any] = field(default_factory=dict)
    count: int = 1
    model: str = ""
    """Tried before the configured ones."""
    at: datetime | None = None

    @property
    def task(self) -> Task:
        """The service whose models are asked."""
        return TASKS[self.kind]


def message_at_end(project: "Project", content: str) -> ChatMessage:
    """Give the message that a person would post now. It is never saved."""
    places = ChatMessage.objects.filter(project_id=project.pk).order_by("-position")
    last = places.values_list("position", flat=True).first()
    return ChatMessage(
        project_id=project.pk,
        role=MessageRole.USER,
        content=content,
        position=(last or 0) + 1,
    )


def of_job(job: Job, project: "Project", *, at: datetime | None = None) -> Ask:
    """Give what a job was made for; with `at` as it was then, before any of its rounds.

    Raises:
        Missing: what it was about is gone.
    """
    return Ask(
        kind=JobKind(job.kind),
        workspace=job.workspace,
        project=project,
        message=_message(job, project, at) if job.kind == JobKind.CHAT else None,
        source=job.payload.get("source", ""),
        text=job.payload.get("text") or "",
        target=job.payload.get("target") or {},
        model=job.payload.get("model") or "",
        at=at,
    )


def _message(job: Job, project: "Project", at: datetime | None) -> ChatMessage:
    rows = ChatMessage.objects.filter(project_id=project.pk)
    row = rows.filter(pk=job.subject_id).first() if job.subject_id else None
    if row is None:
        raise Missing("The message is gone.")
    if at is None:
        return row
    # Under another id it has no answers yet.
    return ChatMessage(
        project_id=row.project_id, role=row.role, content=row.content, position=row.position
    )
