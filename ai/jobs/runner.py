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
from copy import copy
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from ai.jobs import fairness, lease, overdue, rows, steps
from ai.jobs.registry import Store, work_of
from ai.jobs.service import note, tell
from ai.jobs.watchdog import watchdog
from ai.models import Job, JobKind, JobStatus
from ai.openrouter.errors import OpenRouterError, StoppedError
from canvas.core.errors import DomainError, Internal, Upstream
from canvas.core.outages import is_outage
from canvas.core.prepared import Update
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
# One more death and it fails: two such jobs never run at once, so that only the cause is left.
_last_tries: Final = threading.BoundedSemaphore(1)


class FencedError(Exception):
    """The job is no longer ours: cancelled, or taken over after its lease ran out."""


def heard(job_id: UUID) -> None:
    """Answer a ring: do the job whose turn it is, which need not be the one that was rung for.

    Every queued job has its ring, so each finds somebody; see ai.jobs.fairness.
    """
    try:
        job = claim_fairest()
        if job is not None:
            _do(job)
        if job is None or job.pk != job_id:
            _try_suspect(job_id)
        if suspect := fairness.find_suspect():
            _try_suspect(suspect)
    except (OperationalError, InterfaceError) as exc:
        logger.warning("job %s: left to the next ring: %s", job_id, type(exc).__name__)


def run(job_id: UUID) -> None:
    """Do this very job if it is still there to be done; anything else ends without a word."""
    try:
        _run(job_id)
    except (OperationalError, InterfaceError) as exc:
        logger.warning("job %s: left to the next ring: %s", job_id, type(exc).__name__)


def _run(job_id: UUID) -> None:
    job = claim(job_id)
    if job is not None:
        _do(job)
        return
    _try_suspect(job_id)


def _try_suspect(job_id: UUID) -> None:
    """Do a job whose worker has died before, a few of them at a time."""
    if not rows.queued(job_id, crashes__gt=0).exists():
        return
    gate = _last_tries if rows.queued(job_id, crashes__gt=1).exists() else _suspects
    if not gate.acquire(blocking=False):
        later = Now() + timedelta(seconds=SUSPECT_LATER_S)
        rows.queued(job_id, crashes__gt=0).update(ring_at=later)
        return
    try:
        if suspect := claim(job_id, suspect=True):
            _do(suspect)
    finally:
        gate.release()


def _do(job: Job) -> None:
    steps.reached("claimed")
    with request_id_is(job.request_id), lease.held(job), overdue.watched(job, _took_too_long):
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
        except overdue.OverdueError:
            _fail(job, _too_long())
        except MemoryError:
            logger.exception("job %s: out of memory", job.pk)
            _let_go(job)
        except Exception as exc:
            if is_outage(exc):
                _give_back(job, "the database ended the session")
                return
            logger.exception("job %s: internal error", job.pk)
            _fail(job, Internal("Something went wrong on our side."))


def claim(job_id: UUID, *, suspect: bool = False) -> Job | None:
    """Take the job if it is queued and due, or return None.

    Args:
        job_id: the job.
        suspect: take one whose worker has died before, and no other.
    """
    try:
        with transaction.atomic():
            return _take(job_id, rows.claim_suspect if suspect else rows.claim)
    except IntegrityError:  # another turn of this project is running
        _requeue(rows.queued(job_id), SOON_S)
        return None


def claim_fairest() -> Job | None:
    """Take the job whose turn it is, or return None when nothing is due."""
    while True:
        job_id: UUID | None = None
        try:
            with transaction.atomic():
                job_id = fairness.pick()
                if job_id is None:
                    return None
                job = _take(job_id, rows.claim)
        except IntegrityError:  # another turn of this project is running
            if job_id is not None:
                _requeue(rows.queued(job_id), SOON_S)
            continue
        if job is not None:  # else it was cancelled or taken in this moment
            return job


def _take(job_id: UUID, take: Update) -> Job | None:
    hit = take(pk=job_id, fence=uuid4(), lease=lease.length(), worker=lease.WORKER)
    job = rows.find.first(pk=job_id) if hit else None
    if job is not None:
        note(job, "claimed", f"attempt {job.attempts} by {job.worker}")
        tell(job)
    return job


@contextmanager
def guarded(job: Job) -> Iterator[None]:
    """Open a transaction that only the holder of the job can commit.

    Raises:
        FencedError: the job is no longer ours; nothing was written.
    """
    with transaction.atomic():
        if not rows.touch(pk=job.pk, fence=job.fence):
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


def _finish(job: Job, store: Store) -> None:
    with guarded(job):
        job.result = store()
        rows.succeed(pk=job.pk, fence=job.fence, result=job.result)
        _tell_end(job, JobStatus.SUCCEEDED)
        steps.reached("before-commit")
    steps.reached("after-commit")


def _fail(job: Job, error: DomainError) -> None:
    try:
        with guarded(job):
            job.error = as_problem(error)
            _mine(job).update(
                status=JobStatus.FAILED,
                finished_at=Now(),
                lease_until=None,
                error=job.error,
                version=F("version") + 1,
                modified_at=Now(),
            )
            _tell_end(job, JobStatus.FAILED)
    except FencedError:
        logger.info("job %s: fenced off", job.pk)


def _mine(job: Job) -> QuerySet[Job]:
    assert job.fence is not None  # noqa: S101 a claimed job has one
    return rows.held(job.pk, job.fence)


def _tell_end(job: Job, status: JobStatus) -> None:
    job.status = status
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


def _let_go(job: Job) -> None:
    """Leave the job as a dead worker would: it may be the cause, or an innocent beside it."""
    with transaction.atomic():
        if _mine(job).update(lease_until=Now()):
            note(job, "out-of-memory")


def _took_too_long(job: Job) -> None:
    """Fail an overdue job, from another thread than its own, and end the call that it may be in."""
    assert job.fence is not None  # noqa: S101 a claimed job has one
    own = copy(job)  # its thread may go on with the other
    watchdog.stop(job.fence, "total")
    with transaction.atomic():
        if connection.vendor == "postgresql":  # the job itself may hold its row for ever
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '2s'")
        _fail(own, _too_long())


def _too_long() -> Internal:
    most_s = settings.JOB_LONGEST_S
    return Internal(f"This took longer than {most_s:.0f} seconds.", code="took-too-long")


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


def _requeue(jobs: QuerySet[Job], wait_s: float, **values: Any) -> bool:  # noqa: ANN401 columns
    due = Now() + timedelta(seconds=wait_s)
    hit = jobs.update(
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
