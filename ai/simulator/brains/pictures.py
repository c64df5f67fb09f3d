"""Look at a picture and measure it: colours by area, light, contrast, edges, where the eye goes."""

import base64
import binascii
import io
import re
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageFilter, ImageStat, UnidentifiedImageError

from ai.simulator.errors import Refusal

_DATA_URL: Final = re.compile(r"^data:(?P<type>[\w.+/-]+);base64,(?P<body>.*)$", re.DOTALL)
_TYPES: Final = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}
_SMALL_PX: Final = 96
_COLOURS: Final = 12
_KEPT: Final = 5
_APART: Final = 40
_MIN_SHARE: Final = 0.015
_MAX_PIXELS: Final = 50_000_000
_MIN_BORDERED_PX: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A picture in figures; all but the size are 0..1, warmth is -1..1."""

    width_px: int
    height_px: int
    palette: list[str]
    """Dominant colours as #rrggbb, largest area first."""
    brightness: float
    contrast: float
    saturation: float
    warmth: float
    edges: float
    centred: float
    """How much more detail the middle has than the border."""

    @property
    def aspect(self) -> float:
        """Width by height."""
        return self.width_px / self.height_px


def open_data_url(url: str) -> Image.Image:
    """Decode a picture from its data URL.

    Raises:
        Refusal: 400 for an address, a type that is not read, or bytes that are no picture.
    """
    found = _DATA_URL.match(url)
    if not found:
        raise _refused(
            "Failed to download image: the simulator has no network", "image_download_failed"
        )
    if found["type"] not in _TYPES.values():
        raise _refused(f"Unsupported image format {found['type']}", "unsupported_image_format")
    try:
        raw = base64.b64decode(found["body"], validate=True)
        picture = Image.open(io.BytesIO(raw), formats=list(_TYPES))
        if picture.width * picture.height > _MAX_PIXELS:
            raise _refused("Image is too large", "image_too_large")
        picture.load()
    except (binascii.Error, UnidentifiedImageError, OSError, ValueError, SyntaxError) as exc:
        raise _refused("Unable to process input image", "invalid_image") from exc
    return picture


def measure(picture: Image.Image) -> Seen:
    """Measure a picture on a small copy of it."""
    small = _flat(picture)
    grey = small.convert("L")
    stats = ImageStat.Stat(grey)
    red, _, blue = ImageStat.Stat(small).mean
    edges = grey.filter(ImageFilter.FIND_EDGES)
    return Seen(
        width_px=picture.width,
        height_px=picture.height,
        palette=_palette(small),
        brightness=round(stats.mean[0] / 255, 3),
        contrast=round(min(stats.stddev[0] / 127.5, 1), 3),
        saturation=round(_chroma(small), 3),
        warmth=round((red - blue) / 255, 3),
        edges=round(ImageStat.Stat(edges).mean[0] / 255, 3),
        centred=round(_centred(small), 3),
    )


def _chroma(small: Image.Image) -> float:
    """Return how colourful a picture is; near black, a hue counts for little."""
    _, saturation, value = ImageStat.Stat(small.convert("HSV")).mean
    return saturation * value / 255**2


def _flat(picture: Image.Image) -> Image.Image:
    """Return a small RGB copy; what is transparent lies on white."""
    copy = picture.convert("RGBA")
    copy.thumbnail((_SMALL_PX, _SMALL_PX), Image.Resampling.BOX)
    ground = Image.new("RGBA", copy.size, "white")
    return Image.alpha_composite(ground, copy).convert("RGB")


def _palette(small: Image.Image) -> list[str]:
    """Return the colours that cover most, by median cut, near twins joined."""
    reduced = small.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT)
    flat = reduced.getpalette() or []
    counted = sorted(
        ((n, i) for n, i in reduced.getcolors() or [] if isinstance(i, int)), reverse=True
    )
    total = small.width * small.height
    kept: list[tuple[int, int, int]] = []
    for count, index in counted:
        red, green, blue = flat[3 * index : 3 * index + 3]
        colour = (red, green, blue)
        if count / total >= _MIN_SHARE and all(_distance(colour, other) > _APART for other in kept):
            kept.append(colour)
    return ["#{:02x}{:02x}{:02x}".format(*colour) for colour in kept[:_KEPT]] or ["#808080"]


def _distance(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """Return how far two colours lie apart."""
    return float(sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5)


def _centred(small: Image.Image) -> float:
    """Compare the middle's mean colour with that of the border, 0..1."""
    width, height = small.size
    box = (width // 4, height // 4, max(width - width // 4, 1), max(height - height // 4, 1))
    middle = ImageStat.Stat(small.crop(box)).mean
    mask = Image.new("L", small.size, 255)
    mask.paste(0, box)
    border = ImageStat.Stat(small, mask).mean if min(width, height) > _MIN_BORDERED_PX else middle
    return sum(abs(a - b) for a, b in zip(middle, border, strict=True)) / (3 * 255)


def _refused(message: str, error_type: str) -> Refusal:
    """Make the refusal of a picture."""
    return Refusal(400, message, metadata={"provider_name": "Simulator", "error_type": error_type})
