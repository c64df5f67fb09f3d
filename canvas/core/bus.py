"""The bus wakes whoever waits for a topic, in this process or in another. It carries no data.

What a reader shows, it reads from the tables after waking; so a lost wake-up costs time, never
truth, and every waiter also looks again by itself from time to time.

Topics: `job:<id>` (a job changed), `project:<id>` (its feed grew), `stop:<id>` (a job was
cancelled), `ring:<queue>:<id>` (embedded door bell).

Two carriers, chosen by `BUS_URL`: datagram sockets in a folder of this machine (`local://`), or
one Redis channel. PostgreSQL needs neither.
"""

import asyncio
import contextlib
import errno
import hashlib
import logging
import os
import secrets
import socket
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

import redis
from django.conf import settings

logger = logging.getLogger(__name__)

LONGEST_SOCKET_PATH: Final = 90
RECONNECT_AFTER_S: Final = 0.5


class Carrier(Protocol):
    """Takes topics between processes."""

    def send(self, topic: str) -> None:
        """Tell every listening process, this one included."""

    def receive(self, deliver: Callable[[str], None], ready: threading.Event) -> None:
        """Listen until the process ends, calling `deliver` for each topic."""


class LocalCarrier:
    """One datagram socket per listening process, all in one folder."""

    def __init__(self, folder: Path) -> None:
        if len(str(folder)) > LONGEST_SOCKET_PATH:
            short = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
            folder = Path(tempfile.gettempdir()) / f"canvas-bus-{short}"
        self._folder = folder
        self._out = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._out.settimeout(0)

    def send(self, topic: str) -> None:
        """Send to every socket in the folder; clear away those whose owner is gone."""
        try:
            listeners = [entry.path for entry in os.scandir(self._folder)]
        except FileNotFoundError:
            return  # nobody has ever listened
        for path in listeners:
            try:
                self._out.sendto(topic.encode(), path)
            except OSError as exc:
                if exc.errno == errno.ECONNREFUSED:
                    Path(path).unlink(missing_ok=True)
                # a full buffer or a listener that just left: it looks again by itself

    def receive(self, deliver: Callable[[str], None], ready: threading.Event) -> None:
        """Own one socket and deliver what arrives there."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{os.getpid()}-{secrets.token_hex(3)}.sock"
        inbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        inbox.bind(str(path))
        ready.set()
        while True:
            deliver(inbox.recv(512).decode())


class RedisCarrier:
    """One publish-subscribe channel; one connection per listening process."""

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(url, socket_connect_timeout=2, socket_timeout=5)
        # Channels ignore database numbers, so the number is part of the name.
        self._channel = f"canvas:{urlsplit(url).path.strip('/') or '0'}:bus"

    def send(self, topic: str) -> None:
        """Publish; a dead Redis is logged, and readers fall back to looking by themselves."""
        try:
            self._client.publish(self._channel, topic)
        except redis.RedisError as exc:
            logger.warning("bus: not announced: %s", type(exc).__name__)

    def receive(self, deliver: Callable[[str], None], ready: threading.Event) -> None:
        """Subscribe, and subscribe again whenever the connection breaks."""
        while True:
            try:
                with self._client.pubsub(  # type: ignore[no-untyped-call]  # the library's
                    ignore_subscribe_messages=True
                ) as inbox:
                    inbox.subscribe(self._channel)
                    ready.set()
                    while True:
                        message = inbox.get_message(timeout=1.0)
                        if message is not None:
                            deliver(message["data"].decode())
            except (redis.RedisError, OSError):
                time.sleep(RECONNECT_AFTER_S)


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
    """One process's end of the bus: a listening thread, started at the first interest."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._lock = threading.Lock()
        self._listening_pid = 0
        self._ready = threading.Event()
        self._subscriptions: defaultdict[str, set[Subscription]] = defaultdict(set)
        self._callbacks: list[tuple[str, Callable[[str], None]]] = []

    def announce(self, topic: str) -> None:
        """Wake everybody who waits for the topic. Never raises for a dead listener."""
        self._carrier.send(topic)

    def on(self, prefix: str, callback: Callable[[str], None]) -> None:
        """Call back, on the listening thread, for each topic with this prefix."""
        self._callbacks.append((prefix, callback))
        self.listen()

    @contextlib.asynccontextmanager
    async def subscribe(self, topic: str) -> AsyncIterator[Subscription]:
        """Be woken for a topic. Subscribe first, then read, or a change may slip between."""
        self.listen()
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

    def listen(self) -> None:
        """Start the listening thread of this process, once (again after a fork)."""
        with self._lock:
            if self._listening_pid == os.getpid():
                return
            self._listening_pid = os.getpid()
            self._ready.clear()
            threading.Thread(
                target=self._carrier.receive,
                args=(self._deliver, self._ready),
                name="bus",
                daemon=True,
            ).start()
        self._ready.wait(2)

    def _deliver(self, topic: str) -> None:
        with self._lock:
            waiting = list(self._subscriptions.get(topic, ()))
        for subscription in waiting:
            subscription.wake()
        for prefix, callback in self._callbacks:
            if topic.startswith(prefix):
                callback(topic.removeprefix(prefix))


def _carrier() -> Carrier:
    if urlsplit(settings.BUS_URL).scheme in {"redis", "rediss"}:
        return RedisCarrier(settings.BUS_URL)
    return LocalCarrier(settings.BUS_FOLDER)


hub: Final = Hub(_carrier())
announce: Final = hub.announce
subscribe: Final = hub.subscribe
