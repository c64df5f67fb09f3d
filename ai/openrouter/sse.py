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
    """Feed it chunks of bytes; it gives the data of each event. Ids and waits mean nothing here.

    A line that begins with `{` is no field. Some servers write an error like that into a stream, on
    one line or several: it is data that forgot its name.
    """

    def __init__(self) -> None:
        self.name = ""
        """Of the event whose data was given last; nearly always none."""
        self._next_name = b""
        self._pieces: list[bytes] = []
        self._data: list[bytes] = []
        self._is_bare = False
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
        return self._event()

    def _end_line(self) -> Iterator[str]:
        line = b"".join(self._pieces).rstrip(_ENDS)
        self._pieces.clear()
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(_BOM)
        if line:
            self._take(line)
        elif self._data:
            yield self._event()
        else:
            self._next_name = b""

    def _event(self) -> str:
        data, self._data = self._data, []
        self.name, self._next_name = self._next_name.decode("utf-8", "replace"), b""
        self._is_bare = False
        return _text(data)

    def _take(self, line: bytes) -> None:
        """Keep a line of data or a name; comments start with a colon and so have an empty name."""
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
        elif name == b"event":
            self._next_name = value.removeprefix(b" ")
        elif name and (self._is_bare or name.startswith(b"{")):
            self._is_bare = True
            self._data.append(line)


def _text(lines: list[bytes]) -> str:
    return b"\n".join(lines).decode("utf-8", "replace")
