"""What can be measured of a picture without a model: light and likeness."""

from dataclasses import dataclass
from typing import Final

from PIL import ImageStat
from PIL.Image import Image, Resampling

SAMPLE_SIDE_PX: Final = 96


@dataclass(frozen=True, slots=True)
class Light:
    """Means of a whole picture, each 0..1."""

    brightness: float
    contrast: float
    saturation: float


def light(image: Image) -> Light:
    """Measure how bright, how contrasty and how colourful an RGB picture is."""
    small = sampled(image)
    grey = ImageStat.Stat(small.convert("L"))
    saturation = ImageStat.Stat(small.convert("HSV").getchannel("S"))
    return Light(
        brightness=round(grey.mean[0] / 255, 4),
        contrast=round(min(1.0, grey.stddev[0] / 127.5), 4),
        saturation=round(saturation.mean[0] / 255, 4),
    )


def dhash(image: Image) -> int:
    """Hash an RGB picture so that near-duplicates differ in few bits; signed, 64 bits.

    Each bit says whether a pixel of a 9 x 8 grey copy is darker than its right neighbour.
    """
    pixels = image.convert("L").resize((9, 8), Resampling.LANCZOS).tobytes()
    bits = 0
    for row in range(8):
        for column in range(8):
            at = row * 9 + column
            bits = bits << 1 | (pixels[at + 1] > pixels[at])
    return bits - (1 << 64) if bits >> 63 else bits


def sampled(image: Image) -> Image:
    """Shrink by leaving pixels out: mixing neighbours would invent colours along every edge."""
    small = image.copy()
    small.thumbnail((SAMPLE_SIDE_PX, SAMPLE_SIDE_PX), Resampling.NEAREST)
    return small
