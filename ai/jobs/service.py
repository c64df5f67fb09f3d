"""Submitting, cancelling and retrying jobs."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from ai.models import Job, JobStatus, JobStep
from ai.queue import ring_on_commit
from canvas.core import bus
from canvas.core.errors import Conflict
from canvas.core.requests import current_request_id
from canvas.workspaces.access import Access
from scenes.services import feed

# The first ring goes out on commit; this is when the sweeper rings again if nobody came.
RING_AGAIN_AFTER: Final = timedelta(seconds=10)


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
        )
        job.save(force_insert=True)
        job.refresh_from_db(fields=["ring_at"])
        note(job, "queued", f"retry of {retry_of.pk}" if retry_of else "")
        tell(job)
        ring_on_commit(job.pk)
    return job


def cancel(*, job: Job) -> Job:
    """End a job now. Its worker's open call is closed, and whatever it still writes is fenced off.

    A finished job stays as it is.
    """
    with transaction.atomic():
        open_rows = Job.objects.filter(pk=job.pk, status__in=[JobStatus.QUEUED, JobStatus.RUNNING])
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
    """Submit the same work again as a new job.

    Raises:
        Conflict: `job-not-failed`, it is open still or has succeeded.
    """
    if job.status not in {JobStatus.FAILED, JobStatus.CANCELLED}:
        raise Conflict(
            f"This job is {job.status}; only a failed or cancelled one can be tried again.",
            code="job-not-failed",
        )
    return submit(
        access=access,
        kind=job.kind,
        project_id=job.project_id,
        subject_id=job.subject_id,
        payload=job.payload,
        retry_of=job,
    )


def note(job: Job, name: str, text: str = "") -> None:
    """Add a line to the job's timeline."""
    JobStep.objects.create(job=job, name=name, note=text[:500])


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
    transaction.on_commit(lambda: bus.announce(f"job:{job.pk}"))
