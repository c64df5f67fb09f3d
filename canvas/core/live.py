"""An answer that goes on for as long as somebody listens."""

from collections.abc import AsyncGenerator
from typing import Any

from django.http import StreamingHttpResponse


class LiveResponse(StreamingHttpResponse):
    """Streams the pieces of an async generator.

    Our handler takes them as they are; Django's three layers around them are for other servers.
    """

    def __init__(self, pieces: AsyncGenerator[bytes, None], **options: Any) -> None:  # noqa: ANN401 Django's
        super().__init__(pieces, **options)
        self.pieces = pieces
