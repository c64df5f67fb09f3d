"""A bare relay: an ASGI application that passes bytes on and keeps nothing. It shows the limit."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any, Final

from benchmarks.peers.process import Peer

_UPSTREAM: Final = "RELAY_UPSTREAM_PORT"
_PATH: Final = b"/api/v1/chat/completions"

Message = MutableMapping[str, Any]


class Relay(Peer):
    """The relay under uvicorn, as the service's own web process is."""

    name = "bare relay"
    path = "/"
    token = "sk-or-x"  # noqa: S105 the upstream takes any

    def __init__(self, upstream_port: int) -> None:
        super().__init__()
        self._upstream_port = upstream_port
        self.headers: dict[str, str] = {}

    def command(self) -> list[str]:
        """Start this very module's application."""
        return [
            sys.executable, "-m", "uvicorn", "benchmarks.peers.relay:app", "--host", "127.0.0.1",
            "--port", str(self.port), "--lifespan", "off", "--no-access-log",
            "--log-level", "warning",
        ]  # fmt: skip

    def environ(self) -> dict[str, str]:
        """Find our own code, and the upstream."""
        root = Path(__file__).resolve().parents[2]
        return {"PYTHONPATH": str(root), _UPSTREAM: str(self._upstream_port)}


async def app(
    scope: Message,
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    """Pass the body to the upstream, and its chunks back as they come."""
    if scope["method"] != "POST":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    port = int(os.environ[_UPSTREAM])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(_question(body))
        await reader.readuntil(b"\r\n\r\n")
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await _pass_on(reader, send)
    finally:
        writer.close()


def _question(body: bytes) -> bytes:
    head = b"POST %b HTTP/1.1\r\nhost: relay\r\ncontent-length: %d\r\n\r\n"
    return head % (_PATH, len(body)) + body


async def _pass_on(
    reader: asyncio.StreamReader, send: Callable[[Message], Awaitable[None]]
) -> None:
    """Read chunk by chunk; the empty one is the last."""
    while size := int((await reader.readline()).strip(), 16):
        data = await reader.readexactly(size + 2)
        await send({"type": "http.response.body", "body": data[:-2], "more_body": True})
    await send({"type": "http.response.body", "body": b""})
