"""Ending jobs that go on for too long. Calls have deadlines of their own; loops of ours have not.

The job ends under its fence, so that nobody waits for it. Then its thread is told to stop, between
two steps of Python, to have its place back; one that sits in foreign code keeps it.
"""

import ctypes
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Final
from uuid import UUID

from django.conf import settings

from ai.jobs import loops
from ai.models import Job

LOOK_EVERY_S: Final = 1.0
# Who is inside one of these may hold a lock, a connection or money.
LOCKING: Final = (
    "canvas.core.sqlite", "django.db", "psycopg", "logging", "httpcore", "queue", "ai.ledger",
)  # fmt: skip

End = Callable[[Job], None]

_lock: Final = threading.Lock()
_open: Final[dict[UUID, "_Claim"]] = {}
_looker: threading.Thread | None = None


class OverdueError(Exception):
    """Raised in the thread of a job that has taken too long, wherever it is."""


@dataclass(slots=True)
class _Claim:
    fence: UUID  # the row of the job loses its own when it waits
    job: Job
    end: End
    thread_id: int = field(default_factory=threading.get_ident)
    started: float = field(default_factory=time.monotonic)
    has_ended: bool = False
    was_told: bool = False


@contextmanager
def watched(job: Job, end: End) -> Iterator[None]:
    """Watch the job for as long as it runs in this thread; `end` fails it when it is overdue."""
    assert job.fence is not None  # noqa: S101 a claimed job has one
    claim = _Claim(job.fence, job, end)
    with _lock:
        _open[claim.fence] = claim
        _start()
    try:
        yield
    finally:
        with _lock:
            del _open[claim.fence]
            if claim.was_told:
                _raise_in(claim.thread_id, None)  # what has not struck yet is not for the next job


def look() -> None:
    """End what is overdue; at later looks, tell its thread if it goes on all the same.

    Most threads end by themselves before: their call has been stopped, and they book it.
    """
    now = time.monotonic()
    with _lock:
        late = [one for one in _open.values() if now - one.started > settings.JOB_LONGEST_S]
    for claim in late:
        if claim.has_ended:
            _tell(claim)
        else:
            claim.has_ended = True  # one try: the job itself may hold what ending it needs
            loops.once(f"job {claim.job.pk}: overdue", partial(claim.end, claim.job))


def _tell(claim: _Claim) -> None:
    with _lock:
        if claim.fence in _open and _may_be_told(claim.thread_id):
            claim.was_told = True
            _raise_in(claim.thread_id, OverdueError)


def _may_be_told(thread_id: int) -> bool:
    """Say whether the thread is where an exception out of nowhere leaves no lock behind."""
    frame = sys._current_frames().get(thread_id)  # noqa: SLF001 the only way to see it
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith(LOCKING):
            return False
        frame = frame.f_back
    return True


def _start() -> None:
    global _looker  # noqa: PLW0603 one per process
    if _looker is None or not _looker.is_alive():
        _looker = loops.start("overdue", look, every_s=LOOK_EVERY_S)


def _raise_in(thread_id: int, error: type[OverdueError] | None) -> None:
    """Have an exception raised in a thread at its next step; None takes it back."""
    thrown = None if error is None else ctypes.py_object(error)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread_id), thrown)
