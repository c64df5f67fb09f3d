"""Faults of the transport: they act on the bytes of any reply, whatever it says."""

import re
from collections.abc import Callable
from contextlib import aclosing
from typing import Final

from ai.simulator.faults import Fault
from ai.simulator.web import JSON_TYPE, STREAM_TYPE, CutError, Pieces, Reply, Request

STALL_S: Final = 3_600.0
COMMENT: Final = b": OPENROUTER PROCESSING\n\n"

_SLOW_S: Final = 1.0
_BLANKS_BYTES: Final = 10_000_000
_BLANKS_A_WRITE: Final = 65_536
_DEEP: Final = 100_000
_FIELD: Final = re.compile(rb"^data: ", re.MULTILINE)
_TYPES: Final = {
    "html": "text/html; charset=UTF-8", "text": "text/plain", "json": JSON_TYPE,
    "stream": STREAM_TYPE, "none": "",
}  # fmt: skip
_BAD_BODIES: Final[dict[str, Callable[[bytes], bytes]]] = {
    "truncated": lambda body: body[: len(body) * 2 // 3],
    "garbage": lambda _body: b"\x1f\x8b\x00simulated garbage\xff\xfe",
    "empty": lambda _body: b"",
    "null": lambda _body: b"null",
    "list": lambda body: b"[" + body + b"]",
    "number": lambda _body: b"42",
    "text": lambda _body: b'"simulated"',
    "bad_utf8": lambda body: body.replace(b'"', b'"\xff\xfe', 1),
    "nan": lambda body: body[:-1] + b',"score":NaN}',
    "doubled": lambda body: body + b"\n" + body,
    "deep": lambda _body: b"[" * _DEEP,
}
_FRAMINGS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "crlf": lambda data: data.replace(b"\n", b"\r\n"),
    "cr": lambda data: data.replace(b"\n", b"\r"),
    "no_space": lambda data: _FIELD.sub(b"data:", data),
    "two_lines": lambda data: data.replace(b',"object"', b',\ndata: "object"'),
    "named": lambda data: _FIELD.sub(b"event: message\nid: 7\nretry: 100\ndata: ", data),
    "unknown_field": lambda data: _FIELD.sub(b"origin: simulator\ndata: ", data),
    "bom": lambda data: data,
    "unended": lambda data: data,
}


async def hold(fault: Fault | None, request: Request, *, whole: bool = False) -> None:
    """Hold back even the headers, or drop the connection before them.

    Args:
        fault: what is to happen, if anything.
        request: whose client may leave meanwhile.
        whole: the reply cannot wait later, so every slow or stalled one waits here.

    Raises:
        CutError: the connection is to be dropped now.
        ClientGoneError: the client did not wait.
    """
    if fault is None:
        return
    at_headers = fault.word("at", "") == "headers"
    if fault.kind == "cut" and at_headers:
        raise CutError(head_bytes=fault.count("bytes") or 0, reset=fault.how == "reset")
    if fault.kind == "slow" and (whole or at_headers):
        await request.pause(fault.number("latency_s", fault.number("seconds", _SLOW_S)))
    if fault.kind == "stall" and (whole or at_headers) and fault.count("bytes") is None:
        await request.pause(fault.number("seconds", STALL_S))


def carried(reply: Reply, fault: Fault | None, request: Request) -> Reply:
    """Return the reply as a fault of the transport lets it through."""
    if fault is None:
        return reply
    match fault.kind:
        case "cut" if fault.count("bytes") is not None or reply.content_type != STREAM_TYPE:
            reply.pieces = _cut(_iterated(reply.pieces), fault)
        case "stall" if fault.count("bytes") is not None:
            reply.pieces = _stalled(_iterated(reply.pieces), fault, request)
        case "blanks":
            blank = COMMENT if reply.content_type == STREAM_TYPE else b" \n"
            reply.pieces = _after_blanks(_iterated(reply.pieces), blank, fault.count("bytes"))
        case "dribble":
            reply.pieces = _dribbled(_iterated(reply.pieces), fault, request)
        case "bad_body" if reply.content_type == JSON_TYPE:
            reply.pieces = _changed(_iterated(reply.pieces), _BAD_BODIES[fault.how])
        case "framing" if reply.content_type == STREAM_TYPE:
            reply.pieces = _framed(_iterated(reply.pieces), fault.how)
        case "mislabelled":
            reply.content_type = _TYPES[fault.how]
    return reply


async def _iterated(pieces: Pieces | bytes) -> Pieces:
    """Yield any body piece by piece."""
    if isinstance(pieces, bytes):
        yield pieces
        return
    async with aclosing(pieces):
        async for piece in pieces:
            yield piece


async def _cut(pieces: Pieces, fault: Fault) -> Pieces:
    """Let so many bytes through, by default half of the document, and drop the connection."""
    left = fault.count("bytes")
    async with aclosing(pieces):
        async for piece in pieces:
            if left is None and piece.strip():
                yield piece[: len(piece) // 2]
                break
            if left is not None and len(piece) >= left:
                yield piece[:left]
                break
            left = None if left is None else left - len(piece)
            yield piece
        raise CutError(reset=fault.how == "reset")


async def _stalled(pieces: Pieces, fault: Fault, request: Request) -> Pieces:
    """Fall silent after so many bytes, then go on."""
    left = fault.count("bytes") or 0
    async with aclosing(pieces):
        async for piece in pieces:
            if 0 <= left < len(piece):
                yield piece[:left]
                await request.pause(fault.number("seconds", STALL_S))
                yield piece[left:]
            else:
                yield piece
            left -= len(piece)


async def _after_blanks(pieces: Pieces, blank: bytes, wanted: int | None) -> Pieces:
    """Yield so many bytes of blanks, or of comments where the body is a stream, before the body."""
    left = _BLANKS_BYTES if wanted is None else wanted
    block = blank * (_BLANKS_A_WRITE // len(blank))
    async with aclosing(pieces):
        while left >= len(block):
            yield block
            left -= len(block)
        yield blank * (left // len(blank))
        async for piece in pieces:
            yield piece


async def _dribbled(pieces: Pieces, fault: Fault, request: Request) -> Pieces:
    """Yield the body a few bytes at a time."""
    size = max(fault.count("bytes") or 1, 1)
    async with aclosing(pieces):
        async for piece in pieces:
            for start in range(0, len(piece), size):
                yield piece[start : start + size]
                await request.pause(fault.number("seconds", 0))


async def _changed(pieces: Pieces, change: Callable[[bytes], bytes]) -> Pieces:
    """Change the document; blanks before it stay."""
    async with aclosing(pieces):
        async for piece in pieces:
            yield change(piece) if piece.strip() else piece


async def _framed(pieces: Pieces, how: str) -> Pieces:
    """Write the events in another way."""
    first = b"\xef\xbb\xbf" if how == "bom" else b""
    async with aclosing(pieces):
        async for piece in pieces:
            framed = first + _FRAMINGS[how](piece)
            yield framed.rstrip(b"\n") if how == "unended" and b"[DONE]" in piece else framed
            first = b""
