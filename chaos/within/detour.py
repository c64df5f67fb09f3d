"""A way to the upstream that spoils answers: `python -m chaos.within.detour PORT UPSTREAM`.

The first request whose text says `Spoiled: <how>.` gets its answer spoiled; all else passes as it
comes. The upstream has answered in full, so its bill is for the whole answer.

| how               | what comes instead of the answer                                |
|-------------------|-----------------------------------------------------------------|
| cut at 0.35       | so much of it, then the connection drops                        |
| slow blanks       | 10 MB of line ends, in 16 seconds; then the answer              |
| blanks            | 10 MB of line ends at once, and a good end                      |
| blank words       | 10 MB of blanks as what the model says                          |
| equal scenes      | the outline's first scene 500 times                             |
| huge picture      | the answer with a picture of 60 MB                              |
"""

import asyncio
import copy
import json
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from typing import Any, Final

import httpx
import uvicorn

BLANKS_BYTES: Final = 10 * 1024**2
PICTURE_BYTES: Final = 60 * 1024**2
SCENES: Final = 500
PIECES: Final = 160
PAUSE_S: Final = 0.1
_HOW: Final = re.compile(r"Spoiled: [^.]*(?:\.\d+)?[^.]*\.")
# Where a stream has said all and begins to end.
_ENDS: Final = re.compile(rb'data: [^\n]*"finish_reason":\s*"')
_PASSED_ON: Final = ("authorization", "content-type", "accept")
_PASSED_BACK: Final = (b"content-type", b"x-generation-id", b"x-simulated", b"retry-after")

Json = dict[str, Any]
Send = Callable[[Json], Awaitable[None]]


class Detour:
    """An ASGI application between the service and its upstream."""

    def __init__(self, upstream: str) -> None:
        self._http = httpx.AsyncClient(base_url=upstream, timeout=None, trust_env=False)  # noqa: S113 the service has deadlines
        self._spoiled: set[str] = set()

    async def __call__(
        self, scope: MutableMapping[str, Any], receive: Callable[[], Awaitable[Json]], send: Send
    ) -> None:
        """Pass one request on, and its answer back."""
        content = await _body(receive)
        request = self._http.build_request(
            scope["method"],
            scope["path"],
            params=scope["query_string"],
            content=content,
            headers={
                name.decode(): value.decode()
                for name, value in scope["headers"]
                if name.decode() in _PASSED_ON
            },
        )
        passing = asyncio.create_task(self._pass(request, self._how(content), send))
        leaving = asyncio.create_task(_leaves(receive))
        await asyncio.wait({passing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        leaving.cancel()
        passing.cancel()

    def _how(self, content: bytes) -> str:
        """Say how to spoil the answer to this request; blank for not at all."""
        found = _HOW.search(content.decode("utf-8", "replace"))
        if found is None or found[0] in self._spoiled:
            return ""
        self._spoiled.add(found[0])
        return found[0].removeprefix("Spoiled: ").removesuffix(".")

    async def _pass(self, request: httpx.Request, how: str, send: Send) -> None:
        answer = await self._http.send(request, stream=True)
        headers = [pair for pair in answer.headers.raw if pair[0].lower() in _PASSED_BACK]
        await send(
            {"type": "http.response.start", "status": answer.status_code, "headers": headers}
        )
        pieces = answer.aiter_bytes() if not how else _spoil(await answer.aread(), how)
        async for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await answer.aclose()
        if not how.startswith("cut"):
            await send({"type": "http.response.body", "body": b""})


async def _spoil(whole: bytes, how: str) -> AsyncIterator[bytes]:
    name, _, number = how.partition(" #")[0].rpartition(" at ")
    match name or how.partition(" #")[0]:
        case "cut":
            yield whole[: int(_length(whole) * float(number))]
        case "slow blanks":
            for _ in range(PIECES):
                yield b"\n" * (BLANKS_BYTES // PIECES)
                await asyncio.sleep(PAUSE_S)
            yield whole
        case "blanks":
            yield b"\n" * BLANKS_BYTES
        case "blank words":
            yield _said(whole, " " * BLANKS_BYTES)
        case "equal scenes":
            outline = json.loads(json.loads(whole)["choices"][0]["message"]["content"])
            outline["scenes"] = outline["scenes"][:1] * SCENES
            yield _said(whole, json.dumps(outline))
        case "huge picture":
            for piece in _with_picture(whole):
                yield piece
        case _:
            raise ValueError(how)


def _length(whole: bytes) -> int:
    """Say how long the answer is, without the frames that end a stream."""
    end = _ENDS.search(whole) if whole.startswith((b"data:", b":")) else None
    return end.start() if end else len(whole)


def _said(whole: bytes, words: str) -> bytes:
    """Put other words into an answer, streamed or not."""
    if not whole.startswith((b"data:", b":")):
        reply = json.loads(whole)
        reply["choices"][0]["message"]["content"] = words
        return json.dumps(reply).encode()
    chunk = _delta(whole, {"role": "assistant", "content": words})
    return b"data: " + json.dumps(chunk).encode() + b"\n\n" + whole[_length(whole) :]


def _with_picture(whole: bytes) -> Iterator[bytes]:
    url = "data:image/png;base64," + "A" * (PICTURE_BYTES * 4 // 3)
    images = [{"type": "image_url", "image_url": {"url": url}}]
    if not whole.startswith((b"data:", b":")):
        reply = json.loads(whole)
        reply["choices"][0]["message"]["images"] = images
        yield json.dumps(reply).encode()
        return
    end = _length(whole)
    yield whole[:end]
    yield b"data: " + json.dumps(_delta(whole, {"images": images})).encode() + b"\n\n"
    yield whole[end:]


def _delta(whole: bytes, delta: Json) -> Json:
    """Make a chunk like the stream's first one, with another delta."""
    first = re.search(rb"^data: (\{.*\})$", whole, re.MULTILINE)
    assert first is not None  # noqa: S101 a stream has chunks
    chunk: Json = copy.deepcopy(json.loads(first[1]))
    chunk["choices"][0]["delta"] = delta
    return chunk


async def _body(receive: Callable[[], Awaitable[Json]]) -> bytes:
    parts, more = [], True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


async def _leaves(receive: Callable[[], Awaitable[Json]]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


if __name__ == "__main__":
    uvicorn.run(
        Detour(sys.argv[2]),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        lifespan="off",
        log_level="critical",
    )
