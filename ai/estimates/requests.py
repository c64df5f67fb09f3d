"""From what a person would send to what is estimated, with the refusals of the request itself."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ai.estimates.asks import TASKS, Ask, message_at_end, of_job
from ai.models import Job, JobKind, JobStatus, Task
from ai.services.choosing import asked_model
from ai.services.outlines import refuse_unfit_source
from canvas.core.errors import Conflict, Fault, Invalid
from canvas.workspaces.access import Access
from scenes import selectors

if TYPE_CHECKING:
    from scenes.models import Project


def for_chat(*, access: Access, project: "Project", content: str, model: str | None = None) -> Ask:
    """Ask for the answer to a message that would be posted now.

    Raises:
        Invalid: a model that cannot.
    """
    message = message_at_end(project, content)
    return Ask(
        kind=JobKind.CHAT,
        workspace=access.workspace,
        project=project,
        message=message,
        model=_named(access, project, Task.CHAT, model),
    )


def for_outline(
    *,
    access: Access,
    project: "Project",
    source: str,
    text: str = "",
    target: Mapping[str, Any] | None = None,
    model: str | None = None,
) -> Ask:
    """Ask for an outline.

    Raises:
        Invalid: nothing to outline, or too much, or a model that cannot.
    """
    if source == "script":
        raise _wrong("/source", "source-unavailable", "Scripts cannot be outlined yet.")
    refuse_unfit_source(project=project, source=source, text=text)
    return Ask(
        kind=JobKind.OUTLINE,
        workspace=access.workspace,
        project=project,
        source=source,
        text=text,
        target=dict(target or {}),
        model=_named(access, project, Task.OUTLINE, model),
    )


def for_pictures(
    *,
    access: Access,
    project: "Project",
    asset_ids: Sequence[UUID] = (),
    count: int = 1,
    model: str | None = None,
) -> Ask:
    """Ask for the analysis of pictures: of these, or of so many that are not uploaded yet.

    Raises:
        Invalid: `unknown-id`, a picture that is not of this project; or a model that cannot see.
        Conflict: `no-file`, only its address elsewhere is known.
    """
    wanted = list(dict.fromkeys(asset_ids))
    if wanted:
        _refuse_unseen(access, project, wanted)
    return Ask(
        kind=JobKind.VISION,
        workspace=access.workspace,
        project=project,
        count=len(wanted) or count,
        model=_named(access, project, Task.VISION, model),
    )


def for_retry(*, job: Job, project: "Project") -> Ask:
    """Ask for another try of a job.

    Raises:
        Conflict: `job-not-failed`, it is open still or has succeeded.
        Invalid: it asks no model.
        Missing: what it was about is gone.
    """
    if job.status not in {JobStatus.FAILED, JobStatus.CANCELLED}:
        raise Conflict(
            f"This job is {job.status}; only a failed or cancelled one can be tried again.",
            code="job-not-failed",
        )
    if job.kind not in TASKS:
        raise _wrong("/jobId", "asks-no-model", "This job asks no model: it costs nothing.")
    return of_job(job, project)


def _named(access: Access, project: "Project", task: Task, model: str | None) -> str:
    """Give the model that the request names, if it can do the task."""
    return asked_model(access.workspace, project.pk, task, model).get("model", "")


def _refuse_unseen(access: Access, project: "Project", wanted: Sequence[UUID]) -> None:
    rows = selectors.list_assets(access=access, project_id=project.pk).filter(pk__in=wanted)
    known = {row.pk: bool(row.model_input) for row in rows}
    faults = [
        Fault(f"/assetIds/{place}", "unknown-id", "Not a picture of this project.")
        for place, key in enumerate(wanted)
        if key not in known
    ]
    if faults:
        raise Invalid(faults[0].detail, code="unknown-id", faults=faults)
    if not all(known.values()):
        raise Conflict("A picture is only an address; upload it first.", code="no-file")


def _wrong(pointer: str, code: str, detail: str) -> Invalid:
    return Invalid(detail, code=code, faults=[Fault(pointer, code, detail)])
