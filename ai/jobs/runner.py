"""Doing one job: claim it by one conditional UPDATE, work, and finish under the guard.

    claim     status=running, a lease, a fresh fence, attempts + 1        or stop here
    work      load and call; no transaction is open; what it needs kept, it commits guarded
    finish    UPDATE … WHERE running AND fence=mine, then result and effects, one transaction
    wait      queued again with `run_after`; the sweeper rings then; given up after PATIENCE

Whoever lost the fence writes nothing. A process that dies anywhere leaves a lease that runs out.
"""

import logging
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from ai.jobs import lease, steps
from ai.jobs.registry import Store, work_of
from ai.jobs.service import note, tell
from ai.models import Job, JobKind, JobStatus
from ai.openrouter.errors import OpenRouterError, StoppedError
from canvas.core.errors import DomainError, Internal, Upstream
from canvas.core.problems import as_problem
from canvas.core.requests import request_id_is
from scenes.services import feed

logger = logging.getLogger(__name__)

# How long a job waits for a busy or broken upstream before it fails, from its first claim on.
PATIENCE: Final = {JobKind.CHAT: timedelta(minutes=3)}
LONGEST_PATIENCE: Final = timedelta(minutes=30)
LONGEST_BACKOFF_S: Final = 60.0
SOON_S: Final = 1.0
SUSPECT_LATER_S: Final = 2.0
# Jobs whose worker has died once already are few at a time: the one that kills its worker again
# takes no innocent ones with it.
_suspects: Final = threading.BoundedSemaphore(4)


class FencedError(Exception):
    """The job is no longer ours: cancelled, or taken over after its lease ran out."""


def run(job_id: UUID) -> None:
    """Do the job if it is still there to be done; anything else ends without a word."""
    job = claim(job_id)
    if job is not None:
        _do(job)
    elif not _suspects.acquire(blocking=False):
        later = Now() + timedelta(seconds=SUSPECT_LATER_S)
        _queued(job_id, crashes__gt=0).update(ring_at=later)
    else:
        try:
            if suspect := claim(job_id, suspect=True):
                _do(suspect)
        finally:
            _suspects.release()


def _do(job: Job) -> None:
    steps.reached("claimed")
    with request_id_is(job.request_id), lease.held(job):
        try:
            _finish(job, work_of(job.kind)(job))
        except FencedError:
            logger.info("job %s: fenced off", job.pk)
        except (OperationalError, InterfaceError):
            logger.warning("job %s: the database went away", job.pk)
            _give_back(job, "the database went away")
        except StoppedError as exc:
            _stopped(job, exc)
        except OpenRouterError as exc:
            _wait_or_fail(job, exc)
        except DomainError as exc:
            _fail(job, exc)
        except Exception:
            logger.exception("job %s: internal error", job.pk)
            _fail(job, Internal("Something went wrong on our side."))


def claim(job_id: UUID, *, suspect: bool = False) -> Job | None:
    """Take the job if it is queued and due, or return None.

    Args:
        job_id: the job.
        suspect: take one whose worker has died before, and no other.
    """
    wanted = {"crashes__gt": 0} if suspect else {"crashes": 0}
    try:
        with transaction.atomic():
            hit = _queued(job_id, run_after__lte=Now(), **wanted).update(
                status=JobStatus.RUNNING,
                fence=uuid4(),
                lease_until=Now() + lease.length(),
                worker=lease.WORKER,
                attempts=F("attempts") + 1,
                started_at=Coalesce("started_at", Now()),
                ring_at=None,
                version=F("version") + 1,
                modified_at=Now(),
            )
            if not hit:
                return None
            job = Job.objects.select_related("workspace__plan", "project").get(pk=job_id)
            note(job, "claimed", f"attempt {job.attempts} by {job.worker}")
            tell(job)
            return job
    except IntegrityError:  # another turn of this project is running
        _requeue(_queued(job_id), SOON_S)
        return None


def _queued(job_id: UUID, **more: Any) -> Any:  # noqa: ANN401 lookups, and a queryset
    return Job.objects.filter(pk=job_id, status=JobStatus.QUEUED, **more)


@contextmanager
def guarded(job: Job) -> Iterator[None]:
    """Open a transaction that only the holder of the job can commit.

    Raises:
        FencedError: the job is no longer ours; nothing was written.
    """
    with transaction.atomic():
        if not _mine(job).update(modified_at=Now()):
            raise FencedError
        yield


