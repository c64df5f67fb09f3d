"""The upstream itself: recorded answers at a set speed, noted as requests arrive and tokens leave.

Times are of the machine's steady clock, which all processes share, so they can be compared with
what a reader saw. Streams do not speak in step: each has a phase of its own, as models have.
"""

import argparse
import asyncio
import contextlib
import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Final, cast

import httptools
import uvloop

from benchmarks.answers import Answer, UnanswerableError, fresh_id, record, texts_in

CONTROL: Final = "/__bench/"
_CHAT: Final = "/chat/completions"
_GOLDEN: Final = 0.618_033_988_75
_SHORTEST_S: Final = 0.002
_FEWEST: Final = 4
_END: Final = b"0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast the upstream answers."""

    first_token_s: float = 0.01
    tokens_per_second: float = 2_000.0
    is_endless: bool = False
    """Streams go on, their words said over and over, until they are told to end."""


@dataclass(slots=True)
class Note:
    """One request: when its headers arrived, what was said when, and when its answer ended."""

    session: str
    arrived: float
    pieces: list[tuple[float, int, int]] = field(default_factory=list)
    """When so many characters, in so many tokens, had left."""
    ended: float | None = None


class Replay:
    """What all connections share."""

    def __init__(self, speed: Speed) -> None:
        self.speed = speed
        self.notes: list[Note] = []
        self.last_request: Any = None
        self.talks: set[Talk] = set()
        self.begun = 0
        self._answers: dict[tuple[bool, str], Answer] = {}

    async def answer(self, body: bytes, request: dict[str, Any]) -> Answer:
        """Give the recorded answer to this kind of request; the first is recorded now."""
        kind = bool(request.get("stream")), str(request.get("model"))
        if kind not in self._answers:
            self._answers[kind] = await record(body)
        return self._answers[kind]

    def control(self, name: str) -> Any:  # noqa: ANN401 JSON
        """Answer a question of the one who measures."""
        if name == "notes":
            told = {note.session or f"#{n}": asdict(note) for n, note in enumerate(self.notes)}
            self.notes.clear()
            return told
        if name == "ended":
            return sum(note.ended is not None for note in self.notes)
        if name == "end":
            for talk in self.talks:
                talk.end()
        return self.last_request if name == "last" else {"status": "ok"}


class Talk:
    """One stream being said: at each tick the tokens that are due, in one write."""

    def __init__(
        self,
        replay: Replay,
        answer: Answer,
        note: Note,
        *,
        generation_id: bytes,
        write: "Writer",
    ) -> None:
        self._goal = None if replay.speed.is_endless else len(answer.tokens)
        self._replay, self._answer, self._note, self._write = replay, answer, note, write
        self._id = generation_id
        self._step_s = 1 / replay.speed.tokens_per_second
        replay.begun += 1
        self._phase_s = (replay.begun * _GOLDEN % 1) * self._step_s
        self._said = self._characters = 0
        self._loop = asyncio.get_running_loop()
        self._first = self._loop.time() + replay.speed.first_token_s
        self._lengths = [sum(map(len, texts_in(token))) for token in answer.tokens]
        replay.talks.add(self)
        write(answer.renamed(answer.head, self._id))
        self._timer = self._loop.call_at(self._first, self._tick)

    def end(self) -> None:
        """Say the last words soon: at the next tick, if there were some before."""
        self._goal = max(self._said, _FEWEST)

    def stop(self) -> None:
        """Say no more: the listener has gone, or all was said."""
        self._timer.cancel()
        self._replay.talks.discard(self)

    def _tick(self) -> None:
        ready, now, count = [], self._loop.time(), len(self._answer.tokens)
        while self._due() <= now and not self._has_said_all:
            place = self._said % count
            ready.append(self._answer.tokens[place])
            self._characters += self._lengths[place]
            self._said += 1
        if ready:
            self._note.pieces.append((time.monotonic(), self._characters, self._said))
            self._write(self._answer.renamed(b"".join(ready), self._id))
        if self._has_said_all:
            self._note.ended = time.monotonic()
            self._write(self._answer.renamed(self._answer.tail, self._id), is_end=True)
            self.stop()
        else:
            self._timer = self._loop.call_at(max(self._due(), now + _SHORTEST_S), self._tick)

    @property
    def _has_said_all(self) -> bool:
        return self._goal is not None and self._said >= self._goal

    def _due(self) -> float:
        """Say when the next token is to leave: the first at its time, the others in phase."""
        if not self._said:
            return self._first
        return self._first + self._phase_s + (self._said - 1) * self._step_s


