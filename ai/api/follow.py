"""Following a feed: what happened since a position, then what happens, until it is over.

The tables are the truth; the bus only wakes. An open stream holds no thread and no connection: it
borrows them to catch up, and what is new is brought to it (`ai.api.feeds`).
"""

import logging
import time
from collections.abc import AsyncGenerator
from typing import Final

from ai.api.feeds import BATCH, feeds, line_of, wire
from ai.api.follower import Feed, Follower, Line
from ai.api.rights import Right, asking, rights
from ai.following import said_all
from canvas.core.outages import OUTAGES
from canvas.core.rounds import rounds
from canvas.core.threads import in_tables
from scenes.following import events_after, events_of_job, position

logger = logging.getLogger(__name__)

ALIVE_EVERY_S: Final = 15.0
ALIVE: Final = b": keep-alive\n\n"


async def follow(feed: Feed, *, after: int, right: Right) -> AsyncGenerator[bytes, None]:
    """Write a feed as server-sent events from a position on.

    Args:
        feed: what to read; the caller was allowed to when it began.
        after: the last number that the reader has.
        right: asked for again and again; the stream ends with it.
    """
    follower = Follower(feed, after)
    try:
        with feeds.followed_by(follower), rights.held(follower, right):
            await rounds.be_on()
            await asking.be_on()
            resync_at = await in_tables(_lost, feed, after)
            if resync_at is not None:
                yield wire(resync_at, "resync", {"seq": resync_at})
                follower.after = resync_at
            spoke_at = time.monotonic()
            while not follower.is_cut:
                if follower.failure is not None:
                    raise follower.failure
                piece = await _caught_up(follower) if follower.is_behind else follower.take()
                if piece:
                    yield piece
                    spoke_at = time.monotonic()
                elif follower.is_behind:
                    continue
                elif follower.is_over:
                    return
                elif (left_s := spoke_at + ALIVE_EVERY_S - time.monotonic()) > 0:
                    await follower.wait(left_s)
                else:
                    yield ALIVE
                    spoke_at = time.monotonic()
    except OUTAGES as exc:
        # The reader comes back by itself and goes on where it was.
        logger.warning("stream of %s: the database went away: %s", feed.name, type(exc).__name__)


def _lost(feed: Feed, after: int) -> int | None:
    """Give the feed's present number if events after the position may be gone, else None."""
    if feed.project_id is None:
        return None
    last, kept_after = position(feed.project_id)
    feeds.begin(feed.project_id, last)
    if after > last:  # a position that this feed never had
        return last
    if after >= kept_after:
        return None
    if feed.job_id is not None:
        first = events_of_job(feed.project_id, feed.job_id, after=0, limit=1)
        if first and first[0].seq > kept_after:  # the job began after what was pruned
            return None
    return last


async def _caught_up(follower: Follower) -> bytes:
    """Read a page from the table. From here on what is new piles up, so nothing falls between."""
    follower.is_behind = False
    lines, is_over = await in_tables(_page, follower.feed, follower.after)
    follower.is_behind |= len(lines) == BATCH
    follower.is_over |= is_over
    return follower.pass_on(lines)


def _page(feed: Feed, after: int) -> tuple[list[Line], bool]:
    """Read the next events, and say whether no others will come.

    The job is read first: whatever it told before it ended is visible by the second read.
    """
    is_over = feed.job_id is not None and feed.job_id in said_all([feed.job_id])
    if feed.project_id is None:
        return [], is_over
    if feed.job_id is None:
        told = events_after({feed.project_id: after}, limit=BATCH)[feed.project_id]
    else:
        told = events_of_job(feed.project_id, feed.job_id, after=after, limit=BATCH)
    return [line_of(event) for event in told], is_over and len(told) < BATCH
