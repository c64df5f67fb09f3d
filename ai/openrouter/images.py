"""Pictures in replies: from the images route as base64, from the chat route as addresses."""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

from ai.openrouter import jsontext
from ai.openrouter.errors import (
    GarbledReplyError,
    IncompleteReplyError,
    NoImageError,
    OpenRouterError,
)
from ai.openrouter.faults import fault, read_failure
from ai.openrouter.usage import read_usage
from ai.openrouter.wire import ChatReply, Json, Usage

_DATA_URL: Final = re.compile(r"data:([\w.+-]+/[\w.+-]+)?[^,]*?;base64,", re.IGNORECASE)
_OK: Final = 200
_SIGNATURES: Final = (
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"WEBP", 8, "image/webp"),
    (b"GIF8", 0, "image/gif"),
    (b"ftypavif", 4, "image/avif"),
)


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture as it came; nobody has decoded it yet."""

    content: bytes
    media_type: str
    """Told by the bytes themselves, not by the reply; `application/octet-stream` when unknown."""

    def __repr__(self) -> str:
        return f"Picture({self.media_type}, {len(self.content)} bytes)"


@dataclass(frozen=True, slots=True)
class ImageReply:
    """What POST /images made: at least one picture, perhaps fewer than ordered."""

    generation_id: str | None
    pictures: tuple[Picture, ...]
    usage: Usage | None


def read_image_reply(body: bytes, *, generation_id: str | None = None) -> ImageReply:
    """Return the pictures of an images reply with HTTP status 200.

    Raises:
        NoImageError: none came, or none that is base64; `usage` tells what it cost all the same.
        OpenRouterError: the body holds an error or is no JSON object.
    """
    parsed = _parsed(body, generation_id)
    usage = read_usage(parsed.get("usage"))
    if error := parsed.get("error"):
        raise fault(error, generation_id=generation_id, usage=usage)
    listed = parsed.get("data")
    found = [listed_picture(item) for item in listed] if isinstance(listed, list) else []
    pictures = tuple(picture for picture in found if picture is not None)
    if not pictures:
        raise NoImageError("no picture came", generation_id=generation_id, usage=usage)
    return ImageReply(generation_id=generation_id, pictures=pictures, usage=usage)


def pictures_of(reply: ChatReply) -> tuple[Picture, ...]:
    """Return the pictures that came inside a chat reply; those told by address are left out.

    Raises:
        NoImageError: none came; the message says what the model said or why it stopped.
    """
    found = (read_data_url(url) for url in reply.message.images)
    pictures = tuple(picture for picture in found if picture is not None)
    if pictures:
        return pictures
    why = reply.message.content.strip() or reply.native_finish_reason or "no reason given"
    raise NoImageError(
        f"no picture came: {why}",
        generation_id=reply.generation_id,
        provider=reply.provider,
        usage=reply.usage,
    )


def read_data_url(url: str) -> Picture | None:
    """Return the picture inside a `data:` address; None for another address or broken base64."""
    start = _DATA_URL.match(url)
    return None if start is None else _picture(url[start.end() :])


def media_type_of(content: bytes) -> str:
    """Return the media type a picture's first bytes tell."""
    for mark, at, media_type in _SIGNATURES:
        if content[at : at + len(mark)] == mark:
            return media_type
    if b"<svg" in content[:1_000].lower():
        return "image/svg+xml"
    return "application/octet-stream"


def _parsed(body: bytes, generation_id: str | None) -> Json:
    text = body.decode("utf-8", "replace").strip()
    error: OpenRouterError
    try:
        parsed = jsontext.parse(text)
    except ValueError:
        if text[:1] in ("", "{", "["):
            error = IncompleteReplyError("the body is cut or empty", generation_id=generation_id)
        else:
            error = read_failure(body, status=_OK, generation_id=generation_id)
        raise error from None
    if not isinstance(parsed, dict):
        raise GarbledReplyError("the body is no JSON object", generation_id=generation_id)
    return parsed


def listed_picture(item: object) -> Picture | None:
    """Return the picture of one entry of a reply, or of one event; None when it holds none."""
    encoded = item.get("b64_json") if isinstance(item, dict) else None
    if not isinstance(encoded, str):
        return None
    return read_data_url(encoded) or _picture(encoded)


def _picture(encoded: str) -> Picture | None:
    try:
        content = base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return Picture(content, media_type_of(content)) if content else None
