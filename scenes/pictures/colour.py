"""Any mode and colour space to sRGB."""

from io import BytesIO
from typing import Final

from PIL import ImageCms
from PIL.Image import Image

PROFILE_LIMIT_BYTES: Final = 4 * 1024 * 1024

_SPACES: Final = {"RGB": "RGB", "RGBA": "RGB", "CMYK": "CMYK", "L": "GRAY"}
_SRGB: Final = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def eight_bit(image: Image) -> Image:
    """Bring 16 bits a channel down to 8; Pillow's own conversion would cut the lights off."""
    if not image.mode.startswith("I"):
        return image
    small = image.point(lambda value: value * (1 / 257)).convert("L")
    seen_through = image.info.get("transparency")
    if isinstance(seen_through, int):
        small.info["transparency"] = seen_through // 257
    return small


def to_srgb(image: Image, mode: str, profile: object) -> Image:
    """Convert to mode RGB or RGBA in sRGB; a profile that does not fit the picture is ignored.

    Args:
        image: 8 bits a channel; it may itself be changed and returned.
        mode: RGB or RGBA.
        profile: the bytes of an ICC profile, or whatever the file had in their place.
    """
    if mode == "RGBA" or image.mode not in _SPACES:
        image = in_mode(image, mode)
    transform = _transform(profile, image.mode)
    if transform is None:
        return in_mode(image, mode)
    if image.mode == transform.output_mode:
        return transform.apply_in_place(image)
    return transform.apply(image)


def in_mode(image: Image, mode: str) -> Image:
    """Convert, without a copy when there is nothing to convert."""
    return image if image.mode == mode else image.convert(mode)


def _transform(profile: object, mode: str) -> ImageCms.ImageCmsTransform | None:
    if not isinstance(profile, bytes) or not 0 < len(profile) <= PROFILE_LIMIT_BYTES:
        return None
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if source.profile.xcolor_space.strip() != _SPACES[mode] or _is_srgb(source):
            return None
        target_mode = "RGBA" if mode == "RGBA" else "RGB"
        return ImageCms.ImageCmsTransform(source, _SRGB, mode, target_mode)
    except (OSError, ValueError, TypeError, ImageCms.PyCMSError):
        return None


def _is_srgb(profile: ImageCms.ImageCmsProfile) -> bool:
    return (profile.profile.profile_description or "").startswith("sRGB")
