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
import errno
import hashlib
import logging
import os
import queue
import secrets
import socket
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.db import connection, transaction
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

# The path of a socket may have 103 characters on some systems, and its name takes up to 28.
LONGEST_FOLDER_BYTES: Final = 75
INBOX_BYTES: Final = 1024 * 1024
FULL: Final = {errno.EAGAIN, errno.ENOBUFS}
FULL_PATIENCE_S: Final = 0.02
ANNOUNCE_PATIENCE_S: Final = 0.05
LOOK_AGAIN_S: Final = 0.001

PUBLISH_TIMEOUT_S: Final = 0.5
LISTEN_TIMEOUT_S: Final = 5.0
RECONNECT_AFTER_S: Final = 0.5
OUTAGE_S: Final = 2.0

MOST_UNDELIVERED: Final = 10_000
START_PATIENCE_S: Final = 2.0
END_PATIENCE_S: Final = 0.2

Hear = Callable[[str], None]


class Outage:
    """Remembers that a server did not answer, so that it costs one time-out and not one a call."""

    def __init__(self, lasts_s: float = OUTAGE_S) -> None:
        self._lasts_s = lasts_s
        self._lock = threading.Lock()
        self._until = 0.0

    def may_try(self) -> bool:
        """Say whether to ask the server now. During an outage one caller at a time finds out."""
        if not self._until:
            return True
        with self._lock:
            now = time.monotonic()
            if now < self._until:
                return False
            self._until = self._until and now + self._lasts_s
            return True

    def begin(self) -> None:
        """Note that the server did not answer."""
        with self._lock:
            self._until = time.monotonic() + self._lasts_s

    def end(self) -> None:
        """Note that the server answered."""
        if self._until:
            with self._lock:
                self._until = 0.0


class Carrier(Protocol):
    """Takes topics between processes."""

    def send(self, topic: str) -> None:
        """Tell every process that listens for this kind of topic, this one included."""

    def ear(self, kind: str) -> str:
        """Name the receiver that hears this kind; each needs a thread of its own."""

    def receive(self, ear: str, hear: Hear, ready: threading.Event) -> None:
        """Listen until `close`, calling `hear` for each topic; it must return at once."""

    def forget(self) -> None:
        """Let go of what a forked process has from its parent."""

    def close(self) -> None:
        """Send and receive no more."""


class LocalCarrier:
    """One datagram socket for each kind that a process listens for, all in one folder.

    The kind is in the file's name, so a feed never fills the queue of a worker; the system keeps
    as few as ten datagrams. A name without a kind hears everything.
    """

    def __init__(self, folder: Path) -> None:
        if len(os.fsencode(folder)) > LONGEST_FOLDER_BYTES:
            short = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
            folder = Path(tempfile.gettempdir()) / f"canvas-bus-{short}"
        self._folder = folder
        self._closed = False
        self._inboxes: dict[Path, socket.socket] = {}
        self._out = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._out.settimeout(0)

    def send(self, topic: str) -> None:
        """Send to the sockets of this kind; clear away those whose owner is gone."""
        give_up_at = time.monotonic() + ANNOUNCE_PATIENCE_S
        for path in self._listeners(_kind(topic)):
            until = min(give_up_at, time.monotonic() + FULL_PATIENCE_S)
            self._hand_over(topic.encode(), path, until)

    def ear(self, kind: str) -> str:
        """Give each kind a socket of its own."""
        return kind

    def receive(self, ear: str, hear: Hear, ready: threading.Event) -> None:
        """Own one socket, and pass on what arrives there."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{os.getpid()}-{secrets.token_hex(3)}.{ear}.sock"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as inbox:
            inbox.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, INBOX_BYTES)
            inbox.bind(str(path))
            self._inboxes[path] = inbox
            ready.set()
            try:
                while not self._closed:
                    hear(inbox.recv(512).decode(errors="replace"))
            finally:
                self._inboxes.pop(path, None)
                path.unlink(missing_ok=True)

    def forget(self) -> None:
        """Close the parent's sockets here, or they would look alive after its death."""
        for inbox in self._inboxes.values():
            inbox.close()
        self._inboxes = {}

    def close(self) -> None:
        """Wake the receivers to their end, and take their files away."""
        self._closed = True
        for path in list(self._inboxes):
            with contextlib.suppress(OSError):
                self._out.sendto(b"", str(path))
            path.unlink(missing_ok=True)
        self._out.close()

    def _listeners(self, kind: str) -> Iterator[str]:
        try:
            entries = list(os.scandir(self._folder))
        except FileNotFoundError:
            return  # nobody has ever listened
        for entry in entries:
            _, *kinds, suffix = entry.name.split(".")
            if suffix == "sock" and (not kinds or kind in kinds):
                yield entry.path

    def _hand_over(self, datagram: bytes, path: str, until: float) -> None:
        """Send to one socket, waiting a moment for room; after that it must look by itself."""
        while True:
            try:
                self._out.sendto(datagram, path)
            except OSError as exc:
                if exc.errno == errno.ECONNREFUSED:
                    Path(path).unlink(missing_ok=True)
                if exc.errno not in FULL or time.monotonic() >= until:
                    return
            else:
                return
            time.sleep(LOOK_AGAIN_S)


