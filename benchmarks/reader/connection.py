"""One HTTP connection, as bare as can be: a request out, pieces of the answer in."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, Final, Self, cast

import httptools

AT_ONCE: Final = 50
_WORST_OK: Final = 299
_SHOWN: Final = 300


class BadAnswerError(Exception):
    """An answer that is no answer: an error, or cut."""


class Connection(asyncio.Protocol):
    """Asks one thing at a time. Pieces are kept as they come, with their times, for later.

    Attributes:
        pieces: of the present answer's body.
        on_piece: is told of each piece as it comes.
        opened: done when the answer's head has come.
        ended: done when the answer has.
    """

    pieces: list[tuple[float, bytes]]
    opened: asyncio.Future[None]
    ended: asyncio.Future[None]

    def __init__(self) -> None:
        self.on_piece: Callable[[bytes], None] = lambda _: None
        self._asked = False

    @classmethod
    async def to(cls, port: int) -> Self:
        """Connect."""
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(cls, "127.0.0.1", port)
        return connection

    def ask(self, request: bytes) -> float:
        """Send a request and give the moment before it left."""
        loop = asyncio.get_running_loop()
        self.pieces, self._asked = [], True
        self.opened, self.ended = loop.create_future(), loop.create_future()
        self._parser = httptools.HttpResponseParser(self)
        at = time.monotonic()
        self._transport.write(request)
        return at

    def body(self) -> bytes:
        """Give what has come of the body."""
        return b"".join(piece for _, piece in self.pieces)

    def close(self) -> None:
        """Hang up."""
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to write."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass

    def connection_lost(self, _error: Exception | None) -> None:
        """Fail what is still awaited."""
        if self._asked:
            self._fail("the connection was cut")

    def data_received(self, data: bytes) -> None:
        """Note the time, then parse."""
        self._now = time.monotonic()
        self._parser.feed_data(data)

    def on_headers_complete(self) -> None:
        """Let the one who waits for the head go on."""
        if self._parser.get_status_code() <= _WORST_OK and not self.opened.done():
            self.opened.set_result(None)

    def on_body(self, piece: bytes) -> None:
        """Keep a piece."""
        self.pieces.append((self._now, piece))
        self.on_piece(piece)

    def on_message_complete(self) -> None:
        """Let the one who waits for the end go on."""
        status = self._parser.get_status_code()
        if status > _WORST_OK:
            self._fail(f"status {status}: {self.body()[:_SHOWN].decode('utf-8', 'replace')}")
        elif not self.ended.done():
            self.ended.set_result(None)

    def _fail(self, why: str) -> None:
        for each in (self.opened, self.ended):
            if not each.done():
                each.set_exception(BadAnswerError(why))
                each.exception()  # somebody may await only the other one


async def connect_all(port: int, count: int) -> list[Connection]:
    """Open so many connections, some at a time."""
    return await some_at_a_time([partial(Connection.to, port)] * count)


async def open_all(port: int, requests: Sequence[str]) -> list[Connection]:
    """Open so many streams, some at a time, and wait for their heads."""

    async def opened(request: str) -> Connection:
        connection = await Connection.to(port)
        connection.ask(request.encode())
        await connection.opened
        return connection

    return await some_at_a_time([partial(opened, each) for each in requests])


async def some_at_a_time(
    acts: Sequence[Callable[[], Coroutine[Any, Any, Connection]]],
) -> list[Connection]:
    """Do all, never more than some at once, and give what they gave."""
    room = asyncio.Semaphore(AT_ONCE)

    async def within(act: Callable[[], Coroutine[Any, Any, Connection]]) -> Connection:
        async with room:
            return await act()

    return list(await asyncio.gather(*map(within, acts)))
