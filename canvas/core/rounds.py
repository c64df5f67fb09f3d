"""One thread that looks at the tables for everybody who waits in this process.

It goes when the bus calls it, and now and then by itself, because a call may be lost. Whatever was
called while it was away is one round. It keeps its connection only while it is busy.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence, Set
from typing import Final, Protocol

from canvas.core import bus
from canvas.core.outages import OUTAGES
from canvas.core.threads import close_idle_connections, in_thread

logger = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 1.0
BUSY_FOR_S: Final = 0.1
MOST_UNHEARD: Final = 10_000
NOTHING: Final = ""


class Desk(Protocol):
    """Where some wait for changes of one kind. All is asked on the thread, but for `follows`."""

    def follows(self, topic: str) -> bool:
        """Say whether anybody here waits for this topic; at once, on any thread."""

    def is_empty(self) -> bool:
        """Say whether nobody waits."""

    def look(self, topics: Set[str], *, at_all: bool) -> None:
        """Read what is new of these topics, or of all that is waited for, and hand it out."""

    def fail(self, exc: Exception) -> None:
        """Hear that the tables could not be read."""


class Rounds:
    """The thread. It starts at the first interest and sleeps while nobody waits.

    Args:
        name: the thread's.
        every_s: gives the seconds between two rounds that nobody called for.
        kinds: of the topics that the bus may call.
    """

    def __init__(self, name: str, every_s: Callable[[], float], kinds: Sequence[str] = ()) -> None:
        self._name, self._every_s, self._kinds = name, every_s, kinds
        self._desks: list[Desk] = []
        self._called: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_hearing = self._is_busy = False
        self._last = 0.0

    def add(self, desk: Desk) -> None:
        """Go to this desk, too."""
        self._desks.append(desk)

    async def be_on(self) -> None:
        """See that the thread goes and hears the bus. First be at a desk, then call this."""
        if not (self._runs() and self._hears()):
            await in_thread(self._start)
        self._called.put(NOTHING)  # it may be asleep for good

    def call(self, topic: str) -> None:
        """Have somebody's topic looked at soon; from any thread."""
        self._called.put(topic)

    def _start(self) -> None:
        with self._starting:
            if not self._is_hearing:
                self._is_hearing = True
                for kind in self._kinds:
                    bus.hub.watch(f"{kind}:", self._hearer(kind))
            elif not self._hears():
                bus.hub.listen(*self._kinds)
            if not self._runs():
                self._thread = threading.Thread(target=self._go, name=self._name, daemon=True)
                self._thread.start()

    def _runs(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _hears(self) -> bool:
        return not self._kinds or bus.hub.hears(*self._kinds)

    def _hearer(self, kind: str) -> Callable[[str], None]:
        def hear(key: str) -> None:
            topic = f"{kind}:{key}"
            is_wanted = any(desk.follows(topic) for desk in self._desks)
            if is_wanted and self._called.qsize() < MOST_UNHEARD:
                self._called.put(topic)

        return hear

    def _go(self) -> None:
        while True:
            try:
                self._round()
            except Exception:  # whoever waits has no other thread
                logger.exception("%s: could not go round", self._name)
                time.sleep(BUSY_FOR_S)

    def _round(self) -> None:
        topics = self._next()
        at_all = time.monotonic() - self._last >= self._every_s()
        for desk in self._desks:
            self._look(desk, topics, at_all=at_all)
        if at_all:
            self._last = time.monotonic()
            close_idle_connections()  # also when it is always busy: others may wait for one
            if not self._hears():
                bus.hub.listen(*self._kinds)  # a receiver has ended

    def _next(self) -> Set[str]:
        """Wait for a call or the next round that is due, and give the topics."""
        topics = self._take(BUSY_FOR_S if self._is_busy else 0.0)
        if not topics:
            close_idle_connections()
            topics = self._take(self._patience_s())
        self._is_busy = bool(topics)
        return topics

    def _patience_s(self) -> float | None:
        if all(desk.is_empty() for desk in self._desks):
            return None
        return max(0.0, self._last + self._every_s() - time.monotonic())

    def _take(self, timeout_s: float | None) -> Set[str]:
        topics: set[str] = set()
        try:
            topics.add(self._called.get(timeout=timeout_s))
            while True:
                topics.add(self._called.get_nowait())
        except queue.Empty:
            return topics

    def _look(self, desk: Desk, topics: Set[str], *, at_all: bool) -> None:
        if desk.is_empty():
            return
        try:
            desk.look(topics, at_all=at_all)
        except OUTAGES as exc:
            close_idle_connections()
            desk.fail(exc)
        except Exception as exc:  # a bug of one desk is not the others'
            logger.exception("%s: a round failed", self._name)
            desk.fail(exc)


rounds: Final = Rounds("rounds", lambda: LOOK_EVERY_S, ("project", "job"))
