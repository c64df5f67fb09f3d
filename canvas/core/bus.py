"""The bus wakes whoever waits for a topic, in this process or in another. It carries no data.

What a reader shows, it reads from the tables after waking; so a lost wake-up costs time, never
truth, and every waiter also looks again by itself from time to time.

Topics are `<kind>:<id>`, or `<kind>:<id>,<id>,…` when many go together: `job:` (a job changed),
`project:` (its feed grew), `stop:` (a job was cancelled), `ring:` (embedded door bell).

Two carriers, chosen by `BUS_URL`: datagram sockets in a folder of this machine (`local://`), or
one Redis channel. PostgreSQL needs neither.
"""

import atexit
import logging
import os
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection, transaction

from canvas.core.carriers import Carrier, LocalCarrier, RedisCarrier, kind_of

logger = logging.getLogger(__name__)

MOST_UNDELIVERED: Final = 10_000
MOST_TOGETHER: Final = 100
START_PATIENCE_S: Final = 2.0
END_PATIENCE_S: Final = 0.2


class Hub:
    """One process's end of the bus. Its threads start at the first interest.

    Receivers only move topics into a queue, fast enough for a burst; one more thread delivers.
    """

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._callbacks: list[tuple[str, Callable[[str], object]]] = []
        self._watchers: list[tuple[str, Callable[[str], object]]] = []
        self._kinds: set[str] = set()
        self._begin()

    def announce(self, topic: str) -> None:
        """Wake everybody who waits for the topic. Never raises for a dead listener."""
        self._carrier.send(topic)

    def on(self, prefix: str, callback: Callable[[str], object]) -> None:
        """Call back, on the delivering thread, with the rest of each topic with this prefix."""
        self._callbacks.append((prefix, callback))
        self.listen(prefix)

    def watch(self, prefix: str, callback: Callable[[str], None]) -> None:
        """Call back as `on` does, but on the receiving thread: it must return at once."""
        self._watchers.append((prefix, callback))
        self.listen(prefix)

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

    def hears(self, *topics: str) -> bool:
        """Say whether these kinds of topics are heard now."""
        kinds = {kind_of(topic) for topic in topics}
        ears = {self._carrier.ear(kind) for kind in kinds}
        return kinds <= self._kinds and all(self._runs(name) for name in ("delivery", *ears))

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

    def _hear(self, announcement: str) -> None:
        kind, _, keys = announcement.partition(":")
        for key in keys.split(","):
            self._hear_one(f"{kind}:{key}")

    def _hear_one(self, topic: str) -> None:
        for prefix, callback in self._watchers:
            if topic.startswith(prefix):
                callback(topic.removeprefix(prefix))
        is_wanted = any(topic.startswith(prefix) for prefix, _ in self._callbacks)
        if is_wanted and self._arrived.qsize() < MOST_UNDELIVERED:
            self._arrived.put(topic)

    def _deliver_all(self, arrived: "queue.SimpleQueue[str | None]") -> None:
        while (topic := arrived.get()) is not None:
            self._deliver(topic)

    def _deliver(self, topic: str) -> None:
        for prefix, callback in list(self._callbacks):
            if topic.startswith(prefix):
                self._call(callback, topic.removeprefix(prefix))

    def _call(self, callback: Callable[[str], object], rest: str) -> None:
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


def announce_all_on_commit(kind: str, keys: Sequence[object]) -> None:
    """Announce many topics of one kind together once the present transaction has committed."""
    for at in range(0, len(keys), MOST_TOGETHER):
        announce_on_commit(f"{kind}:{','.join(map(str, keys[at : at + MOST_TOGETHER]))}")


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
os.register_at_fork(after_in_child=hub.after_fork)
atexit.register(hub.close)
