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
    fence: UUID
    abort: Abort
    limits: Limits
    started: float = field(default_factory=time.monotonic)
    last_data: float | None = None
    reason: StopReason | None = None

    def overdue(self, now: float) -> StopReason | None:
        if self.reason is not None:
            return self.reason  # its abort came too early, before the call had begun
        if now - self.started > self.limits.total_s:
            return "total"
        if self.last_data is None:
            return "first-data" if now - self.started > self.limits.first_data_s else None
        return "idle" if now - self.last_data > self.limits.idle_s else None

    def stop(self, reason: StopReason) -> None:
        self.reason = reason
        self.abort(StoppedError(reason))


class Watchdog:
    """The claims of this process, their open calls, and those that were told to stop.

    A claim is known by its fence, never by its job: a job that was lost and claimed again is not
    stopped by what befell the claim before. Aborting happens under the lock, so that it cannot hit
    the next call of the same client.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._held: dict[UUID, UUID] = {}  # fence -> job
        self._open: set[_Watch] = set()
        self._stopped: dict[UUID, StopReason] = {}
        self._thread: threading.Thread | None = None

    @contextmanager
    def holding(self, fence: UUID, job_id: UUID) -> Iterator[None]:
        """Know a claim for as long as its job runs here."""
        with self._changed:
            self._held[fence] = job_id
        try:
            yield
        finally:
            with self._changed:
                self._held.pop(fence, None)
                self._stopped.pop(fence, None)

    @contextmanager
    def watching(self, fence: UUID, abort: Abort, limits: Limits) -> Iterator[Callable[[], None]]:
        """Watch one call; yield what the reader calls at each piece of data.

        Raises:
            StoppedError: the claim was told to stop before the call began; nothing was sent.
        """
        watch = _Watch(fence, abort, limits)
        with self._changed:
            if fence in self._stopped:
                error = StoppedError(self._stopped[fence])
                error.never_sent = True
                raise error
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

    def held(self) -> dict[UUID, UUID]:
        """Return the claims of this process: fence -> job."""
        with self._changed:
            return dict(self._held)

    def stop(self, fence: UUID, reason: StopReason) -> None:
        """End the claim's open call now, and refuse its next one."""
        with self._changed:
            if fence not in self._held:
                return
            self._stopped[fence] = reason
            for watch in self._open:
                if watch.fence == fence:
                    watch.stop(reason)

    def cancel(self, job_id: UUID) -> None:
        """End a job's open call because a person cancelled it; other processes' jobs are theirs."""
        for fence in [fence for fence, held in self.held().items() if held == job_id]:
            self.stop(fence, "cancelled")

    def stop_all(self, reason: StopReason) -> None:
        """End every open call of this process."""
        for fence in self.held():
            self.stop(fence, reason)

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
                for watch in self._open:
                    if why := watch.overdue(now):
                        watch.stop(why)
            time.sleep(TICK_S)


watchdog: Final = Watchdog()


def listen_for_cancels() -> None:
    """Stop the calls of cancelled jobs as soon as the bus says so."""
    bus.hub.on("stop:", lambda text: watchdog.cancel(UUID(text)))
