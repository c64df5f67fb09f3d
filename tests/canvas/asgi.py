"""Asking the ASGI handler that servers use, without a server."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx

from canvas.core.handler import Handler


def caller(**options: Any) -> httpx.AsyncClient:
    """A client of the handler; it reads whole answers only."""
    transport = httpx.ASGITransport(app=Handler())
    return httpx.AsyncClient(transport=transport, base_url="http://testserver", **options)


async def ask(method: str, path: str, **options: Any) -> httpx.Response:
    """Ask once."""
    async with caller() as client:
        return await client.request(method, path, **options)


class Stream:
    """An answer of the handler, piece by piece, as a server would send it."""

    def __init__(self, path: str, headers: dict[str, str]) -> None:
        address, _, query = path.partition("?")
        self._scope = {
            "type": "http", "method": "GET", "path": address, "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "server": ("testserver", 80), "client": ("127.0.0.1", 1), "root_path": "",
        }  # fmt: skip
        self._sent: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._gone = asyncio.Event()
        self._asked = False
        self._serving = asyncio.ensure_future(self._serve())

    @classmethod
    async def open(cls, path: str, headers: dict[str, str]) -> "Stream":
        """Ask, and wait for the status."""
        stream = cls(path, headers)
        start = await asyncio.wait_for(stream._sent.get(), 8)
        assert start is not None
        stream.status_code = start["status"]
        stream.headers = {name.decode(): value.decode() for name, value in start["headers"]}
        stream.streaming_content = stream._pieces()
        return stream

    async def leave(self) -> None:
        """Cut the line, and wait until the handler has ended."""
        self._gone.set()
        await asyncio.wait_for(self._serving, 8)

    async def _pieces(self) -> AsyncIterator[bytes]:
        try:
            while (message := await self._sent.get()) is not None:
                if message["body"]:
                    yield message["body"]
        finally:
            await self.leave()

    async def _serve(self) -> None:
        try:
            await Handler()(self._scope, self._receive, self._sent.put)
        finally:
            self._sent.put_nowait(None)

    async def _receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}
