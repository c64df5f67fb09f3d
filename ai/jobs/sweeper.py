"""Bringing back what was lost: rings again, re-queues jobs without a living worker, prunes.

Runs at the start of every worker and every few seconds. Several sweepers do no harm: each act is
a conditional UPDATE.
"""

import logging
import threading
import time
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import DatabaseError, connections, transaction
from django.db.models import F
from django.db.models.functions import Now

from ai import ledger, queue
from ai.jobs import bills, lease, retention
from ai.jobs.service import note, tell
from ai.models import Job, JobStatus
from canvas.core.errors import Internal
from canvas.core.problems import as_problem

logger = logging.getLogger(__name__)

MOST_CRASHES: Final = 3
BATCH: Final = 500
RING_AGAIN_AFTER: Final = timedelta(seconds=10)
PRUNE_EVERY_S: Final = 3600.0

_lock: Final = threading.Lock()
_thread: threading.Thread | None = None


def start() -> None:
    """Sweep in a thread of this process for as long as it lives."""
    global _thread  # noqa: PLW0603 one sweeper per process
    with _lock:
        if _thread is None or not _thread.is_alive():
            _thread = threading.Thread(target=_loop, name="sweeper", daemon=True)
            _thread.start()


def _loop() -> None:
    first, pruned_at = True, 0.0
    while True:
        try:
            sweep(all_queued=first)
            first = False
            if time.monotonic() - pruned_at > PRUNE_EVERY_S:
                pruned_at = time.monotonic()
                retention.prune()
        except DatabaseError as exc:
            logger.warning("sweeper: %s", type(exc).__name__)
        finally:
            connections.close_all()
        time.sleep(settings.JOB_SWEEP_EVERY_S)


def sweep(*, all_queued: bool = False) -> None:
    """Do one round.

    Args:
        all_queued: ring for everything that is due, also what was rung a moment ago; for the
            start, when a queue in memory has forgotten everything.
    """
    requeue_lost()
    dispatch(all_queued=all_queued)
    ledger.abandon_orphans(silent_for=2 * lease.length())
    bills.look_up_due()


def dispatch(*, all_queued: bool = False) -> int:
    """Ring for the queued jobs that are due; return how many."""
    due = Job.objects.filter(status=JobStatus.QUEUED, run_after__lte=Now())
    if not all_queued:
        due = due.filter(ring_at__lte=Now())
    ids = list(due.order_by("run_after").values_list("pk", flat=True)[:BATCH])
    Job.objects.filter(pk__in=ids, status=JobStatus.QUEUED).update(ring_at=Now() + RING_AGAIN_AFTER)
    for job_id in ids:
        queue.ring(job_id)
    return len(ids)


def requeue_lost() -> int:
    """Queue again what lost its lease, or fail it after the third time; return how many."""
    lost = Job.objects.filter(lease_until__lt=Now(), status=JobStatus.RUNNING)
    return sum(_bring_back(job) for job in lost[:BATCH])


def _bring_back(job: Job) -> int:
    """Take one job from its dead worker; its open calls may have cost something."""
    gone = job.crashes + 1 >= MOST_CRASHES
    error = Internal(f"The worker died {MOST_CRASHES} times while doing this.", code="worker-lost")
    with transaction.atomic():
        hit = Job.objects.filter(
            pk=job.pk, status=JobStatus.RUNNING, fence=job.fence, lease_until__lt=Now()
        ).update(
            status=JobStatus.FAILED if gone else JobStatus.QUEUED,
            finished_at=Now() if gone else None,
            error=as_problem(error) if gone else None,
            crashes=F("crashes") + 1,
            fence=None,
            lease_until=None,
            run_after=Now(),
            ring_at=None if gone else Now(),
            version=F("version") + 1,
            modified_at=Now(),
        )
        if not hit:
            return 0
        ledger.abandon(job_id=job.pk, fence=job.fence)
        note(job, "lost", f"{job.worker} said nothing more")
        job.refresh_from_db()
        tell(job)
    return 1
