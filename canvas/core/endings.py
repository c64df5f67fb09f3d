"""Waiting for the end of a job without a thread: one look at the table serves all who wait."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Collection, Iterator, Set
from typing import Final
from uuid import UUID

from canvas.core.rounds import rounds

Find = Callable[[Collection[UUID]], Set[UUID]]


class _Waiter:
    """One coroutine that waits."""

    def __init__(self, job_id: UUID) -> None:
        self.job_id = job_id
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[bool] = self._loop.create_future()

    def tell(self) -> None:
        """Let it go on, from any thread."""
        with contextlib.suppress(RuntimeError):  # its loop has closed
            self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        if not self.ended.done():
            self.ended.set_result(True)


class Endings:
    """Who waits for which job. `find` gives those of some jobs that have ended."""

    def __init__(self) -> None:
        self.find: Find = lambda _: frozenset()  # whoever knows jobs says how
        self._lock = threading.Lock()
        self._waiters: dict[str, set[_Waiter]] = {}

    async def await_end(self, job_id: UUID, timeout_s: float) -> bool:
        """Wait until a job has ended; False when it has not in time."""
        topic, waiter = f"job:{job_id}", _Waiter(job_id)
        with self._waiting(topic, waiter):
            await rounds.be_on()
            rounds.call(topic)  # it may have ended already
            try:
                return await asyncio.wait_for(waiter.ended, timeout_s)
            except TimeoutError:
                return False

    def follows(self, topic: str) -> bool:
        """Say whether anybody waits for this job."""
        return topic in self._waiters

    def is_empty(self) -> bool:
        """Say whether nobody waits."""
        return not self._waiters

    def look(self, topics: Set[str], *, at_all: bool) -> None:
        """Read which jobs have ended, and tell their waiters."""
        with self._lock:
            asked = list(self._waiters) if at_all else [*topics & self._waiters.keys()]
            waiters = [waiter for topic in asked for waiter in self._waiters[topic]]
        if waiters:
            ended = self.find({waiter.job_id for waiter in waiters})
            for waiter in waiters:
                if waiter.job_id in ended:
                    waiter.tell()

    def fail(self, exc: Exception) -> None:
        """Wait on: the next round looks again."""

    @contextlib.contextmanager
    def _waiting(self, topic: str, waiter: _Waiter) -> Iterator[None]:
        with self._lock:
            self._waiters.setdefault(topic, set()).add(waiter)
        try:
            yield
        finally:
            with self._lock:
                self._waiters[topic].discard(waiter)
                if not self._waiters[topic]:
                    del self._waiters[topic]


endings: Final = Endings()
rounds.add(endings)
