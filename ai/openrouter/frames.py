"""A response body before anyone knows what it says: events, or one document; then JSON values."""

import itertools
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from ai.openrouter import jsontext
from ai.openrouter.chunks import DONE
from ai.openrouter.errors import GarbledReplyError
from ai.openrouter.sse import EventParser
from ai.openrouter.wire import Json

BLANK: Final = b" \t\r\n"
_SPACES: Final = (b" ", b"\t")
_BLANKS: Final = (*_SPACES, b"\r", b"\n")
_BOM: Final = b"\xef\xbb\xbf"
_STARTS_OF_A_BODY: Final = (b"{", b"[", b"<")
_ERROR: Final = "error"
_WORDLESS: Final = "an error event without a word"


class Event(NamedTuple):
    """The data of one event."""

    text: str
    is_error: bool = False
    """Whether the service named it so, whatever it says."""


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


def events_of(parser: EventParser, head: bytes, chunks: Iterator[bytes]) -> Iterator[Event]:
    """Yield every event that is not blank."""
    for chunk in itertools.chain((head,), chunks):
        for data in parser.feed(chunk):
            event = Event(data.strip(), parser.name == _ERROR)
            if any(event):
                yield event


def rest_of(parser: EventParser) -> Event:
    """Return the event whose closing blank line never came; perhaps a blank one."""
    text = parser.rest().strip()
    return Event(text, bool(text) and parser.name == _ERROR)


def values_of(event: Event) -> Iterator[Any]:
    """Yield the JSON values of one event; `[DONE]` stands for itself.

    Normally there is one. Some servers forget the blank line between events, so that several come
    as one event of several lines. Of an event named `error` every value is an error, JSON or not.

    Raises:
        GarbledReplyError: a part of the reply is unreadable and so lost; what stands before it was
            yielded.
    """
    if not event.is_error:
        yield from _values(event.text)
        return
    try:
        values = list(_values(event.text))
    except GarbledReplyError:
        values = [event.text]
    for value in values or [_WORDLESS]:
        yield value if value == DONE else _as_error(value)


def _values(text: str) -> Iterator[Any]:
    if text == DONE:
        yield DONE
        return
    try:
        value = jsontext.parse(text)
    except ValueError:
        yield from _values_by_line(text)
    else:
        yield value


def _values_by_line(text: str) -> Iterator[Any]:
    for line in filter(None, map(str.strip, text.split("\n"))):
        try:
            yield DONE if line == DONE else jsontext.parse(line)
        except ValueError:
            raise GarbledReplyError("an event that is not JSON") from None


def _as_error(value: object) -> Json:
    """Return a chunk that carries an error: this one if it does, else one around what was said."""
    if isinstance(value, dict) and value.get(_ERROR):
        return value
    return {_ERROR: value or _WORDLESS}


def _said(head: bytes) -> bytes:
    """Return what is left without blanks and byte order mark."""
    return head.lstrip(BLANK).removeprefix(_BOM).lstrip(BLANK)
