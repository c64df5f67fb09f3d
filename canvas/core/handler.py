"""Django for an ASGI server: a request is one hop into one of a few threads.

Django's own handler walks the middleware on the event loop and hops into a thread and back for each
sync link of it, into a new thread for each request. Here the whole chain is sync and runs in one
piece. What has to wait, waits out here on the event loop and holds neither thread nor connection: a
stream of events, and a caller who would rather wait for a job.
"""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing
from typing import Any, Final

from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers import asgi
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from canvas.core import health, wait
from canvas.core.live import LiveResponse
from canvas.core.threads import close_idle_connections, in_thread, pool

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_END: Final[Message] = {"type": "http.response.body", "body": b"", "more_body": False}


class Handler(asgi.ASGIHandler):
    """Serves HTTP, and the server's own start and stop."""

    def __init__(self) -> None:
        # Not the parent's: that loads the async form of the middleware.
        self.load_middleware(is_async=False)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve what the server has accepted."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] != "http":
            raise ValueError(f"Only HTTP is served here, not {scope['type']}.")
        elif scope["path"] == health.LIVE:  # needs no thread, so it answers when all are busy
            await _send_whole(health.alive(), send)
        else:
            await self.handle(scope, receive, send)

    async def handle(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        response = await in_thread(self._answer, scope, body)
        if isinstance(response, HttpResponse) and not wait.is_pending(response):
            await _send_whole(response, send)
        else:
            await _until_gone(receive, self._send_in_time(scope, response, send))

    async def _send_in_time(
        self, scope: dict[str, Any], response: HttpResponseBase, send: Send
    ) -> None:
        async def look(path: str) -> HttpResponseBase:
            return await in_thread(self._answer, wait.look_scope(scope, path), io.BytesIO())

        response = await wait.settled(response, look)
        if isinstance(response, StreamingHttpResponse):
            await _send_stream(response, send)
        else:
            assert isinstance(response, HttpResponse)  # noqa: S101 there is no third kind
            await _send_whole(response, send)

    def _answer(self, scope: dict[str, Any], body: Any) -> HttpResponseBase:  # noqa: ANN401 a file
        """Answer on this thread, and let go of its connection."""
        set_script_prefix(asgi.get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        with body:
            request, refusal = self.create_request(scope, body)
            response = refusal if request is None else self._answer_to(request)
            assert response is not None  # noqa: S101 one of the two is there
        if _is_file(response):
            close_idle_connections()
        else:
            response.close()  # nothing that is sent later needs the request
        return response

    def _answer_to(self, request: asgi.ASGIRequest) -> HttpResponseBase:
        request.is_internal = wait.is_look(request.scope)  # type: ignore[attr-defined] # see throttling
        response = self.get_response(request)
        response._handler_class = self.__class__  # type: ignore[attr-defined]  # noqa: SLF001 as in Django
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        return response


def _is_file(response: HttpResponseBase) -> bool:
    return isinstance(response, StreamingHttpResponse) and not response.is_async


async def _send_whole(response: HttpResponse, send: Send) -> None:
    await send(_start(response))
    await send({**_END, "body": response.content})


async def _send_stream(response: StreamingHttpResponse, send: Send) -> None:
    pieces = _pieces(response)
    try:
        await send(_start(response))
        async with aclosing(pieces):
            async for piece in pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send(_END)
    finally:
        if _is_file(response):
            response.close()


def _pieces(response: StreamingHttpResponse) -> Any:  # noqa: ANN401 an async generator
    if isinstance(response, LiveResponse):
        return response.pieces
    return aiter(response) if response.is_async else _read(iter(response))


async def _read(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Read a file where reading may take its time."""
    while (chunk := await in_thread(next, chunks, None)) is not None:
        yield chunk


def _start(response: HttpResponseBase) -> Message:
    headers = [(name.encode("ascii"), value.encode("latin1")) for name, value in response.items()]
    cookies = [
        (b"Set-Cookie", cookie.output(header="").strip().encode("ascii"))
        for cookie in response.cookies.values()
    ]
    status = response.status_code
    return {"type": "http.response.start", "status": status, "headers": headers + cookies}


async def _until_gone(receive: Receive, sending: Awaitable[None]) -> None:
    """Send until it is done or the client has gone."""
    sender = asyncio.ensure_future(sending)
    listener = asyncio.ensure_future(receive())
    try:
        await asyncio.wait({sender, listener}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        listener.cancel()
        sender.cancel()
        await asyncio.wait({sender})
    if not sender.cancelled():
        sender.result()


async def _live(receive: Receive, send: Send) -> None:
    """Follow the server's life: nothing waits for its start, the threads end with it."""
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    pool.shutdown(wait=False, cancel_futures=True)
    await send({"type": "lifespan.shutdown.complete"})
