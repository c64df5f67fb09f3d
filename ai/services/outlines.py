"""Outlines: a scene breakdown as a proposal, from the chat or from a text."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from ai import ledger
from ai.contracts.outline import Outline as OutlineContract
from ai.director import proposals
from ai.gateway import ask
from ai.jobs.registry import Store
from ai.jobs.service import submit
from ai.models import ChatMessage, Job, JobKind, MessageRole, Outline, Task
from ai.recipes import OUTLINE
from ai.services.choosing import asked_model
from canvas.core.errors import Fault, Invalid
from canvas.workspaces.access import Access
from scenes import selectors
from scenes.services.changes import Actor

if TYPE_CHECKING:
    from datetime import datetime

    from scenes.models import Project

RUNTIME_TOLERANCE: Final = 0.2
LONGEST_TEXT: Final = 400_000
LONGEST_CHAT: Final = 200


def request_outline(
    *,
    access: Access,
    project: "Project",
    source: str,
    text: str = "",
    target: Mapping[str, Any] | None = None,
    model: str | None = None,
) -> Job:
    """Submit the drafting of an outline.

    Args:
        access: who asks.
        project: whose outline.
        source: `chat` or `text`.
        text: the story, when the source is `text`.
        target: `{"scenes"?, "runtimeSeconds"?, "mode"?}`.
        model: tried first; the configured ones follow if it fails.

    Raises:
        Invalid: nothing to outline, or too much, or a model that cannot.
        Unaffordable: the month's budget or tokens are used up.
    """
    refuse_unfit_source(project=project, source=source, text=text)
    asked = asked_model(access.workspace, project.pk, Task.OUTLINE, model)
    ledger.refuse_exhausted(access.workspace, project.pk)
    payload = {"source": source, "text": text, "target": dict(target or {}), **asked}
    return submit(access=access, kind=JobKind.OUTLINE, project_id=project.pk, payload=payload)


def draft(job: Job) -> Store:
    """Ask for the outline and keep it as a proposal.

    Load, call, store: the middle step holds no transaction and touches no row.
    """
    assert job.project_id is not None  # noqa: S101 an outline job has a project
    project = selectors.project_of_job(project_id=job.project_id)
    source, target = job.payload["source"], job.payload["target"]

    asked = ask(
        OUTLINE,
        job=job,
        values={
            "project_title": project.title,
            "target": in_words(target),
            "source_kind": "conversation" if source == "chat" else "text",
            "source": job.payload["text"] or said(project),
        },
    )

    def store() -> dict[str, Any]:
        outline = proposals.propose(
            project=project,
            content=asked.value.model_dump(mode="json"),
            source=source,
            job_id=job.pk,
            target=target,
            model_served=asked.model_served[:200],
            simulated=asked.simulated,
        )
        scenes = len(asked.value.scenes)
        return {
            "outlineId": str(outline.pk),
            "number": outline.number,
            "scenes": scenes,
            "targetMet": _meets(target, asked.value),
            "repairs": list(asked.repairs),
        }

    return store


def accept_outline(
    *,
    outline: Outline,
    by: Actor,
    scenes: Sequence[str] | None = None,
    bible: bool = True,
    title: bool = True,
) -> Outline:
    """Apply a proposal, whole or in part; see ai.director.proposals.accept."""
    return proposals.accept(
        outline=outline, user_id=by.user_id, scenes=scenes, bible=bible, title=title
    )


def reject_outline(*, outline: Outline) -> Outline:
    """Say no to a proposal; see ai.director.proposals.reject."""
    with transaction.atomic():
        return proposals.reject(outline=outline)


def refuse_unfit_source(*, project: "Project", source: str, text: str) -> None:
    """Refuse what cannot be outlined.

    Raises:
        Invalid: nothing to outline, or too much.
    """
    if source == "text" and not text.strip():
        raise _wrong("/text", "blank", "Give the text that is to be outlined.")
    if len(text) > LONGEST_TEXT:
        raise _wrong("/text", "too-long", f"At most {LONGEST_TEXT:,} characters can be outlined.")
    if source == "chat" and not said(project):
        raise _wrong("/source", "no-chat", "There is no conversation to outline yet.")


def said(project: "Project", *, before: "datetime | None" = None) -> str:
    """Write the conversation as data: who said what, oldest first, now or as it was then."""
    rows = ChatMessage.objects.filter(
        project_id=project.pk, role__in=[MessageRole.USER, MessageRole.ASSISTANT]
    ).exclude(content="")
    if before is not None:
        rows = rows.filter(created_at__lt=before)
    recent = reversed(rows.order_by("-position")[:LONGEST_CHAT])
    return "\n".join(
        json.dumps({"role": row.role, "content": row.content}, ensure_ascii=False) for row in recent
    )


def in_words(target: Mapping[str, Any]) -> str:
    """Say what an outline should come out as, in the words of its prompt."""
    wishes = []
    if scenes := target.get("scenes"):
        wishes.append(f"Exactly {scenes} scenes.")
    if seconds := target.get("runtimeSeconds"):
        wishes.append(f"A running time of about {seconds} seconds.")
    if target.get("mode") == "as-written":
        wishes.append("Keep the scenes as they are written: one for each heading, in their order.")
    return " ".join(wishes) or "As many scenes as the source needs."


def _meets(target: Mapping[str, Any], outline: OutlineContract) -> bool:
    """Say whether the asked number of scenes came, and the asked running time, give or take."""
    if target.get("scenes") not in {None, len(outline.scenes)}:
        return False
    wanted_s = target.get("runtimeSeconds")
    given_s = sum(scene.duration_s for scene in outline.scenes)
    return not wanted_s or abs(given_s - wanted_s) <= RUNTIME_TOLERANCE * float(wanted_s)


def _wrong(pointer: str, code: str, detail: str) -> Invalid:
    return Invalid(detail, code=code, faults=[Fault(pointer, code, detail)])
