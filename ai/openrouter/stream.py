"""A reply that arrives in pieces: typed events while it runs, the whole reply after it.

A service asked for a stream may answer with a JSON body instead, an error or a whole completion:
the first character of the body tells, since no line of an event stream starts with `{`.

What counts as a good end is told in `ai.openrouter.assembly`.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from ai.openrouter import jsontext
from ai.openrouter.assembly import Assembly
from ai.openrouter.chunks import DONE, Chunk, Whole, as_bytes
from ai.openrouter.errors import GarbledReplyError, IncompleteReplyError, OpenRouterError
from ai.openrouter.events import StreamEvent
from ai.openrouter.faults import read_failure
from ai.openrouter.frames import BLANK, Event, begin, events_of, rest_of, values_of
from ai.openrouter.sse import EventParser
from ai.openrouter.wire import ChatReply, Json, Message

_OK: Final = 200


def assemble(chunks: Iterable[Chunk] | Whole) -> Message:
    """Return the message of a complete response body, or raise: a broken one is never a message.

    A message that comes back has a finish reason, or it came as one whole JSON body, or it is
    nothing but whole tool calls closed by `[DONE]`. With `length` or `content_filter` it is what
    was said up to there: see `is_cut` before taking it for the whole answer.

    Args:
        chunks: the body, cut anywhere: bytes, text, or the parsed data of one event each.

    Raises:
        OpenRouterError: the reply did not end well; `usage` and `generation_id` are set if seen.
            IncompleteReplyError for what was cut, EmptyReplyError for what says nothing, and for
            an error inside the stream the same class as for one outside.
    """
    stream = ChatStream(as_bytes(chunks))
    for _event in stream:
        pass
    return stream.reply.message


def read_completion(body: bytes, *, generation_id: str | None = None) -> ChatReply:
    """Return the reply of a JSON body with HTTP status 200, leading blanks and errors included.

    Raises:
        OpenRouterError: the body holds an error, is no completion, or is empty.
    """
    stream = ChatStream((), generation_id=generation_id)
    for _event in stream.take_body(body):
        pass
    return stream.reply


class ChatStream:
    """Iterate once for the events; then `reply` is the whole.

    Iteration raises OpenRouterError on anything that did not end well; what was said before stays
    said, so a caller that showed it must tell its readers.
    """

    def __init__(
        self,
        chunks: Iterable[bytes],
        *,
        generation_id: str | None = None,
        on_data: Callable[[], None] | None = None,
    ) -> None:
        self._chunks = chunks
        self._on_data = on_data
        self._assembly = Assembly(generation_id)
        self._reply: ChatReply | None = None
        self.is_done = False
        """Whether `[DONE]` was read, after which nothing of the reply can follow."""
        self._last = ""

    @property
    def reply(self) -> ChatReply:
        """Return the whole reply; only there after the last event.

        Raises:
            RuntimeError: the stream was not read to its end.
        """
        if self._reply is None:
            raise RuntimeError("the stream was not read to its end")
        return self._reply

    @property
    def generation_id(self) -> str | None:
        """Return the id of the generation as soon as a header or a chunk has told it."""
        return self._assembly.generation_id

    def __iter__(self) -> Iterator[StreamEvent]:
        try:
            yield from self._read()
        except OpenRouterError as error:
            self._assembly.inform(error)
            raise

    def _read(self) -> Iterator[StreamEvent]:
        chunks = iter(self._chunks)
        head, is_body = begin(chunks)
        if is_body:
            yield from self._read_body(head, chunks)
            return
        parser = EventParser()
        try:
            yield from self._read_events(parser, head, chunks)
        except IncompleteReplyError:
            if self._assembly.finish_reason is None or self._assembly.usage is None:
                raise
        if not self.is_done:
            yield from self._hear_out(rest_of(parser))
        self._reply = self._assembly.reply(ending="done" if self.is_done else "end", raw=self._last)

    def _read_events(
        self, parser: EventParser, head: bytes, chunks: Iterator[bytes]
    ) -> Iterator[StreamEvent]:
        """Read until `[DONE]`: the connection may linger long after it."""
        for event in events_of(parser, head, chunks):
            self._seen()
            for value in values_of(event):
                if value == DONE:
                    self.is_done = True
                    return
                if isinstance(value, dict):
                    yield from self._assembly.take(value)
            self._last = event.text

    def _hear_out(self, rest: Event) -> Iterator[StreamEvent]:
        """Take from an unfinished last event its bill or error: it is not part of the message.

        One that ends in `[DONE]` lacks nothing but its blank line, and counts.
        """
        try:
            values = list(values_of(rest))
        except GarbledReplyError:
            return
        self.is_done = DONE in values
        for value in values:
            if value == DONE:
                return
            if isinstance(value, dict) and self.is_done:
                yield from self._assembly.take(value)
            elif isinstance(value, dict):
                self._assembly.overhear(value)

    def _read_body(self, head: bytes, chunks: Iterator[bytes]) -> Iterator[StreamEvent]:
        parts = [head]
        self._seen()
        for chunk in chunks:
            parts.append(chunk)
            if chunk.strip(BLANK):
                self._seen()
        yield from self.take_body(b"".join(parts))

    def take_body(self, body: bytes) -> Iterator[StreamEvent]:
        """Take a completion that came as one JSON body.

        Raises:
            IncompleteReplyError: empty, or JSON that was cut.
            GarbledReplyError: JSON that is no completion.
            OpenRouterError: the error in it, or a page of HTML where JSON should be.
        """
        text = body.decode("utf-8", "replace").strip()
        yield from self._assembly.take(self._completion(text))
        self._reply = self._assembly.reply(ending="body", raw=text)

    def _completion(self, text: str) -> Json:
        try:
            value = jsontext.parse(text)
        except ValueError:
            error: OpenRouterError = IncompleteReplyError("the body is cut or empty", status=_OK)
            if text[:1] not in ("", "{", "["):
                error = read_failure(text.encode(), status=_OK)
            raise self._assembly.inform(error) from None
        if not isinstance(value, dict):
            error = GarbledReplyError("the body is no JSON object", status=_OK)
            raise self._assembly.inform(error)
        return value

    def _seen(self) -> None:
        if self._on_data is not None:
            self._on_data()
