"""One thread per process that ends calls which must end: too slow, cancelled, or no longer ours.

A thread pool has no soft time limit, and closing a response from another thread does not wake
its reader. So each open call registers how to abort it; the reader then raises the reason.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from ai.openrouter.errors import StoppedError, StopReason
from canvas.core import bus

TICK_S: Final = 0.1

# Returns False while the call has not begun; the watchdog then tries again.
Abort = Callable[[StoppedError], bool]


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a call may take, in seconds. Keep-alive comments do not count as data."""

    first_data_s: float
    idle_s: float
    total_s: float


@dataclass(eq=False, slots=True)
class _Watch:
    job_id: UUID
    abort: Abort
    limits: Limits
    started: float = field(default_factory=time.monotonic)
    last_data: float | None = None
    reason: StopReason | None = None

    def overdue(self, now: float) -> StopReason | None:
        if self.reason is not None:
            return self.reason
        if now - self.started > self.limits.total_s:
            return "total"
        if self.last_data is None:
            return "first-data" if now - self.started > self.limits.first_data_s else None
        return "idle" if now - self.last_data > self.limits.idle_s else None

    def stop(self, reason: StopReason) -> None:
        self.reason = reason
        self.abort(StoppedError(reason))


class Watchdog:
    """The open calls of this process, and the jobs that were told to stop."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open: set[_Watch] = set()
        self._stopped: dict[UUID, StopReason] = {}
        self._thread: threading.Thread | None = None

    @contextmanager
    def watching(self, job_id: UUID, abort: Abort, limits: Limits) -> Iterator[Callable[[], None]]:
        """Watch one call; yield what the reader calls at each piece of data.

        Raises:
            StoppedError: the job was told to stop before the call began.
        """
        watch = _Watch(job_id, abort, limits)
        with self._changed:
            if job_id in self._stopped:
                raise StoppedError(self._stopped[job_id])
            self._open.add(watch)
            self._start()
            self._changed.notify()

        def beat() -> None:
            watch.last_data = time.monotonic()

        try:
            yield beat
        finally:
            with self._changed:
                self._open.discard(watch)

    def stop(self, job_id: UUID, reason: StopReason) -> None:
        """End the job's open call now, and refuse its next one."""
        with self._changed:
            self._stopped[job_id] = reason
            open_now = [watch for watch in self._open if watch.job_id == job_id]
        for watch in open_now:
            watch.stop(reason)

    def forget(self, job_id: UUID) -> None:
        """Forget a job that has left this process."""
        with self._changed:
            self._stopped.pop(job_id, None)

    def _start(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
            self._thread.start()

    def _watch(self) -> None:
        while True:
            with self._changed:
                if not self._open:
                    self._changed.wait()
                now = time.monotonic()
                late = [(watch, why) for watch in self._open if (why := watch.overdue(now))]
            for watch, why in late:
                watch.stop(why)
            time.sleep(TICK_S)


watchdog: Final = Watchdog()


def listen_for_cancels() -> None:
    """Stop the calls of cancelled jobs as soon as the bus says so."""
    bus.hub.on("stop:", lambda text: watchdog.stop(UUID(text), "cancelled"))
