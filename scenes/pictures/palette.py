"""The main colours of a picture, from the pixels that it has."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from PIL import ImageStat
from PIL.Image import Dither, Image, Quantize, frombytes, new

from scenes.pictures.measure import sampled
from scenes.pictures.picture import Swatch

BINS: Final = 24
SWATCHES_LEAST: Final = 3
SWATCHES_MOST: Final = 6
SHARE_LEAST: Final = 0.01
UNLIKENESS: Final = ((0.12, SWATCHES_MOST), (0.06, SWATCHES_LEAST), (0.03, SWATCHES_LEAST))
"""How far apart colours of a palette are in OKLab, and up to how many are taken at that."""
OPAQUE: Final = 128
PALETTE_LENGTH: Final = 256
SRGB_KNEE: Final = 0.04045

_Colour = tuple[int, int, int]
_Lab = tuple[float, float, float]


def palette(image: Image) -> tuple[Swatch, ...]:
    """Name the picture's main colours: 3 to 6 where it has them, largest share first.

    Pixels that can be seen through do not count, unless nothing else is there.
    """
    small = _opaque(sampled(image))
    swatches = _swatches(small, _chosen(_bins(small)))
    return tuple(sorted(swatches, key=lambda swatch: -swatch.share))


def _opaque(image: Image) -> Image:
    """Line up the pixels that hide what is behind them."""
    if image.mode == "RGB":
        return image
    mask = image.getchannel("A").tobytes()
    colours = image.convert("RGB").tobytes()
    kept = b"".join(
        colours[3 * at : 3 * at + 3] for at, alpha in enumerate(mask) if alpha >= OPAQUE
    )
    if not kept:
        return image.convert("RGB")
    return frombytes("RGB", (len(kept) // 3, 1), kept)


def _bins(image: Image) -> dict[_Colour, tuple[_Lab, int]]:
    """Count the pixels of up to 24 colours, the most frequent first."""
    quantized = image.quantize(BINS, method=Quantize.MEDIANCUT)
    flat = quantized.getpalette("RGB") or []
    counts = sorted(enumerate(quantized.histogram()), key=lambda bin_: -bin_[1])
    bins: dict[_Colour, tuple[_Lab, int]] = {}
    for at, count in counts:
        if count:
            red, green, blue = flat[3 * at : 3 * at + 3]
            colour = (red, green, blue)
            before = bins[colour][1] if colour in bins else 0
            bins[colour] = (_oklab(colour), before + count)
    return bins


def _chosen(bins: Mapping[_Colour, tuple[_Lab, int]]) -> list[_Colour]:
    """Choose colours that differ: six that differ much, or three that can be told apart."""
    least = SHARE_LEAST * sum(count for _, count in bins.values())
    chosen: list[_Colour] = []
    for unlikeness, most in UNLIKENESS:
        for colour, (lab, count) in bins.items():
            if len(chosen) >= most:
                break
            near = min((math.dist(lab, bins[other][0]) for other in chosen), default=math.inf)
            if near > unlikeness and (count >= least or not chosen):
                chosen.append(colour)
    return chosen


def _swatches(image: Image, chosen: Sequence[_Colour]) -> Iterator[Swatch]:
    """Give each pixel to its nearest colour, and each colour the median of its pixels.

    A colour out of median cut is a mean, and next to a large area it is drawn towards it.
    """
    flat = [value for colour in chosen for value in colour]
    palette_image = new("P", (1, 1))
    palette_image.putpalette((flat * PALETTE_LENGTH)[: 3 * PALETTE_LENGTH])
    nearest = image.quantize(palette=palette_image, dither=Dither.NONE)
    for own in range(len(chosen)):
        mask = nearest.point([255 * (at % len(chosen) == own) for at in range(PALETTE_LENGTH)], "L")
        count = mask.histogram()[255]
        if count:
            red, green, blue = ImageStat.Stat(image, mask).median
            share = round(count / (image.width * image.height), 4)
            yield Swatch(f"#{red:02x}{green:02x}{blue:02x}", share)


def _oklab(colour: _Colour) -> _Lab:
    """Convert sRGB to OKLab, where equal distances look equal.

    Source: https://bottosson.github.io/posts/oklab/
    """
    red, green, blue = (_linear(value / 255) for value in colour)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    middle = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def _linear(value: float) -> float:
    return value / 12.92 if value <= SRGB_KNEE else math.pow((value + 0.055) / 1.055, 2.4)
