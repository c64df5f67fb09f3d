"""What a file is, by its first bytes; names and declared types are not asked."""

from enum import StrEnum
from typing import Final

from scenes.pictures.picture import PictureRefusedError

BRANDS_READ_BYTES: Final = 256
WEBP_HEAD_BYTES: Final = 18

_AVIF: Final = frozenset({b"avif", b"avis"})
_HEIC: Final = frozenset(
    {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1"}
)


class Kind(StrEnum):
    """The kinds of pictures that are read, as in `image/<kind>`."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    GIF = "gif"
    AVIF = "avif"


def kind_of(data: bytes) -> Kind:
    """Tell the kind of picture.

    Raises:
        PictureRefusedError: `not-a-picture`.
    """
    if data.startswith(b"\xff\xd8\xff"):
        return Kind.JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return Kind.PNG
    if data.startswith((b"GIF87a", b"GIF89a")):
        return Kind.GIF
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return Kind.WEBP
    brands = _brands(data)
    if brands & _AVIF:
        return Kind.AVIF
    raise PictureRefusedError("not-a-picture", _why_not(data, brands))


def webp_canvas_px(data: bytes) -> tuple[int, int] | None:
    """Read a WebP's width and height without a decoder, which would take memory for them at once.

    None when the first chunk is not one that says them.

    Source: RFC 9649, sections 2.5 to 2.7.
    """
    head = data[12 : 12 + WEBP_HEAD_BYTES]
    if len(head) < WEBP_HEAD_BYTES:
        return None
    if head.startswith(b"VP8X"):
        return _little(head[12:15]) + 1, _little(head[15:18]) + 1
    if head.startswith(b"VP8 "):
        return _little(head[14:16]) & 0x3FFF, _little(head[16:18]) & 0x3FFF
    if head.startswith(b"VP8L"):
        bits = _little(head[9:13])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return None


def _brands(data: bytes) -> frozenset[bytes]:
    """Read the brands of an ISO media file: what its readers must be able to do."""
    if data[4:8] != b"ftyp":
        return frozenset()
    end = min(int.from_bytes(data[:4], "big"), BRANDS_READ_BYTES)
    listed = {data[at : at + 4] for at in range(16, end, 4)}
    return frozenset(listed | {data[8:12]})


def _why_not(data: bytes, brands: frozenset[bytes]) -> str:
    accepted = "JPEG, PNG, WebP, GIF or AVIF"
    if not data:
        return f"The file is empty. Send a picture as {accepted}."
    if brands & _HEIC:
        return f"HEIC pictures are not read here. Export it as {accepted}."
    start = data[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<svg", b"<?xml")):
        return f"SVG and XML files are not read here. Send a picture as {accepted}."
    return f"The file is not a picture that is read here. Send {accepted}."


def _little(part: bytes) -> int:
    return int.from_bytes(part, "little")
