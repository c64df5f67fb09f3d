"""A response body before anyone knows what it says: events, or one document; then JSON values."""

import itertools
from collections.abc import Iterator
from typing import Any, Final

from ai.openrouter import jsontext
from ai.openrouter.chunks import DONE
from ai.openrouter.errors import GarbledReplyError
from ai.openrouter.sse import EventParser

BLANK: Final = b" \t\r\n"
_SPACES: Final = (b" ", b"\t")
_BLANKS: Final = (*_SPACES, b"\r", b"\n")
_BOM: Final = b"\xef\xbb\xbf"
_STARTS_OF_A_BODY: Final = (b"{", b"[", b"<")


def begin(chunks: Iterator[bytes]) -> tuple[bytes, bool]:
    """Read up to the first chunk that says something; tell whether one document begins there.

    The bytes of a document come back without the blanks and the mark before it. Megabytes of blanks
    before an event stream are shortened to what it makes of them: lines that mean nothing, and the
    beginning of one that starts with a blank.
    """
    head = b""
    for chunk in chunks:
        head += chunk
        said = _said(head)
        if said and not _BOM.startswith(said):
            return (said, True) if said.startswith(_STARTS_OF_A_BODY) else (head, False)
        if not said and head.endswith(_BLANKS):
            head = b"\n " if head.endswith(_SPACES) else b"\n"
    return head, False


def events_of(parser: EventParser, head: bytes, chunks: Iterator[bytes]) -> Iterator[str]:
    """Yield the data of every event that is not blank."""
    for chunk in itertools.chain((head,), chunks):
        for data in parser.feed(chunk):
            if text := data.strip():
                yield text


def values_of(text: str) -> list[Any]:
    """Return the JSON values of one event; `[DONE]` stands for itself.

    Normally there is one. Some servers forget the blank line between events, so that several come
    as one event of several lines.

    Raises:
        GarbledReplyError: a part of the reply is unreadable and so lost.
    """
    if not text or text == DONE:
        return [text] if text else []
    try:
        return [jsontext.parse(text)]
    except ValueError:
        pass
    lines = [line.strip() for line in text.split("\n")]
    try:
        return [DONE if line == DONE else jsontext.parse(line) for line in lines if line]
    except ValueError as exc:
        raise GarbledReplyError("an event that is not JSON") from exc


def _said(head: bytes) -> bytes:
    """Return what is left without blanks and byte order mark."""
    return head.lstrip(BLANK).removeprefix(_BOM).lstrip(BLANK)
