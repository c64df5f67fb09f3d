"""Talking to the director: a message is stored, and a job answers it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from ai import ledger
from ai.director import transcript, turn
from ai.jobs.registry import Store
from ai.jobs.service import refuse_second_turn, submit
from ai.models import ChatMessage, Job, JobKind, MessageRole, Task
from ai.services.choosing import asked_model
from canvas.core.errors import Fault, Invalid
from canvas.workspaces.access import Access
from scenes import selectors
from scenes.services import feed
from scenes.services.locks import lock_project

if TYPE_CHECKING:
    from scenes.models import Project


def post_message(
    *,
    access: Access,
    project: "Project",
    content: str,
    attachments: Sequence[Mapping[str, Any]] = (),
    linked_scene_id: UUID | None = None,
    parent_id: UUID | None = None,
    model: str | None = None,
) -> tuple[ChatMessage, Job]:
    """Store what a person says and submit the job of the answer.

    A `model` is tried first; the configured ones follow if it fails.

    Raises:
        Conflict: `turn-in-progress`, the director is still answering.
        Unaffordable: the month's budget or tokens are used up.
        Invalid: an attachment, scene or parent that is not of this project, or a model that cannot
            chat with tools.
    """
    payload = asked_model(access.workspace, project.pk, Task.CHAT, model)
    ledger.refuse_exhausted(access.workspace, project.pk)
    with transaction.atomic():
        lock_project(project.pk)
        refuse_second_turn(access=access, project_id=project.pk)
        _refuse_foreign(access, project, attachments, linked_scene_id, parent_id)
        message = transcript.add(
            project_id=project.pk,
            role=MessageRole.USER,
            content=content,
            attachments=[dict(item) for item in attachments],
            linked_scene_id=linked_scene_id,
            parent_id=parent_id,
        )
        job = submit(
            access=access,
            kind=JobKind.CHAT,
            project_id=project.pk,
            subject_id=message.pk,
            payload=payload,
        )
        data = {"messageId": str(message.pk), "role": message.role, "parentId": None}
        done = {"messageId": str(message.pk), "role": message.role, "status": message.status}
        feed.publish(
            project.pk,
            [
                feed.NewEvent("message.created", data),
                feed.NewEvent("message.completed", done),
            ],
        )
    return message, job


def answer(job: Job) -> Store:
    """Answer the job's message in as many rounds as it takes."""
    return turn.take(job)


def _refuse_foreign(
    access: Access,
    project: "Project",
    attachments: Sequence[Mapping[str, Any]],
    linked_scene_id: UUID | None,
    parent_id: UUID | None,
) -> None:
    """Refuse ids that are not of this project; another project's look like missing ones."""
    if not attachments and linked_scene_id is None and parent_id is None:
        return
    faults: list[Fault] = []
    own = selectors.ids_of(access=access, project_id=project.pk)
    for place, item in enumerate(attachments):
        if UUID(str(item["id"])) not in own[item["type"]]:
            faults.append(Fault(f"/attachments/{place}/id", "unknown-id", "Not of this project."))
    if linked_scene_id is not None and linked_scene_id not in own["scene"]:
        faults.append(Fault("/linkedSceneId", "unknown-id", "Not a scene of this project."))
    siblings = ChatMessage.objects.filter(project_id=project.pk)
    if parent_id is not None and not siblings.filter(pk=parent_id).exists():
        faults.append(Fault("/parentId", "unknown-id", "Not a message of this project."))
    if faults:
        raise Invalid(faults[0].detail, code="unknown-id", faults=faults)
