"""Streams as bytes, built from what one would write down."""

import json
from typing import Any

DONE = b"data: [DONE]\n\n"


def event(chunk: object) -> bytes:
    """Return one data event; text goes in as it is."""
    data = chunk if isinstance(chunk, str) else json.dumps(chunk)
    return b"data: " + data.encode("utf-8", "surrogatepass") + b"\n\n"


def delta(finish: str | None = None, **fields: Any) -> dict[str, Any]:
    """Return a chunk with one choice."""
    return {"id": "gen-1", "choices": [{"index": 0, "delta": fields, "finish_reason": finish}]}


def call(
    index: int | None = None,
    call_id: str | None = None,
    name: str | None = None,
    arguments: object = None,
) -> dict[str, Any]:
    """Return a chunk with one piece of one tool call; what is None is absent."""
    function = {"name": name, "arguments": arguments}
    piece = {"index": index, "id": call_id}
    piece = {key: value for key, value in piece.items() if value is not None}
    piece["function"] = {key: value for key, value in function.items() if value is not None}
    return delta(tool_calls=[piece])


def body(*chunks: object, done: bool = True) -> bytes:
    """Return a whole stream."""
    return b"".join(event(chunk) for chunk in chunks) + (DONE if done else b"")
