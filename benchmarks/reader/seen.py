"""What a reader saw of an answer: read out of raw bytes when all is over."""

import json
from collections.abc import Iterable, Iterator
from typing import Final

from benchmarks.answers import texts_in

_FAILURES: Final = (b'"status":"failed"', b'"status":"cancelled"', b'"error":{', b'"error": {')


def words(pieces: Iterable[tuple[float, bytes]]) -> Iterator[tuple[float, int]]:
    """Give when so many characters had been read, of a feed or of a bare upstream."""
    said, rest = 0, b""
    for at, data in pieces:
        whole, end, rest = (rest + data).rpartition(b"\n\n")
        characters = sum(map(_characters, whole.split(b"\n\n"))) if end else 0
        if characters:
            said += characters
            yield at, said


def has_failed(data: bytes) -> bool:
    """Say whether a stream ended badly."""
    return any(mark in data for mark in _FAILURES)


def _characters(event: bytes) -> int:
    if event.startswith(b"data: "):
        return sum(map(len, texts_in(event)))
    lines = dict(line.split(b": ", 1) for line in event.splitlines() if b": " in line)
    if lines.get(b"event") != b"text.delta":
        return 0
    return len(json.loads(lines[b"data"])["text"])
