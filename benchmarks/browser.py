"""Readers of streams: one of a project's events, as a browser is, and one of the bare upstream."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from benchmarks.service import MESSAGE
from benchmarks.upstream import texts_in

LONGEST_S: Final = 60.0
_ENDED: Final = frozenset({"succeeded", "failed", "cancelled"})


@dataclass(slots=True)
class Seen:
    """What one reader saw of one answer, on the machine's steady clock."""

    asked: float = 0.0
    pieces: list[tuple[float, int]] = field(default_factory=list)
    """When so many characters had been read."""

    @property
    def first_s(self) -> float:
        """From asking to the first words."""
        return self.pieces[0][0] - self.asked

    def add(self, at: float, characters: int) -> None:
        """Note more characters."""
        before = self.pieces[-1][1] if self.pieces else 0
        self.pieces.append((at, before + characters))

    def delays_s(self, sent: list[tuple[float, int]]) -> list[tuple[float, float]]:
        """Give when each piece left the upstream, and how long it took to be read whole.

        Raises:
            RuntimeError: not everything that was sent was read.
        """
        if not self.pieces or self.pieces[-1][1] != sent[-1][1]:
            raise RuntimeError(f"{sent[-1][1]} characters were sent, read were {self.pieces[-1:]}")
        delays, place = [], 0
        for left_at, said in sent:
            while self.pieces[place][1] < said:
                place += 1
            delays.append((left_at, self.pieces[place][0] - left_at))
        return delays


async def watch(
    http: httpx.AsyncClient, project_id: str, opened: asyncio.Barrier, after_s: float
) -> Seen:
    """Open a project's stream; when all are open, post a message and read until its job ends."""
    seen = Seen()
    async with (
        asyncio.timeout(LONGEST_S),
        http.stream("GET", f"/projects/{project_id}/events/") as stream,
    ):
        stream.raise_for_status()
        await opened.wait()
        await asyncio.sleep(after_s)
        seen.asked = time.monotonic()
        post = asyncio.create_task(http.post(f"/projects/{project_id}/messages/", json=MESSAGE))
        async for name, data in _events(stream):
            if name == "text.delta":
                seen.add(time.monotonic(), len(data["text"]))
            elif name == "job.updated" and data["status"] in _ENDED:
                break
        (await post).raise_for_status()
    return seen


async def ask(
    http: httpx.AsyncClient, body: dict[str, Any], opened: asyncio.Barrier, after_s: float
) -> Seen:
    """Ask the upstream itself and read its answer to the end."""
    seen = Seen()
    async with asyncio.timeout(LONGEST_S):
        await opened.wait()
        await asyncio.sleep(after_s)
        seen.asked = time.monotonic()
        async with http.stream("POST", "/chat/completions", json=body) as stream:
            stream.raise_for_status()
            async for data in _whole_events(stream):
                characters = sum(len(text) for text in texts_in(data))
                if characters:
                    seen.add(time.monotonic(), characters)
    return seen


async def _events(stream: httpx.Response) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    async for block in _whole_events(stream):
        for event in block.split(b"\n\n"):
            lines = dict(line.split(b": ", 1) for line in event.splitlines() if b": " in line)
            if b"data" in lines:
                yield lines[b"event"].decode(), json.loads(lines[b"data"])


async def _whole_events(stream: httpx.Response) -> AsyncIterator[bytes]:
    """Give the bytes as they come, cut only between events."""
    rest = b""
    async for data in stream.aiter_raw():
        whole, end, rest = (rest + data).rpartition(b"\n\n")
        if end:
            yield whole
