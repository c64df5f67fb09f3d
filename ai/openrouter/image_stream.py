"""The images route when it streams: previews while it draws, then the pictures.

A model that cannot stream answers with the JSON body it always sends.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from ai.openrouter.chunks import DONE
from ai.openrouter.errors import (
    GarbledReplyError,
    IncompleteReplyError,
    NoImageError,
    OpenRouterError,
    StoppedError,
)
from ai.openrouter.faults import fault
from ai.openrouter.frames import Event, begin, events_of, rest_of, values_of
from ai.openrouter.images import ImageReply, Picture, listed_picture, read_image_reply
from ai.openrouter.sse import EventParser
from ai.openrouter.usage import merged, read_usage
from ai.openrouter.wire import Json, Usage

_PARTIAL: Final = "image_generation.partial_image"

OnPartial = Callable[[Picture], None]


def read_image_stream(
    chunks: Iterator[bytes], *, on_partial: OnPartial, generation_id: str | None = None
) -> ImageReply:
    """Return the pictures of a streamed images reply; previews go to `on_partial`.

    A picture that was completed is whole, whatever becomes of the stream after it; only our own
    stop counts more.

    Raises:
        StoppedError: by `abort`.
        NoImageError: the stream ended well and no picture came.
        IncompleteReplyError: it was cut before the first picture was complete.
        OpenRouterError: an error in the stream, or a body that is no reply.
    """
    head, is_body = begin(chunks)
    if is_body:
        return read_image_reply(head + b"".join(chunks), generation_id=generation_id)
    drawn = _Drawn(generation_id, on_partial)
    try:
        _read(drawn, head, chunks)
    except StoppedError:
        raise
    except OpenRouterError:
        if not drawn.has_pictures:
            raise
    return drawn.reply()


def _read(drawn: "_Drawn", head: bytes, chunks: Iterator[bytes]) -> None:
    """Read until `[DONE]`, an error or the end; after a picture, past what is unreadable."""
    parser = EventParser()
    for event in events_of(parser, head, chunks):
        drawn.take_all(event)
        if drawn.is_done:
            return
    try:
        drawn.take_all(rest_of(parser))
    except GarbledReplyError:
        return  # an event that was cut


class _Drawn:
    """What has come so far."""

    def __init__(self, generation_id: str | None, on_partial: OnPartial) -> None:
        self._generation_id = generation_id
        self._on_partial = on_partial
        self._pictures: list[Picture] = []
        self._usage: Usage | None = None
        self.is_done = False

    @property
    def has_pictures(self) -> bool:
        """Whether one was completed."""
        return bool(self._pictures)

    def take_all(self, event: Event) -> None:
        """Take what an event says up to `[DONE]`.

        Raises:
            GarbledReplyError: it is unreadable, and no picture was complete before.
            OpenRouterError: the error it carries.
        """
        try:
            for value in values_of(event):
                self.is_done = value == DONE
                if self.is_done:
                    return
                if isinstance(value, dict):
                    self.take(value)
        except GarbledReplyError:
            if not self.has_pictures:
                raise

    def take(self, event: Json) -> None:
        """Take one event.

        Raises:
            OpenRouterError: the error it carries.
        """
        if usage := read_usage(event.get("usage")):
            self._usage = merged(self._usage, usage)
        if error := event.get("error"):
            raise fault(error, generation_id=self._generation_id, usage=self._usage)
        picture = listed_picture(event)
        if picture is None:
            return
        if event.get("type") == _PARTIAL:
            self._on_partial(picture)
        else:
            self._pictures.append(picture)

    def reply(self) -> ImageReply:
        """Return the pictures.

        Raises:
            NoImageError: there is none, and that is all.
            IncompleteReplyError: there is none yet.
        """
        facts: dict[str, Any] = {"generation_id": self._generation_id, "usage": self._usage}
        if not self._pictures:
            failure = NoImageError if self.is_done else IncompleteReplyError
            raise failure("the stream ended and no picture had come", **facts)
        return ImageReply(pictures=tuple(self._pictures), **facts)
