"""Multipart bodies: bounded, and clean in their text fields."""

from collections.abc import Mapping
from io import BytesIO
from typing import IO, Any, Final

from django.conf import settings
from django.http import HttpRequest
from rest_framework import parsers

from canvas.core.errors import TooLarge
from canvas.core.json import clean_query

FRAME_BYTES: Final = 256 * 1024
"""Room for the text fields and boundaries around one file."""


def check_upload_length(request: HttpRequest) -> None:
    """Refuse a body that announces more bytes than one upload may have.

    Raises:
        TooLarge: before anything of it is read.
    """
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdigit() and int(length) > settings.UPLOAD_LIMIT_BYTES + FRAME_BYTES:
        raise TooLarge(f"A file may have at most {settings.UPLOAD_LIMIT_BYTES} bytes.")


def announce_length(request: HttpRequest) -> None:
    """Give a chunked body the length that it does not announce: DRF takes it for empty.

    Nothing past the limit of an upload is read, and the first byte past it makes it too large.
    """
    chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
    if not chunked or request.META.get("CONTENT_LENGTH"):
        return
    most_bytes = settings.UPLOAD_LIMIT_BYTES + FRAME_BYTES + 1
    body = request.read(most_bytes)
    request._stream = BytesIO(body)  # noqa: SLF001 Django has no name for it
    request._read_started = False  # type: ignore[attr-defined]  # noqa: SLF001 as above
    request.META["CONTENT_LENGTH"] = str(len(body))


class UploadParser(parsers.MultiPartParser):
    """Reads one upload and its fields; a body over the limit is never read."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 DRF's shape
        """Read the parts, unless the announced length is over the limit."""
        check_upload_length((parser_context or {})["request"]._request)  # noqa: SLF001 its headers
        parsed = super().parse(stream, media_type=media_type, parser_context=parser_context)
        clean_query(parsed.data)
        return parsed
