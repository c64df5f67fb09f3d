"""Three reference pictures, drawn by code, whose main colours are known."""

import random
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFilter

SIZE: Final = (1280, 720)
SUFFIXES: Final = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif"}


@dataclass(frozen=True, slots=True)
class Reference:
    """One picture to upload. `colours` are hex values that its palette must come near to."""

    name: str
    data: bytes
    colours: tuple[str, ...] = ()


def drawn() -> list[Reference]:
    """Draw a landing in fog, a ferryman, and a stove's light."""
    return [
        Reference("landing-in-fog.png", _landing(), ("#31464f", "#8fa3a8", "#f2c230")),
        Reference("ferryman.png", _ferryman(), ("#2b2440", "#d9a066")),
        Reference("stove-light.png", _stove(), ("#120d0c", "#d9541e")),
    ]


def in_folder(folder: Path) -> list[Reference]:
    """Read the user's own pictures, in the order of their names."""
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    return [Reference(path.name, path.read_bytes()) for path in paths]


def _landing() -> bytes:
    image = Image.new("RGB", SIZE, "#8fa3a8")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 430, 1280, 720), fill="#31464f")
    draw.polygon([(200, 430), (980, 430), (1100, 520), (80, 520)], fill="#1f2b30")
    draw.rectangle((560, 250, 760, 470), fill="#f2c230")
    draw.ellipse((620, 190, 700, 260), fill="#e0b58c")
    return _png(image)


def _ferryman() -> bytes:
    image = Image.new("RGB", (900, 1200), "#2b2440")
    draw = ImageDraw.Draw(image)
    draw.ellipse((300, 180, 600, 520), fill="#d9a066")
    draw.rectangle((200, 520, 700, 1200), fill="#46607a")
    draw.rectangle((640, 900, 760, 1060), fill="#7a2f2f")
    return _png(image)


def _stove() -> bytes:
    image = Image.new("RGB", SIZE, "#120d0c")
    draw = ImageDraw.Draw(image)
    draw.rectangle((420, 260, 860, 640), fill="#3a2a24")
    draw.rectangle((480, 360, 800, 600), fill="#d9541e")
    chance = random.Random(7)  # noqa: S311 sparks, the same in every run
    for _ in range(60):
        x, y = chance.randint(440, 840), chance.randint(120, 360)
        draw.ellipse((x, y, x + 4, y + 4), fill="#ffd27a")
    return _png(image.filter(ImageFilter.GaussianBlur(1)))


def _png(image: Image.Image) -> bytes:
    target = BytesIO()
    image.save(target, "PNG")
    return target.getvalue()
