"""Pieces of a stream, however a caller holds them, as the bytes they came from."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

Chunk = bytes | bytearray | memoryview | str | Mapping[str, Any]
"""Raw bytes, their text, or the parsed data of one event."""
Whole = bytes | bytearray | memoryview | str
"""A body in one piece."""

DONE: Final = "[DONE]"


def as_bytes(chunks: Iterable[Chunk] | Whole) -> Iterator[bytes]:
    """Yield the bytes of a response body.

    Bytes and text are cut anywhere and passed on as they are. A mapping is one whole event; among
    mappings the text `[DONE]` is one, too. A body in one piece need not be put into a list.
    """
    is_parsed = False
    for chunk in (chunks,) if isinstance(chunks, Whole) else chunks:
        if isinstance(chunk, Mapping):
            is_parsed = True
            yield _event(json.dumps(dict(chunk), default=str))
        elif isinstance(chunk, str):
            is_done = is_parsed and chunk.strip() == DONE
            yield _event(DONE) if is_done else chunk.encode("utf-8", "surrogatepass")
        else:
            yield bytes(chunk)


def _event(data: str) -> bytes:
    return f"data: {data}\n\n".encode()
