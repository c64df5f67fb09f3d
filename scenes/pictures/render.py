"""Pixels to the files that are kept: each one encoded afresh, without metadata."""

from io import BytesIO
from typing import Any, Final

from PIL.Image import Image, Resampling, new

from scenes.pictures.colour import in_mode

MODEL_SIDE_PX: Final = 1_920
MODEL_LIMIT_BYTES: Final = 3_500_000
MODEL_QUALITIES: Final = (85, 70, 50, 30)
THUMBNAIL_SIDE_PX: Final = 480
NEUTRAL: Final = (128, 128, 128)
"""What is behind a picture that can be seen through: black and white drawings both show on it."""


def fitted(image: Image, side_px: int) -> Image:
    """Shrink an upright picture so that its long side is at most `side_px`; never enlarge it."""
    long_px = max(image.size)
    if long_px <= side_px:
        return image
    width_px, height_px = (max(1, round(side * side_px / long_px)) for side in image.size)
    reduced = image.reduce(long_px // side_px)
    if reduced.size == (width_px, height_px):
        return reduced
    return reduced.resize((width_px, height_px), Resampling.HAMMING)


def flattened(image: Image) -> Image:
    """Put a picture that can be seen through onto a neutral ground."""
    if image.mode == "RGB":
        return image
    ground = new("RGB", image.size, NEUTRAL)
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def model_input(image: Image) -> bytes:
    """Encode what a vision model is sent: JPEG, at most 3.5 MB."""
    encoded = b""
    for quality in MODEL_QUALITIES:
        encoded = _encoded(image, "JPEG", quality=quality)
        if len(encoded) <= MODEL_LIMIT_BYTES:
            break
    return encoded


def thumbnail(image: Image) -> bytes:
    """Encode a small WebP, transparency kept."""
    return _encoded(image, "WEBP", quality=80, method=2)


def clean_copy(image: Image, *, lossless: bool) -> tuple[bytes, str]:
    """Encode the copy that is kept, and name its content type.

    PNG loses nothing; what lost something before it came stays small: JPEG, or WebP when it can
    be seen through.
    """
    if lossless:
        return _encoded(image, "PNG", compress_level=3), "image/png"
    if image.mode == "RGBA":
        return _encoded(image, "WEBP", quality=90, method=0), "image/webp"
    return _encoded(in_mode(image, "RGB"), "JPEG", quality=90), "image/jpeg"


def _encoded(image: Image, format_name: str, **options: Any) -> bytes:  # noqa: ANN401 Pillow's
    out = BytesIO()
    image.save(out, format_name, **options)
    return out.getvalue()
