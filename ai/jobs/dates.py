"""Dates that cannot be: written while the database's clock was ahead, and waited for since.

Nothing of ours is put off for longer than an hour, and no lease is longer than its length.
"""

from datetime import timedelta
from typing import Final

from django.db.models import Q
from django.db.models.functions import Now

from ai.jobs import lease
from ai.jobs.schedule import Act, register
from ai.models import CallStatus, Job, JobStatus, UpstreamCall

EVERY: Final = timedelta(minutes=5)
LONGEST_WAIT: Final = timedelta(hours=1)
MARGIN: Final = timedelta(minutes=1)


def schedule() -> None:
    """Have dates looked at by the clock."""
    register(Act("impossible-dates", every=EVERY, do=mend))


def mend() -> str:
    """Bring back what waits for a time that was never meant; say how many rows it was.

    A worker that lives renews its lease anyway; one that died is missed after two lengths.
    """
    beyond = Now() + LONGEST_WAIT + MARGIN
    queued = Job.objects.filter(status=JobStatus.QUEUED)
    jobs = queued.filter(Q(run_after__gt=beyond) | Q(ring_at__gt=beyond)).update(
        run_after=Now(), ring_at=Now()
    )
    running = Job.objects.filter(status=JobStatus.RUNNING)
    leases = running.filter(lease_until__gt=Now() + 2 * lease.length() + MARGIN).update(
        lease_until=Now() + 2 * lease.length()
    )
    owed = UpstreamCall.objects.filter(status=CallStatus.UNKNOWN, look_up_at__gt=beyond)
    bills = owed.update(look_up_at=Now())
    return f"{jobs} jobs, {leases} leases and {bills} bills were put off for too long"
