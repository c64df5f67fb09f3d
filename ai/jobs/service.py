"""Submitting, cancelling and retrying jobs."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from ai import ledger
from ai.jobs import fairness
from ai.models import Job, JobKind, JobStatus, JobStep
from ai.queue import ring_on_commit
from canvas.core import bus
from canvas.core.errors import Conflict
from canvas.core.prepared import Insert, Select
from canvas.core.requests import current_request_id
from canvas.workspaces.access import Access
from canvas.workspaces.models import SecondMessage
from scenes.services import feed
from scenes.services.locks import lock_project

# The first ring goes out on commit; this is when the sweeper rings again if nobody came.
RING_AGAIN_AFTER: Final = timedelta(seconds=5)
OPEN: Final = (JobStatus.QUEUED, JobStatus.RUNNING)
_add_step: Final = Insert(JobStep)
_open_turn: Final = Select(
    lambda project: Job.objects.filter(
        project_id=project, kind=JobKind.CHAT, status__in=OPEN
    ).order_by()[:1],
    project=UUID,
)


def submit(
    *,
    access: Access,
    kind: str,
    project_id: UUID | None,
    subject_id: UUID | None = None,
    payload: Mapping[str, Any] | None = None,
    retry_of: Job | None = None,
) -> Job:
    """Store a job and ring for a worker when the transaction commits."""
    with transaction.atomic():
        job = Job(
            workspace=access.workspace,
            project_id=project_id,
            kind=kind,
            subject_id=subject_id,
            payload=dict(payload or {}),
            retry_of=retry_of,
            request_id=current_request_id(),
            user_id=access.user.pk if access.user else None,
            token_id=access.token.pk if access.token else None,
            ring_at=Now() + RING_AGAIN_AFTER,
            turn=fairness.next_turn(workspace_id=access.workspace.pk, kind=kind),
        )
        job.save(force_insert=True)
        note(job, "queued", f"retry of {retry_of.pk}" if retry_of else "")
        tell(job)
        ring_on_commit(job.pk)
    return job


def cancel(*, job: Job) -> Job:
    """End a job now. Its worker's open call is closed, and whatever it still writes is fenced off.

    A finished job stays as it is.
    """
    with transaction.atomic():
        open_rows = Job.objects.filter(pk=job.pk, status__in=OPEN)
        hit = open_rows.update(
            status=JobStatus.CANCELLED,
            finished_at=Now(),
            ring_at=None,
            lease_until=None,
            version=F("version") + 1,
            modified_at=Now(),
        )
        job.refresh_from_db()
        if hit:
            note(job, "cancelled")
            tell(job)
            transaction.on_commit(lambda: bus.announce(f"stop:{job.pk}"))
    return job


def retry(*, job: Job, access: Access) -> Job:
    """Submit the same work again as a new job, or return the retry that is open already.

    Locks the job's row, then for a chat its project's: the order of a worker that ends a turn.

    Raises:
        Conflict: `job-not-failed`, it is open still or has succeeded; `turn-in-progress`, the
            director answers another message.
        Unaffordable: the month's budget or tokens are used up.
        Missing: its project was deleted meanwhile.
    """
    with transaction.atomic():
        row = Job.objects.select_for_update(of=("self",), no_key=True).get(pk=job.pk)
        if row.status not in {JobStatus.FAILED, JobStatus.CANCELLED}:
            raise Conflict(
                f"This job is {row.status}; only a failed or cancelled one can be tried again.",
                code="job-not-failed",
            )
        if same := Job.objects.filter(retry_of=row, status__in=OPEN).first():
            return same
        if row.kind != JobKind.EXPORT:  # no model is asked for a file
            ledger.refuse_exhausted(access.workspace, row.project_id)
        if row.kind == JobKind.CHAT and row.project_id is not None:
            lock_project(row.project_id)
            refuse_second_turn(access=access, project_id=row.project_id)
        return submit(
            access=access,
            kind=row.kind,
            project_id=row.project_id,
            subject_id=row.subject_id,
            payload=row.payload,
            retry_of=row,
        )


def refuse_second_turn(*, access: Access, project_id: UUID) -> None:
    """Refuse a turn while another one is open, unless the workspace lets it wait in the queue.

    Called under the project's lock.

    Raises:
        Conflict: `turn-in-progress`, with the id of the job to wait for.
    """
    if access.workspace.second_message == SecondMessage.QUEUE:
        return
    if open_turn := _open_turn.first(project=project_id):
        raise Conflict(
            "The director is still answering. Wait for it, or cancel that job.",
            code="turn-in-progress",
            extra={"jobId": str(open_turn.pk)},
        )


def note(job: Job, name: str, text: str = "") -> None:
    """Add a line to the job's timeline."""
    _add_step([JobStep(job_id=job.pk, name=name, note=text[:500])])


def tell(job: Job) -> None:
    """Publish where the job is, and wake who waits for it."""
    if job.project_id is not None:
        progress = {
            "done": job.progress_done,
            "total": job.progress_total,
            "note": job.progress_note,
        }
        data = {"id": str(job.pk), "kind": job.kind, "status": job.status, "progress": progress}
        feed.publish(job.project_id, [feed.NewEvent("job.updated", data, job.pk)])
    bus.announce_on_commit(f"job:{job.pk}")
