"""A file to its pixels: upright, sRGB, RGB or RGBA, and nothing else."""

import re
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from math import ceil, sqrt
from typing import IO, Final

from PIL.AvifImagePlugin import AvifImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.Image import DecompressionBombError, Image, Transpose, new
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from scenes.pictures.colour import eight_bit, to_srgb
from scenes.pictures.picture import Limits, PictureRefusedError
from scenes.pictures.sniff import Kind, kind_of, webp_canvas_px

LOSSY_LIMIT_PX: Final = 25_000_000
"""A larger picture is kept at a half, a third ... of its sides: no copy of it costs too much."""
SLOW_LIMIT_PX: Final = 8_300_000
"""One frame of 4K: above that, lossless and transparent copies take longer than anyone waits."""
ROOMY_LIMIT_PX: Final = 16_000_000
"""Decoders that hold several frames at a time run out of memory above that."""
MEGA: Final = 1_000_000
STRIP_PX: Final = 512
EXIF_LIMIT_BYTES: Final = 1024 * 1024
ORIENTATION: Final = 0x0112
LYING: Final = 5
"""From this orientation on, width and height change places."""

# The classes themselves, not Image.open(): no other parser of Pillow can be reached.
_READERS: Final[Mapping[Kind, Callable[[IO[bytes]], ImageFile]]] = {
    Kind.JPEG: JpegImageFile,
    Kind.PNG: PngImageFile,
    Kind.WEBP: WebPImageFile,
    Kind.GIF: GifImageFile,
    Kind.AVIF: AvifImageFile,
}
_METADATA_BOMB: Final = re.compile("too large|too much memory", re.IGNORECASE)
_LOSSLESS: Final = frozenset({Kind.PNG, Kind.GIF})
_ROOMY: Final = frozenset({Kind.WEBP, Kind.AVIF})
_TURNS: Final = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
_DAMAGE: Final = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""What readers raise for bytes that lie; wide, because Pillow raises it and not this house."""


@dataclass(frozen=True, slots=True)
class Still:
    """The pixels of a picture's first frame, upright, in sRGB."""

    kind: Kind
    image: Image
    """Mode RGB, or RGBA when a pixel can be seen through; without any metadata."""
    width_px: int
    """Of the file, upright; `image` of a huge picture is smaller."""
    height_px: int
    lossless: bool
    """The copy that is kept should lose nothing."""


def decode(data: bytes, limits: Limits) -> Still:
    """Read a picture's pixels, after its header has been found within the limits.

    Raises:
        PictureRefusedError: any code but `picture-too-large`.
        MemoryError: the process has a limit and the picture is past it.
    """
    kind = kind_of(data)
    with _refusing_damage():
        if kind is Kind.WEBP:
            _refuse_size(kind, webp_canvas_px(data), limits)
        file = _READERS[kind](BytesIO(data))
        _refuse_size(kind, file.size, limits)
        return _still(kind, file)


def _still(kind: Kind, file: ImageFile) -> Still:
    width_px, height_px = file.size
    orientation = _orientation(file)
    profile = file.info.get("icc_profile")
    if kind is Kind.JPEG:
        _draft(file)
    file.load()
    image = eight_bit(file)
    see_through = _sees_through(image)
    lossless = kind in _LOSSLESS and (see_through or width_px * height_px <= SLOW_LIMIT_PX)
    limit_px = SLOW_LIMIT_PX if lossless or see_through else LOSSY_LIMIT_PX
    image = _within(image, limit_px, "RGBA" if see_through else "RGB", profile)
    if image is not file:
        file.close()  # gives its pixels back before there is a third copy
    image = _upright(image, orientation)
    image.info = {}
    if orientation >= LYING:
        width_px, height_px = height_px, width_px
    return Still(kind, image, width_px, height_px, lossless)


def _refuse_size(kind: Kind, size: tuple[int, int] | None, limits: Limits) -> None:
    if size is None:
        return
    width_px, height_px = size
    if max(size) > limits.side_px or width_px * height_px > limits.pixels_px:
        raise PictureRefusedError(
            "picture-too-many-pixels",
            f"The picture has {width_px:,} x {height_px:,} pixels. At most {limits.side_px:,} a "
            f"side and {limits.pixels_px // MEGA} megapixels in all are read.",
        )
    if kind in _ROOMY and width_px * height_px > ROOMY_LIMIT_PX:
        raise PictureRefusedError(
            "picture-too-complex",
            f"WebP and AVIF pictures above {ROOMY_LIMIT_PX // MEGA} megapixels take too much "
            "memory to decode. Send it smaller, or as JPEG.",
        )


def _draft(file: ImageFile) -> None:
    """Let the JPEG decoder halve what would be halved after it."""
    factor = _factor(file.size, LOSSY_LIMIT_PX)
    if factor > 1:
        file.draft(None, (file.width // factor, file.height // factor))


def _factor(size: tuple[int, int], limit_px: int) -> int:
    """Give the whole number to divide both sides by, so that the area is within the limit."""
    return max(1, ceil(sqrt(size[0] * size[1] / limit_px)))


def _within(image: Image, limit_px: int, mode: str, profile: object) -> Image:
    """Convert to one mode and to sRGB, reduced if too large; in strips, to keep memory flat."""
    factor = _factor(image.size, limit_px)
    if factor == 1:
        return to_srgb(image, mode, profile)
    width_px, height_px = (ceil(side / factor) for side in image.size)
    reduced = new(mode, (width_px, height_px))
    for top in range(0, image.height, STRIP_PX * factor):
        bottom = min(image.height, top + STRIP_PX * factor)
        strip = to_srgb(image.crop((0, top, image.width, bottom)), mode, profile)
        reduced.paste(strip.reduce(factor), (0, top // factor))
    return reduced


def _upright(image: Image, orientation: int) -> Image:
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def _sees_through(image: Image) -> bool:
    if not image.has_transparency_data:
        return False
    alpha = (image if "A" in image.getbands() else image.convert("RGBA")).getchannel("A")
    return alpha.histogram()[255] < image.width * image.height


def _orientation(file: ImageFile) -> int:
    """Read which way is up, 1 to 8; 1 when the file does not say it in its right mind."""
    exif = file.info.get("exif")
    if isinstance(exif, bytes) and len(exif) > EXIF_LIMIT_BYTES:
        return 1
    try:
        value = file.getexif().get(ORIENTATION)
    except _DAMAGE:
        return 1
    return value if isinstance(value, int) and value in _TURNS else 1


@contextmanager
def _refusing_damage() -> Iterator[None]:
    try:
        yield
    except DecompressionBombError as exc:
        raise PictureRefusedError("picture-too-many-pixels", "The picture is too large.") from exc
    except _DAMAGE as exc:
        if _METADATA_BOMB.search(str(exc)):
            raise PictureRefusedError(
                "picture-too-complex", "The picture's metadata unpacks to more than is read."
            ) from exc
        raise PictureRefusedError(
            "picture-truncated", "The picture is cut short or damaged and cannot be read."
        ) from exc
