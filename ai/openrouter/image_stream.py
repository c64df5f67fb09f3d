"""The images route when it streams: previews while it draws, then the pictures.

A model that cannot stream answers with the JSON body it always sends.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from ai.openrouter.chunks import DONE
from ai.openrouter.errors import IncompleteReplyError, NoImageError, OpenRouterError
from ai.openrouter.faults import fault
from ai.openrouter.frames import begin, events_of, values_of
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

    A picture that was completed is whole, whatever becomes of the stream after it.

    Raises:
        NoImageError: the stream ended well and no picture came.
        IncompleteReplyError: it was cut before the first picture was complete.
        OpenRouterError: an error in the stream, or a body that is no reply.
    """
    head, is_body = begin(chunks)
    if is_body:
        return read_image_reply(head + b"".join(chunks), generation_id=generation_id)
    drawn = _Drawn(generation_id, on_partial)
    for text in events_of(EventParser(), head, chunks):
        for value in values_of(text):
            if isinstance(value, dict):
                drawn.take(value)
            elif value == DONE:
                return drawn.reply(NoImageError)
    return drawn.reply(IncompleteReplyError)


class _Drawn:
    """What has come so far."""

    def __init__(self, generation_id: str | None, on_partial: OnPartial) -> None:
        self._generation_id = generation_id
        self._on_partial = on_partial
        self._pictures: list[Picture] = []
        self._usage: Usage | None = None

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

    def reply(self, failure: Callable[..., OpenRouterError]) -> ImageReply:
        """Return the pictures; raise `failure` when there is none."""
        facts: dict[str, Any] = {"generation_id": self._generation_id, "usage": self._usage}
        if not self._pictures:
            raise failure("the stream ended and no picture had come", **facts)
        return ImageReply(pictures=tuple(self._pictures), **facts)
