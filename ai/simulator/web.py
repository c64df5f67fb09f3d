"""The few pieces of HTTP a small ASGI application needs."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl

from ai.simulator.errors import Refusal
from ai.simulator.wire import Json, dumps

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Pieces: TypeAlias = AsyncGenerator[bytes, None]
"""A body as it comes into being; closing it settles its bill."""
AsgiApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

JSON_TYPE: Final = "application/json"
STREAM_TYPE: Final = "text/event-stream"
DROP: Final = "simulator.drop"
"""The extension of the scope by which a connection can be ended at any byte."""


class ClientGoneError(Exception):
    """The client closed the connection; nothing more can be sent."""


class CutError(Exception):
    """The connection is to be dropped here.

    Args:
        head_bytes: how much of the reply's head is still sent, when nothing of it was.
        reset: with a reset, not with an ordinary end.
    """

    def __init__(self, *, head_bytes: int = 0, reset: bool = False) -> None:
        super().__init__("cut")
        self.head_bytes = head_bytes
        self.reset = reset


@dataclass(slots=True)
class Presence:
    """Whether the client is still there; one waiter at a time can be woken when it leaves."""

    gone: bool = False
    waiter: asyncio.Future[None] | None = None

    def end(self) -> None:
        """Note that the client has closed the connection."""
        self.gone = True
        if self.waiter is not None:
            _wake(self.waiter)


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, body read whole."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes
    presence: Presence

    def json(self) -> dict[str, Json]:
        """Read the body as a JSON object.

        Raises:
            Refusal: 400 when it is not one.
        """
        try:
            value = json.loads(self.raw)
        except (ValueError, RecursionError) as exc:
            raise Refusal(400, "Invalid JSON in request body") from exc
        if not isinstance(value, dict):
            raise Refusal(400, "Request body must be a JSON object")
        return value

    async def pause(self, seconds: float) -> None:
        """Wait, or stop waiting because the client has gone.

        Raises:
            ClientGoneError: the connection closed meanwhile.
        """
        if seconds > 0 and not self.presence.gone:
            loop = asyncio.get_running_loop()
            waiter = self.presence.waiter = loop.create_future()
            alarm = loop.call_later(seconds, _wake, waiter)
            try:
                await waiter
            finally:
                alarm.cancel()
        else:
            await asyncio.sleep(0)
        if self.presence.gone:
            raise ClientGoneError


def _wake(waiter: asyncio.Future[None]) -> None:
    """Let whoever waits go on."""
    if not waiter.done():
        waiter.set_result(None)


@dataclass(slots=True)
class Reply:
    """One HTTP reply; `pieces` yields its body as it comes into being."""

    status: int
    pieces: Pieces | bytes
    content_type: str = JSON_TYPE
    headers: dict[str, str] = field(default_factory=dict)


def json_reply(value: Json, *, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    """Answer with a JSON body."""
    return Reply(status, dumps(value), JSON_TYPE, dict(headers or {}))


async def read_request(scope: Scope, receive: Receive) -> Request:
    """Read one request to its last byte."""
    parts: list[bytes] = []
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    headers = {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
    }
    query = dict(
        parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    )
    return Request(scope["method"], scope["path"], query, headers, b"".join(parts), Presence())


async def send_reply(reply: Reply, send: Send, presence: Presence) -> None:
    """Send a reply.

    Raises:
        CutError: the body stops here; the rest is not sent and the connection is to be dropped.
        ClientGoneError: nobody reads any more.
    """
    await send({"type": "http.response.start", "status": reply.status, "headers": _head(reply)})
    if isinstance(reply.pieces, bytes):
        await send({"type": "http.response.body", "body": reply.pieces})
        return
    async with aclosing(reply.pieces) as pieces:
        async for piece in pieces:
            if presence.gone:
                return
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def raw_head(reply: Reply) -> bytes:
    """Write the head of a reply as it would travel, for faults that cut inside it."""
    lines = [b"HTTP/1.1 %d Simulated" % reply.status]
    lines += [name + b": " + value for name, value in _head(reply)]
    return b"\r\n".join([*lines, b"", b""])


def _head(reply: Reply) -> list[tuple[bytes, bytes]]:
    """Return the headers of a reply."""
    headers = {"x-simulated": "true"}
    if reply.content_type:
        headers["content-type"] = reply.content_type
    if isinstance(reply.pieces, bytes):
        headers["content-length"] = str(len(reply.pieces))
    return [(k.lower().encode(), v.encode("latin-1")) for k, v in (headers | reply.headers).items()]
