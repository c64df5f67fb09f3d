"""Pictures of the frozen set, drawn by code: nobody's rights, the same pixels in every run."""

import base64
import random
from collections.abc import Callable
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw, ImageFont

SIZE: Final = (960, 540)
QUALITY: Final = 90
SEED: Final = 11


def draw(name: str) -> Image.Image:
    """Draw one of the pictures by its name.

    Raises:
        KeyError: there is no such drawing.
    """
    return DRAWINGS[name]()


def as_url(image: Image.Image) -> str:
    """Write a picture as models are sent them: a JPEG in a data URL."""
    target = BytesIO()
    image.save(target, "JPEG", quality=QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(target.getvalue()).decode()}"


def _lighthouse() -> Image.Image:
    """A lighthouse at dusk above a dark sea: a place."""
    image = Image.new("RGB", SIZE, "#3b4a6b")
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 130, 960, 330), fill="#d9825b")
    pen.rectangle((0, 330, 960, 540), fill="#1c2a3a")
    pen.polygon([(560, 330), (960, 330), (960, 240), (700, 260)], fill="#2b2622")
    pen.polygon([(760, 250), (780, 90), (820, 90), (840, 250)], fill="#ece6d8")
    pen.rectangle((770, 140, 830, 165), fill="#a83232")
    pen.rectangle((782, 60, 818, 90), fill="#f7d774")
    chance = random.Random(SEED)  # noqa: S311 waves, the same in every run
    for _ in range(40):
        x, y = chance.randint(0, 900), chance.randint(345, 530)
        pen.line((x, y, x + chance.randint(20, 60), y), fill="#2f4257", width=2)
    return image


def _kettle() -> Image.Image:
    """A red kettle on a pale table: a thing."""
    image = Image.new("RGB", SIZE, "#e6ded0")
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 400, 960, 540), fill="#b9a78a")
    pen.arc((380, 90, 600, 330), 180, 360, fill="#2a2a2a", width=16)
    pen.polygon([(330, 300), (230, 220), (255, 205), (360, 255)], fill="#b3271f")
    pen.ellipse((320, 190, 660, 440), fill="#b3271f")
    pen.rectangle((440, 175, 540, 200), fill="#8c1d17")
    pen.ellipse((475, 150, 505, 180), fill="#2a2a2a")
    pen.ellipse((380, 240, 440, 300), fill="#d65a52")
    return image


def _figure() -> Image.Image:
    """A person in a green coat with an orange scarf, alone before a plain wall: a character."""
    image = Image.new("RGB", (600, 800), "#c9ced6")
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 700, 600, 800), fill="#9aa1ab")
    pen.rectangle((250, 620, 290, 740), fill="#33302e")
    pen.rectangle((310, 620, 350, 740), fill="#33302e")
    pen.polygon([(220, 300), (380, 300), (430, 640), (170, 640)], fill="#2f6b4f")
    pen.ellipse((235, 130, 365, 280), fill="#c98f6b")
    pen.pieslice((225, 110, 375, 270), 180, 360, fill="#3a2a20")
    pen.rectangle((230, 272, 370, 312), fill="#e07b2a")
    pen.polygon([(330, 310), (370, 310), (360, 430), (325, 430)], fill="#e07b2a")
    pen.ellipse((272, 195, 284, 207), fill="#201a16")
    pen.ellipse((316, 195, 328, 207), fill="#201a16")
    return image


def _sign() -> Image.Image:
    """A ticket window with a sign: writing that has to be read."""
    image = Image.new("RGB", SIZE, "#20313f")
    pen = ImageDraw.Draw(image)
    pen.rectangle((200, 60, 760, 190), fill="#f3efe2")
    pen.text((480, 125), "LAST FERRY 21:40", fill="#20313f", anchor="mm",
             font=ImageFont.load_default(size=56))  # fmt: skip
    pen.rectangle((300, 240, 660, 470), fill="#f2b544")
    pen.rectangle((470, 240, 490, 470), fill="#20313f")
    pen.rectangle((260, 470, 700, 500), fill="#6b4a2f")
    return image


DRAWINGS: Final[dict[str, Callable[[], Image.Image]]] = {
    "lighthouse": _lighthouse,
    "kettle": _kettle,
    "figure": _figure,
    "sign": _sign,
}
