"""The bus wakes whoever waits for a topic, in this process or in another. It carries no data.

What a reader shows, it reads from the tables after waking; so a lost wake-up costs time, never
truth, and every waiter also looks again by itself from time to time.

Topics are `<kind>:<id>`: `job:` (a job changed), `project:` (its feed grew), `stop:` (a job was
cancelled), `ring:` (embedded door bell).

Two carriers, chosen by `BUS_URL`: datagram sockets in a folder of this machine (`local://`), or
one Redis channel. PostgreSQL needs neither.
"""

import asyncio
import atexit
import contextlib
import logging
import os
import queue
import threading
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection, transaction

from canvas.core.carriers import Carrier, LocalCarrier, RedisCarrier, kind_of

logger = logging.getLogger(__name__)

MOST_UNDELIVERED: Final = 10_000
START_PATIENCE_S: Final = 2.0
END_PATIENCE_S: Final = 0.2


class Subscription:
    """One coroutine's interest in one topic."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Wake the waiter, from any thread."""
        with contextlib.suppress(RuntimeError):  # its loop has closed
            self._loop.call_soon_threadsafe(self._woken.set)

    async def wait(self, timeout_s: float) -> bool:
        """Wait for the next announcement; False when none came in time."""
        try:
            await asyncio.wait_for(self._woken.wait(), timeout_s)
        except TimeoutError:
            return False
        self._woken.clear()
        return True


class Hub:
    """One process's end of the bus. Its threads start at the first interest.

    Receivers only move topics into a queue, fast enough for a burst; one more thread delivers.
    """

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._callbacks: list[tuple[str, Callable[[str], None]]] = []
        self._kinds: set[str] = set()
        self._begin()

    def announce(self, topic: str) -> None:
        """Wake everybody who waits for the topic. Never raises for a dead listener."""
        self._carrier.send(topic)

    def on(self, prefix: str, callback: Callable[[str], None]) -> None:
        """Call back, on the delivering thread, with the rest of each topic with this prefix."""
        self._callbacks.append((prefix, callback))
        self.listen(prefix)

    @contextlib.asynccontextmanager
    async def subscribe(self, topic: str) -> AsyncIterator[Subscription]:
        """Be woken for a topic. Subscribe first, then read, or a change may slip between."""
        if not self._hears(topic):
            await asyncio.to_thread(self.listen, topic)
        subscription = Subscription()
        with self._lock:
            self._subscriptions[topic].add(subscription)
        try:
            yield subscription
        finally:
            with self._lock:
                self._subscriptions[topic].discard(subscription)
                if not self._subscriptions[topic]:
                    del self._subscriptions[topic]

    def listen(self, *topics: str) -> None:
        """Hear these kinds of topics too; start again what has ended, as all has after a fork."""
        started = []
        with self._lock:
            self._kinds.update(kind_of(topic) for topic in topics)
            if not self._runs("delivery"):
                self._run("delivery", self._deliver_all, self._arrived)
            for ear in {self._carrier.ear(kind) for kind in self._kinds}:
                if not self._runs(ear):
                    started.append(threading.Event())
                    self._run(ear, self._receive, ear, started[-1])
        for ready in started:
            ready.wait(START_PATIENCE_S)

    def close(self) -> None:
        """End the threads and take the sockets away."""
        self._carrier.close()
        self._arrived.put(None)
        for thread in self._threads.values():
            thread.join(END_PATIENCE_S)

    def after_fork(self) -> None:
        """Begin anew in a forked process: threads and waiters stayed with the parent."""
        self._carrier.forget()
        self._begin()

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._threads: dict[str, threading.Thread] = {}
        self._arrived: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._subscriptions: defaultdict[str, set[Subscription]] = defaultdict(set)

    def _hears(self, topic: str) -> bool:
        ear = self._carrier.ear(kind_of(topic))
        return kind_of(topic) in self._kinds and self._runs("delivery") and self._runs(ear)

    def _runs(self, name: str) -> bool:
        return name in self._threads and self._threads[name].is_alive()

    def _run(self, name: str, work: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=work, args=args, name=f"bus-{name}", daemon=True)
        self._threads[name] = thread
        thread.start()

    def _receive(self, ear: str, ready: threading.Event) -> None:
        try:
            self._carrier.receive(ear, self._hear, ready)
        except OSError as exc:
            logger.warning("bus: not listening: %s", exc)  # until the next interest
        finally:
            ready.set()

    def _hear(self, topic: str) -> None:
        if self._arrived.qsize() < MOST_UNDELIVERED:
            self._arrived.put(topic)

    def _deliver_all(self, arrived: "queue.SimpleQueue[str | None]") -> None:
        while (topic := arrived.get()) is not None:
            self._deliver(topic)

    def _deliver(self, topic: str) -> None:
        with self._lock:
            waiting = list(self._subscriptions.get(topic, ()))
        for subscription in waiting:
            subscription.wake()
        for prefix, callback in list(self._callbacks):
            if topic.startswith(prefix):
                self._call(callback, topic.removeprefix(prefix))

    def _call(self, callback: Callable[[str], None], rest: str) -> None:
        try:
            callback(rest)
        except Exception:  # one bad topic must not silence the others
            logger.exception("bus: a callback failed")


@dataclass(frozen=True, slots=True)
class _Announcement:
    """What a transaction does when it commits; equal for equal topics."""

    topic: str

    def __call__(self) -> None:
        announce(self.topic)


def announce_on_commit(topic: str) -> None:
    """Announce once the present transaction has committed, once however often it is asked."""
    announcement = _Announcement(topic)
    kept = set(connection.savepoint_ids)
    # What was asked inside a savepoint that may be rolled back does not count outside it.
    if not any(asked[1] == announcement and asked[0] <= kept for asked in connection.run_on_commit):
        transaction.on_commit(announcement)


def _carrier() -> Carrier:
    if urlsplit(settings.BUS_URL).scheme in {"redis", "rediss"}:
        return RedisCarrier(settings.BUS_URL)
    return LocalCarrier(settings.BUS_FOLDER)


hub: Final = Hub(_carrier())
announce: Final = hub.announce
subscribe: Final = hub.subscribe
os.register_at_fork(after_in_child=hub.after_fork)
atexit.register(hub.close)
