"""One open stream: which feed it reads, where it is, and what is ready for it."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple, ParamSpec
from uuid import UUID

P = ParamSpec("P")

# A reader that lets more pile up goes back to the table.
MOST_READY_BYTES: Final = 256 * 1024


class Line(NamedTuple):
    """One event as it goes over the wire; `job` is an id without hyphens."""

    seq: int
    job: str | None
    wire: bytes


@dataclass(frozen=True, slots=True)
class Feed:
    """A project's feed, or one job's part of it. A job without a project has no events."""

    project_id: UUID | None
    job_id: UUID | None = None

    @property
    def name(self) -> str:
        """What a log line calls it."""
        return f"job:{self.job_id}" if self.project_id is None else f"project:{self.project_id}"


class Follower:
    """A stream's place and its pile. It lives on one event loop, and is only touched there."""

    __slots__ = (
        "_bytes", "_job", "_ready", "_woken", "after", "failure", "feed", "is_behind", "is_cut",
        "is_over", "loop",
    )  # fmt: skip

    def __init__(self, feed: Feed, after: int) -> None:
        self.feed, self.after = feed, after
        self.loop = asyncio.get_running_loop()
        self.is_behind = True
        self.is_over = self.is_cut = False
        self.failure: Exception | None = None
        self._job = feed.job_id.hex if feed.job_id else None
        self._ready: list[Line] = []
        self._bytes = 0
        self._woken: asyncio.Future[None] | None = None

    def hand(self, lines: Sequence[Line], *, is_over: bool) -> None:
        """Take what is new; `is_over`: nothing comes after it."""
        mine = [line for line in lines if self._job in {None, line.job}]
        if not self.is_behind:
            self._ready += mine
            self._bytes += sum(len(line.wire) for line in mine)
        if self._bytes > MOST_READY_BYTES:
            self._ready, self._bytes, self.is_behind = [], 0, True
        self.is_over |= is_over
        if mine or is_over:
            self.wake()

    def take(self) -> bytes:
        """Give all that is ready and was not had before, as one piece."""
        if not self._ready:
            return b""
        lines = [line for line in self._ready if line.seq > self.after]
        self._ready, self._bytes = [], 0
        return self.pass_on(lines)

    def pass_on(self, lines: Sequence[Line]) -> bytes:
        """Give these lines as one piece, and go on behind them."""
        if lines:
            self.after = lines[-1].seq
        return b"".join(line.wire for line in lines)

    def fail(self, failure: Exception) -> None:
        """End with this: the tables could not be read."""
        self.failure = failure
        self.wake()

    def cut(self) -> None:
        """End at once: its reader may not read on."""
        self.is_cut = True
        self.wake()

    def soon(self, act: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Do one of these on its event loop; from any thread."""
        with contextlib.suppress(RuntimeError):  # the loop has closed
            self.loop.call_soon_threadsafe(partial(act, *args, **kwargs))

    def wake(self) -> None:
        """Let the stream go on."""
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(None)

    async def wait(self, timeout_s: float) -> None:
        """Sleep until there is something to do, but not longer."""
        if self._ready or self.is_behind or self.is_over or self.is_cut or self.failure:
            return
        self._woken = self.loop.create_future()
        alarm = self.loop.call_later(timeout_s, self.wake)
        try:
            await self._woken
        finally:
            alarm.cancel()
            self._woken = None
