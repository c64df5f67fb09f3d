"""Draw the picture that was asked for: its colours, its words, its format, its label."""

import base64
import hashlib
import io
import random
import textwrap
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageColor, ImageDraw, ImageFont

from ai.simulator.brains.words import palette_codes

LABEL: Final = "SIMULATED"
RATIOS: Final = {
    "1:1": (1024, 1024),
    "16:9": (1344, 768),
    "9:16": (768, 1344),
    "4:3": (1184, 864),
    "3:4": (864, 1184),
    "3:2": (1248, 832),
    "2:3": (832, 1248),
    "4:5": (896, 1152),
    "5:4": (1152, 896),
    "21:9": (1536, 672),
    "9:21": (672, 1536),
    "1:2": (720, 1440),
    "2:1": (1440, 720),
    "1:4": (512, 2048),
    "4:1": (2048, 512),
    "1:8": (360, 2880),
    "8:1": (2880, 360),
    "9:19.5": (688, 1488),
    "19.5:9": (1488, 688),
    "9:20": (680, 1512),
    "20:9": (1512, 680),
    "auto": (1024, 1024),
}
SCALES: Final = {"512": 0.5, "0.5K": 0.5, "768": 0.75, "1K": 1.0, "1.5K": 1.5, "2K": 2.0, "4K": 4.0}
_FORMATS: Final = {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP"}
_COLOURS: Final = 4
_MOST_COLOURS: Final = 8
_PANELS: Final = 3
_WORDS_WIDE: Final = 34
_MOST_LINES: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A picture to be drawn."""

    prompt: str
    width_px: int = 1024
    height_px: int = 1024
    output_format: str = "png"
    seed: int = 0


def size_of(ratio: str, resolution: str) -> tuple[int, int] | None:
    """Return width and height in pixels of a format, None when it is not known."""
    if ratio not in RATIOS or resolution not in SCALES:
        return None
    width, height = RATIOS[ratio]
    return round(width * SCALES[resolution]), round(height * SCALES[resolution])


def draw(order: Order) -> bytes:
    """Draw a picture; the same order gives the same bytes."""
    chance = random.Random(_seed(order))  # noqa: S311 - a drawing, not a secret
    named = palette_codes(order.prompt)[:_MOST_COLOURS]
    palette = named + _invented(chance)[len(named) :]
    picture = Image.new("RGB", (order.width_px, order.height_px), palette[0])
    pen = ImageDraw.Draw(picture)
    _shapes(pen, order, palette, chance)
    _words(pen, order, palette[0])
    buffer = io.BytesIO()
    picture.save(buffer, _FORMATS.get(order.output_format, "PNG"), quality=88)
    return buffer.getvalue()


def data_url(picture: bytes, output_format: str) -> str:
    """Write picture bytes as a data URL."""
    return f"data:image/{output_format};base64,{base64.b64encode(picture).decode()}"


def _shapes(
    pen: ImageDraw.ImageDraw, order: Order, palette: list[str], chance: random.Random
) -> None:
    """Lay a horizon, a light and a few figures."""
    width, height = order.width_px, order.height_px
    horizon = round(height * chance.uniform(0.55, 0.75))
    pen.rectangle((0, horizon, width, height), fill=palette[1 % len(palette)])
    radius = round(min(width, height) * chance.uniform(0.08, 0.16))
    x, y = round(width * chance.uniform(0.2, 0.8)), round(height * chance.uniform(0.15, 0.35))
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=palette[2 % len(palette)])
    figures = palette[3:] * _PANELS if len(palette) == _COLOURS else palette[3:]
    for place, colour in enumerate(figures):  # side by side, so that none hides another's colour
        left = round(width * (0.05 + 0.9 * (place + chance.uniform(0, 0.2)) / len(figures)))
        top = round(horizon - height * chance.uniform(0.05, 0.25))
        box = (left, top, left + round(width * 0.08), horizon + round(height * 0.1))
        pen.rectangle(box, fill=colour)


def _words(pen: ImageDraw.ImageDraw, order: Order, ground: str) -> None:
    """Write the prompt and the label over the picture."""
    ink = "black" if sum(ImageColor.getrgb(ground)[:3]) > 3 * 128 else "white"
    size = max(order.width_px // 40, 10)
    font, bold = ImageFont.load_default(size), ImageFont.load_default(size * 2)
    lines = textwrap.wrap(order.prompt, _WORDS_WIDE)[:_MOST_LINES]
    pen.multiline_text((size, size), "\n".join(lines), fill=ink, font=font)
    pen.text((size, order.height_px - size * 3), LABEL, fill=ink, font=bold)


def _seed(order: Order) -> int:
    """Make one number of the prompt and the seed."""
    digest = hashlib.sha256(f"{order.seed}:{order.prompt}".encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:8], "big")


def _invented(chance: random.Random) -> list[str]:
    """Mix colours for a prompt that names none."""
    return [
        "#{:02x}{:02x}{:02x}".format(*(chance.randrange(24, 232) for _ in range(3)))
        for _ in range(_COLOURS)
    ]
