"""Keeping what runs in this process alive: one thread renews every lease.

A job whose lease could not be renewed is no longer ours: it was cancelled, or taken over because
this process stood still. Its open call is stopped; whatever it writes is fenced off anyway.
"""

import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connections
from django.db.models.functions import Now

from ai.jobs.watchdog import listen_for_cancels, watchdog
from ai.models import Job, JobStatus

logger = logging.getLogger(__name__)

WORKER: Final = f"{socket.gethostname()}:{os.getpid()}"

_lock: Final = threading.Lock()
_held: Final[dict[UUID, UUID]] = {}  # fence -> job
_keeper: threading.Thread | None = None
_woken: Final = threading.Event()


def length() -> timedelta:
    """Say how long a claim holds without renewal."""
    return timedelta(seconds=settings.JOB_LEASE_S)


@contextmanager
def held(job: Job) -> Iterator[None]:
    """Renew the job's lease until the block ends."""
    fence = job.fence
    assert fence is not None  # noqa: S101 a claimed job has one
    with _lock:
        _held[fence] = job.pk
        _start()
    try:
        yield
    finally:
        with _lock:
            _held.pop(fence, None)
        watchdog.forget(job.pk)


def _start() -> None:
    global _keeper  # noqa: PLW0603 one keeper per process
    if _keeper is None or not _keeper.is_alive():
        listen_for_cancels()
        _keeper = threading.Thread(target=_keep, name="leases", daemon=True)
        _keeper.start()


def _keep() -> None:
    while not _woken.wait(settings.JOB_LEASE_RENEWAL_S):
        try:
            renew()
        except DatabaseError as exc:
            logger.warning("leases: not renewed: %s", type(exc).__name__)
        finally:
            connections.close_all()


def renew() -> None:
    """Renew all leases of this process in one statement, and let go of those that are lost."""
    with _lock:
        mine = dict(_held)
    if not mine:
        return
    rows = Job.objects.filter(status=JobStatus.RUNNING, fence__in=mine)
    if rows.update(lease_until=Now() + length()) == len(mine):
        return
    kept = set(rows.values_list("fence", flat=True))
    for fence, job_id in mine.items():
        if fence not in kept:
            watchdog.stop(job_id, "lease-lost")