class RedisCarrier:
    """One publish-subscribe channel; one connection per listening process."""

    def __init__(self, url: str) -> None:
        self._out = _client(url, PUBLISH_TIMEOUT_S)
        self._in = _client(url, LISTEN_TIMEOUT_S)
        self._outage = Outage()
        self._closed = False
        # Channels ignore database numbers, so the number is part of the name.
        self._channel = f"canvas:{urlsplit(url).path.strip('/') or '0'}:bus"

    def send(self, topic: str) -> None:
        """Publish; a dead Redis is logged, and readers fall back to looking by themselves."""
        if not self._outage.may_try():
            return
        try:
            self._out.publish(self._channel, topic)
        except redis.RedisError as exc:
            self._outage.begin()
            logger.warning("bus: not announced: %s", type(exc).__name__)
        else:
            self._outage.end()

    def ear(self, kind: str) -> str:
        """Hear every kind on the one channel."""
        return "channel"

    def receive(self, ear: str, hear: Hear, ready: threading.Event) -> None:
        """Subscribe, and subscribe again whenever the connection breaks."""
        while not self._closed:
            try:
                self._subscribed(hear, ready)
            except (redis.RedisError, OSError):
                time.sleep(RECONNECT_AFTER_S)

    def forget(self) -> None:
        """Do nothing: the library knows whose process a connection is."""

    def close(self) -> None:
        """Close the publishing end; the receiver ends with its process, or within a second."""
        self._closed = True
        self._out.close()

    def _subscribed(self, hear: Hear, ready: threading.Event) -> None:
        with self._in.pubsub() as inbox:  # type: ignore[no-untyped-call]  # the library's
            inbox.subscribe(self._channel)
            while not self._closed:
                message = inbox.get_message(timeout=1.0)
                if message is None:
                    continue
                if message["type"] == "message":
                    hear(message["data"].decode(errors="replace"))
                else:
                    ready.set()


def _kind(topic: str) -> str:
    return topic.partition(":")[0]


def _client(url: str, timeout_s: float) -> redis.Redis:
    """Give a client that asks once: whoever uses the bus would rather look by itself than wait."""
    return redis.Redis.from_url(
        url,
        socket_connect_timeout=timeout_s,
        socket_timeout=timeout_s,
        retry=Retry(NoBackoff(), 0),
    )


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
            self._kinds.update(_kind(topic) for topic in topics)
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
        ear = self._carrier.ear(_kind(topic))
        return _kind(topic) in self._kinds and self._runs("delivery") and self._runs(ear)

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
