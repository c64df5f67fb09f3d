"""Server-sent events out of raw bytes, exact to the byte and without a limit on a line's length.

Lines end with CR, LF or CRLF and nothing else: a text may hold U+2028 or U+0085. Bytes are only
decoded when a line is whole, so a character may be split over chunks. A picture of several
megabytes is one line: pieces are collected and joined once.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

from collections.abc import Iterator
from typing import Final

_BOM: Final = b"\xef\xbb\xbf"
_ENDS: Final = b"\r\n"


class EventParser:
    """Feed it chunks of bytes; it gives the data of each event. Other fields mean nothing here."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._data: list[bytes] = []
        self._ends_with_cr = False
        self._at_start = True

    def feed(self, chunk: bytes) -> Iterator[str]:
        """Take the next bytes and yield the data of every event they complete."""
        if self._ends_with_cr and chunk:
            self._ends_with_cr = False
            chunk = chunk.removeprefix(b"\n")
        for line in chunk.splitlines(keepends=True):
            self._pieces.append(line)
            if line[-1:] in (b"\n", b"\r"):
                yield from self._end_line()
        self._ends_with_cr = self._ends_with_cr or chunk.endswith(b"\r")

    def rest(self) -> str:
        """Return the data of an event whose closing blank line never came; perhaps nothing.

        By the specification it is no event. What it says may still be worth hearing, such as that
        the stream is done, or what it cost.
        """
        if self._pieces:
            list(self._end_line())
        return _text(self._data)

    def _end_line(self) -> Iterator[str]:
        line = b"".join(self._pieces).rstrip(_ENDS)
        self._pieces.clear()
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(_BOM)
        if line:
            self._take(line)
        elif self._data:
            data, self._data = self._data, []
            yield _text(data)

    def _take(self, line: bytes) -> None:
        """Keep a data line; comments start with a colon and so have an empty name."""
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))


def _text(lines: list[bytes]) -> str:
    return b"\n".join(lines).decode("utf-8", "replace")
