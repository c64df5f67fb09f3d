"""Keeping what runs in this process alive: one thread renews every lease.

A claim whose lease could not be renewed is no longer ours: the job was cancelled, or taken over
because this process stood still. Its open call is stopped; whatever it writes is fenced off anyway.
"""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db.models.functions import Now

from ai.jobs import loops
from ai.jobs.watchdog import listen_for_cancels, watchdog
from ai.models import Job, JobStatus

WORKER: Final = f"{socket.gethostname()}:{os.getpid()}"

_lock: Final = threading.Lock()
_keeper: threading.Thread | None = None


def length() -> timedelta:
    """Say how long a claim holds without renewal."""
    return timedelta(seconds=settings.JOB_LEASE_S)


@contextmanager
def held(job: Job) -> Iterator[None]:
    """Renew the job's lease until the block ends."""
    assert job.fence is not None  # noqa: S101 a claimed job has one
    with watchdog.holding(job.fence, job.pk):
        _start()
        yield


def _start() -> None:
    global _keeper  # noqa: PLW0603 one keeper per process
    with _lock:
        if _keeper is None or not _keeper.is_alive():
            listen_for_cancels()
            _keeper = loops.start("leases", renew, every_s=settings.JOB_LEASE_RENEWAL_S)


def renew() -> None:
    """Renew all leases of this process in one statement, and let go of those that are lost."""
    mine = watchdog.held()
    if not mine:
        return
    rows = Job.objects.filter(fence__in=mine)
    running = rows.filter(status=JobStatus.RUNNING)
    if running.update(lease_until=Now() + length()) == len(mine):
        return
    kept = set(running.values_list("fence", flat=True))
    cancelled = set(rows.filter(status=JobStatus.CANCELLED).values_list("fence", flat=True))
    for fence in mine.keys() - kept:
        watchdog.stop(fence, "cancelled" if fence in cancelled else "lease-lost")
