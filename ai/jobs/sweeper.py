"""Bringing back what was lost: rings again, re-queues jobs without a living worker, prunes.

Runs at the start of every worker and every few seconds. Several sweepers do no harm: each act is
a conditional UPDATE. No step and no row keeps the others from theirs.
"""

import random
import threading
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from ai import ledger, queue
from ai.jobs import bills, lease, loops, retention, schedule
from ai.jobs.service import note, tell
from ai.models import Job, JobStatus
from canvas.core.errors import Internal
from canvas.core.problems import as_problem

MOST_CRASHES: Final = 3
BATCH: Final = 200
RING_AGAIN_AFTER: Final = timedelta(seconds=5)
LONGEST_SILENCE: Final = timedelta(minutes=5)
SPREAD_S: Final = 3.0
BILLS_EVERY_S: Final = 2.0
PRUNE_EVERY_S: Final = 3600.0

_lock: Final = threading.Lock()
_threads: list[threading.Thread] = []


def start() -> None:
    """Sweep in threads of this process for as long as it lives.

    Bills, pruning and what happens by the clock have threads of their own: they wait for the
    network or for long deletes, and lost jobs wait for neither.
    """
    with _lock:
        if any(thread.is_alive() for thread in _threads):
            return
        loops.once("sweeper", partial(dispatch, all_queued=True))
        _threads[:] = [
            loops.start("sweeper", sweep, every_s=settings.JOB_SWEEP_EVERY_S),
            loops.start("bills", bills.look_up_due, every_s=BILLS_EVERY_S),
            loops.start("retention", retention.prune, every_s=PRUNE_EVERY_S),
            loops.start("schedule", schedule.do_due, every_s=schedule.LOOK_EVERY_S),
        ]


def sweep() -> None:
    """Do one round."""
    loops.once("sweeper: lost jobs", requeue_lost)
    loops.once("sweeper: due jobs", dispatch)
    silence = 2 * lease.length()
    loops.once("sweeper: orphaned calls", partial(ledger.abandon_orphans, silent_for=silence))


def dispatch(*, all_queued: bool = False) -> int:
    """Ring for the queued jobs that are due; return how many.

    Args:
        all_queued: ring for everything that is due, also what was rung a moment ago; for the
            start, when a queue in memory has forgotten everything.
    """
    due = Job.objects.filter(status=JobStatus.QUEUED, run_after__lte=Now())
    if not all_queued:
        due = due.filter(ring_at__lte=Now())
    rung = 0
    for job_id, since in due.order_by("run_after").values_list("pk", "run_after")[:BATCH]:
        # Only the sweeper whose UPDATE hits rings, so that many of them do not ring together.
        if due.filter(pk=job_id).update(ring_at=Now() + _silence(since)):
            if queue.ring(job_id):
                rung += 1
            else:  # the broker is away: how long the job has waited says nothing then
                due_jobs = Job.objects.filter(pk=job_id, status=JobStatus.QUEUED)
                due_jobs.update(ring_at=Now() + RING_AGAIN_AFTER)
    return rung


def _silence(since: datetime) -> timedelta:
    """Ring the less often the longer a job has been due: it stands in the queue already."""
    return min(max(RING_AGAIN_AFTER, (timezone.now() - since) / 2), LONGEST_SILENCE)


def requeue_lost() -> int:
    """Queue again what lost its lease, or fail it after the third time; return how many."""
    lost = Job.objects.filter(lease_until__lt=Now(), status=JobStatus.RUNNING)
    before = list(lost[:BATCH])
    for job in before:
        loops.once(f"job {job.pk}", partial(_bring_back, job))
    return len(before)


def _bring_back(job: Job) -> None:
    """Take one job from its dead worker; its open calls may have cost something."""
    gone = job.crashes + 1 >= MOST_CRASHES
    error = Internal(f"The worker died {MOST_CRASHES} times while doing this.", code="worker-lost")
    # Those that died together do not come back together: one of them may be the cause.
    again = Now() + timedelta(seconds=random.uniform(0, SPREAD_S) * job.crashes)  # noqa: S311
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
            run_after=again,
            ring_at=None if gone else again,
            version=F("version") + 1,
            modified_at=Now(),
        )
        if not hit:
            return
        ledger.abandon(job_id=job.pk, fence=job.fence)
        note(job, "lost", f"{job.worker} said nothing more")
        job.refresh_from_db()
        tell(job)
