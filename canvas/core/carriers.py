"""What takes the bus's topics between processes: sockets of this machine, or Redis."""

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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

# The path of a socket may have 103 characters on some systems, and its name takes up to 28.
LONGEST_FOLDER_BYTES: Final = 75
INBOX_BYTES: Final = 1024 * 1024
LONGEST_BYTES: Final = 8 * 1024
FULL: Final = {errno.EAGAIN, errno.ENOBUFS}
FULL_PATIENCE_S: Final = 0.02
ANNOUNCE_PATIENCE_S: Final = 0.05
LOOK_AGAIN_S: Final = 0.001

PUBLISH_TIMEOUT_S: Final = 0.5
LISTEN_TIMEOUT_S: Final = 5.0
RECONNECT_AFTER_S: Final = 0.5
OUTAGE_S: Final = 2.0

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
        for path in self._listeners(kind_of(topic)):
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
                    hear(inbox.recv(LONGEST_BYTES).decode(errors="replace"))
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


def kind_of(topic: str) -> str:
    """Return what a topic is about: the part before its id."""
    return topic.partition(":")[0]


def _client(url: str, timeout_s: float) -> redis.Redis:
    """Give a client that asks once: whoever uses the bus would rather look by itself than wait."""
    return redis.Redis.from_url(
        url,
        socket_connect_timeout=timeout_s,
        socket_timeout=timeout_s,
        retry=Retry(NoBackoff(), 0),
    )