def progress(job: Job, *, done: int, total: int | None = None, words: str = "") -> None:
    """Say how far the job is. Called inside `guarded`."""
    job.progress_done, job.progress_total, job.progress_note = done, total, words[:200]
    _mine(job).update(
        progress_done=done,
        progress_total=total,
        progress_note=job.progress_note,
        crashes=0,  # it gets on, so it is not what kills workers
        version=F("version") + 1,
    )
    tell(job)


def _mine(job: Job) -> Any:  # noqa: ANN401 a queryset
    return Job.objects.filter(pk=job.pk, status=JobStatus.RUNNING, fence=job.fence)


def _finish(job: Job, store: Store) -> None:
    with guarded(job):
        result = store()
        _end(job, JobStatus.SUCCEEDED, result=result)
        steps.reached("before-commit")
    steps.reached("after-commit")


def _fail(job: Job, error: DomainError) -> None:
    try:
        with guarded(job):
            _end(job, JobStatus.FAILED, error=as_problem(error))
    except FencedError:
        logger.info("job %s: fenced off", job.pk)


def _end(job: Job, status: JobStatus, **values: Any) -> None:  # noqa: ANN401 columns
    _mine(job).update(
        status=status,
        finished_at=Now(),
        lease_until=None,
        version=F("version") + 1,
        modified_at=Now(),
        **values,
    )
    job.refresh_from_db()
    note(job, status, str((job.error or {}).get("code", "")))
    if job.error is not None and job.project_id is not None:
        feed.publish(job.project_id, [feed.NewEvent("error", job.error, job.pk)])
    tell(job)


def _stopped(job: Job, error: StoppedError) -> None:
    if error.reason in {"cancelled", "lease-lost", "shutdown"}:
        logger.info("job %s: stopped: %s", job.pk, error.reason)
        _give_back(job, error.reason)
        return
    _wait_or_fail(job, error)


def _give_back(job: Job, why: str) -> None:
    """Queue the job again at once if it is still ours, without calling it a crash."""
    try:
        with transaction.atomic():
            if _requeue(_mine(job), SOON_S):
                note(job, "given-back", why)
    except (OperationalError, InterfaceError):
        logger.warning("job %s: left to its lease", job.pk)


def _wait_or_fail(job: Job, error: OpenRouterError) -> None:
    # A deadline of ours is like any other outage: later it may go well.
    hopeful = error.retryable or isinstance(error, StoppedError)
    wait_s = _wait_s(job, error)
    if not hopeful or _is_out_of_patience(job, wait_s):
        _fail(job, _as_domain(error))
        return
    with transaction.atomic():
        if _requeue(_mine(job), wait_s, waits=F("waits") + 1):
            note(job, "waits", f"{wait_s:.1f} s: {error}")
            job.refresh_from_db()
            tell(job)


def _requeue(rows: Any, wait_s: float, **values: Any) -> bool:  # noqa: ANN401 a queryset
    due = Now() + timedelta(seconds=wait_s)
    hit: int = rows.update(
        status=JobStatus.QUEUED,
        fence=None,
        lease_until=None,
        run_after=due,
        ring_at=due,
        version=F("version") + 1,
        modified_at=Now(),
        **values,
    )
    return hit > 0


def _wait_s(job: Job, error: OpenRouterError) -> float:
    """Wait as long as asked for, at least the backoff, and not all at the same moment."""
    backoff_s = min(2.0**job.waits, LONGEST_BACKOFF_S)
    jitter = random.uniform(1.0, 1.3)  # noqa: S311 not a secret
    return max(error.retry_after_s or 0.0, backoff_s) * jitter


def _is_out_of_patience(job: Job, wait_s: float) -> bool:
    patience = PATIENCE.get(JobKind(job.kind), LONGEST_PATIENCE)
    begun = job.started_at or timezone.now()
    return timezone.now() + timedelta(seconds=wait_s) > begun + patience


def _as_domain(error: OpenRouterError) -> DomainError:
    """Tell a person what the outside world said."""
    extra = {"upstreamStatus": error.status} if error.status else {}
    code = f"upstream-{error.error_type or 'failed'}".replace("_", "-")
    return Upstream(str(error), code=code, extra=extra)
