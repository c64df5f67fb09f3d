"""The few pieces of HTTP a small ASGI application needs."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl

from ai.simulator.errors import Refusal
from ai.simulator.wire import Json, dumps

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
AsgiApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

JSON_TYPE: Final = "application/json"
STREAM_TYPE: Final = "text/event-stream"

_SHORT_S: Final = 0.1


class ClientGoneError(Exception):
    """The client closed the connection; nothing more can be sent."""


class CutError(Exception):
    """The connection is to be dropped here, in the middle of the reply."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, body read whole."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes
    gone: asyncio.Event

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
        if seconds <= _SHORT_S:
            await asyncio.sleep(max(seconds, 0))
        else:
            waiter = asyncio.ensure_future(self.gone.wait())
            await asyncio.wait({waiter}, timeout=seconds)
            waiter.cancel()
        if self.gone.is_set():
            raise ClientGoneError


@dataclass(slots=True)
class Reply:
    """One HTTP reply; `pieces` yields its body as it comes into being."""

    status: int
    pieces: AsyncIterator[bytes] | bytes
    content_type: str = JSON_TYPE
    headers: dict[str, str] = field(default_factory=dict)


def json_reply(value: Json, *, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    """Answer with a JSON body."""
    return Reply(status, dumps(value), JSON_TYPE, dict(headers or {}))


async def read_request(scope: Scope, receive: Receive, gone: asyncio.Event) -> Request:
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
    return Request(scope["method"], scope["path"], query, headers, b"".join(parts), gone)


async def send_reply(reply: Reply, send: Send, gone: asyncio.Event) -> None:
    """Send a reply; a body that raises CutError is left unfinished, which drops the connection."""
    length = {"content-length": str(len(reply.pieces))} if isinstance(reply.pieces, bytes) else {}
    headers = {"content-type": reply.content_type, "x-simulated": "true"} | length | reply.headers
    await send(
        {
            "type": "http.response.start",
            "status": reply.status,
            "headers": [(k.lower().encode(), v.encode("latin-1")) for k, v in headers.items()],
        }
    )
    if isinstance(reply.pieces, bytes):
        await send({"type": "http.response.body", "body": reply.pieces})
        return
    await _send_pieces(reply.pieces, send, gone)


async def _send_pieces(pieces: AsyncIterator[bytes], send: Send, gone: asyncio.Event) -> None:
    """Send body pieces until they end, are cut, or the client leaves."""
    try:
        async for piece in pieces:
            if gone.is_set():
                return
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    except (CutError, ClientGoneError):
        return
    finally:
        close = getattr(pieces, "aclose", None)
        if close is not None:
            await close()