class Writer:
    """Writes one chunked answer."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def __call__(self, data: bytes, *, is_end: bool = False) -> None:
        """Write one chunk, and the end behind it."""
        chunk = b"%x\r\n%b\r\n" % (len(data), data) if data else b""
        self._transport.write(chunk + _END if is_end else chunk)


class Door(asyncio.Protocol):
    """One connection; its requests are answered one after the other."""

    def __init__(self, replay: Replay) -> None:
        self._replay = replay
        self._tasks: set[asyncio.Task[None]] = set()
        self._talk: Talk | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to read."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self._parser = httptools.HttpRequestParser(self)

    def connection_lost(self, _error: Exception | None) -> None:
        """Stop what was being said."""
        if self._talk is not None:
            self._talk.stop()

    def data_received(self, data: bytes) -> None:
        """Parse what came; nonsense ends the connection."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.close()

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._url, self._body = b"", b""

    def on_url(self, part: bytes) -> None:
        """Read a part of the address."""
        self._url += part

    def on_headers_complete(self) -> None:
        """Note when the request arrived."""
        self._arrived = time.monotonic()

    def on_body(self, part: bytes) -> None:
        """Read a part of the body."""
        self._body += part

    def on_message_complete(self) -> None:
        """Answer."""
        path = self._url.decode("latin-1").partition("?")[0]
        if path.startswith(CONTROL):
            self._plain(json.dumps(self._replay.control(path.removeprefix(CONTROL))).encode())
        elif path.endswith(_CHAT):
            task = asyncio.ensure_future(self._complete(self._body, self._arrived))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            self._plain(b'{"error":{"code":404,"message":"No such endpoint"}}', status=b"404 No")

    async def _complete(self, body: bytes, arrived: float) -> None:
        request = self._replay.last_request = json.loads(body)
        # Some gateways pass no name on.
        note = Note(request.get("session_id") or request.get("user") or "", arrived)
        self._replay.notes.append(note)
        try:
            answer = await self._replay.answer(body, request)
        except UnanswerableError as exc:
            self._plain(str(exc).encode(), status=b"400 Bad Request")
            return
        if not request.get("stream"):
            self._later(lambda: self._whole(answer, note))
            return
        fresh, chunked = fresh_id(), b"transfer-encoding: chunked"
        self._transport.write(_head(b"200 OK", answer.content_type, _named(fresh), chunked))
        write = Writer(self._transport)
        self._talk = Talk(self._replay, answer, note, generation_id=fresh, write=write)

    def _later(self, act: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(self._replay.speed.first_token_s, act)

    def _whole(self, answer: Answer, note: Note) -> None:
        note.ended = time.monotonic()
        fresh = fresh_id()
        self._plain(answer.renamed(answer.tail, fresh), _named(fresh))

    def _plain(self, body: bytes, *more: bytes, status: bytes = b"200 OK") -> None:
        length = b"content-length: %d" % len(body)
        self._transport.write(_head(status, b"application/json", length, *more) + body)


def _named(generation_id: bytes) -> bytes:
    return b"x-generation-id: " + generation_id


def _head(status: bytes, content_type: bytes, *more: bytes) -> bytes:
    lines = (b"HTTP/1.1 " + status, b"content-type: " + content_type, *more, b"", b"")
    return b"\r\n".join(lines)


async def serve(port: int, speed: Speed) -> None:
    """Answer until standard input closes, so that nobody outlives the one who measures."""
    replay, over, loop = Replay(speed), asyncio.Event(), asyncio.get_running_loop()

    def end_with_parent() -> None:
        sys.stdin.buffer.read()
        with contextlib.suppress(RuntimeError):  # the loop has ended already
            loop.call_soon_threadsafe(over.set)

    threading.Thread(target=end_with_parent, daemon=True).start()
    await loop.create_server(lambda: Door(replay), "127.0.0.1", port, backlog=2_048)
    await over.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("speed", type=json.loads)
    options = parser.parse_args()
    uvloop.run(serve(options.port, Speed(**options.speed)))
