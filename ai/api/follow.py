"""Following a feed: what happened since a position, then what happens, until it is over.

The tables are the truth; the bus only wakes. Each visit to the tables borrows a thread and a
connection and gives both back, so an open stream holds neither while it waits.
"""

import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError, connections

from ai.selectors import has_said_all
from canvas.core import bus
from canvas.core.release import release_database
from scenes.selectors import events_after, feed_position

if TYPE_CHECKING:
    from scenes.models import Event

P = ParamSpec("P")
T = TypeVar("T")

logger = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 1.0
ALIVE_EVERY_S: Final = 15.0
# Rights are asked for before a look, and looks are a second apart: never older than five seconds.
ASK_EVERY_S: Final = 4.0
BATCH: Final = 500
ALIVE: Final = b": keep-alive\n\n"


@dataclass(frozen=True, slots=True)
class Feed:
    """A project's feed, or one job's part of it. A job without a project has no events."""

    project_id: UUID | None
    job_id: UUID | None = None

    @property
    def topic(self) -> str:
        """What the bus wakes its readers by."""
        return f"job:{self.job_id}" if self.project_id is None else f"project:{self.project_id}"


async def follow(feed: Feed, *, after: int, is_allowed: Callable[[], bool]) -> AsyncIterator[bytes]:
    """Write a feed as server-sent events from a position on.

    Args:
        feed: what to read; the caller was allowed to when it began.
        after: the last number that the reader has.
        is_allowed: asked again and again in a thread; False ends the stream.
    """
    await release_database()
    try:
        async with bus.subscribe(feed.topic) as changes:
            resync_at = await _visit(_lost, feed, after)
            if resync_at is not None:
                yield wire(resync_at, "resync", {"seq": resync_at})
                after = resync_at
            spoke_at = asked_at = time.monotonic()
            while True:
                if time.monotonic() - asked_at >= ASK_EVERY_S:
                    if not await _visit(is_allowed):
                        return
                    asked_at = time.monotonic()
                events, is_over = await _visit(_look, feed, after)
                if events:
                    yield b"".join(wire(event.seq, event.name, event.data) for event in events)
                    after, spoke_at = events[-1].seq, time.monotonic()
                if is_over:
                    return
                if len(events) < BATCH:
                    await changes.wait(LOOK_EVERY_S)
                if time.monotonic() - spoke_at >= ALIVE_EVERY_S:
                    yield ALIVE
                    spoke_at = time.monotonic()
    except (OperationalError, InterfaceError) as exc:
        # The reader comes back by itself and goes on where it was.
        logger.warning("stream of %s: the database went away: %s", feed.topic, type(exc).__name__)


def wire(seq: int, name: str, data: Any) -> bytes:  # noqa: ANN401 JSON
    """Write one event. JSON escapes line ends, so the data is one line.

    Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"id: {seq}\nevent: {name}\ndata: {text}\n\n".encode("utf-8", "replace")


def _lost(feed: Feed, after: int) -> int | None:
    """Give the feed's present number if events after the position may be gone, else None."""
    if feed.project_id is None:
        return None
    last, kept_after = feed_position(project_id=feed.project_id)
    if after > last:  # a position that this feed never had
        return last
    if after >= kept_after:
        return None
    if feed.job_id is not None:
        first = events_after(project_id=feed.project_id, after=0, job_id=feed.job_id, limit=1)
        if first and first[0].seq > kept_after:  # the job began after what was pruned
            return None
    return last


def _look(feed: Feed, after: int) -> "tuple[Sequence[Event], bool]":
    """Read the next events, and say whether no others will come.

    The job is read first: whatever it told before it ended is visible by the second read.
    """
    is_over = feed.job_id is not None and has_said_all(job_id=feed.job_id)
    if feed.project_id is None:
        return [], is_over
    events = events_after(project_id=feed.project_id, after=after, job_id=feed.job_id, limit=BATCH)
    return events, is_over and len(events) < BATCH


async def _visit(read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Read the tables on a pooled thread that keeps no connection."""

    def read_and_let_go() -> T:
        try:
            return read(*args, **kwargs)
        finally:
            connections.close_all()

    return await sync_to_async(read_and_let_go, thread_sensitive=False)()
