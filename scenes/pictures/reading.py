"""The whole way of a picture, in this process: what the child does, and nobody else."""

from hashlib import sha256

from scenes.pictures import measure, render
from scenes.pictures.decode import decode
from scenes.pictures.palette import palette
from scenes.pictures.picture import Limits, Picture


def read_here(data: bytes, limits: Limits) -> Picture:
    """Decode, measure and encode one picture in this process, without a limit of time or memory.

    Raises:
        PictureRefusedError: any code but `picture-too-large`.
    """
    still = decode(data, limits)
    clean, clean_content_type = render.clean_copy(still.image, lossless=still.lossless)
    shown = render.fitted(still.image, render.MODEL_SIDE_PX)
    small = render.fitted(shown, render.THUMBNAIL_SIDE_PX)
    flat = render.flattened(small)
    light = measure.light(flat)
    return Picture(
        format=still.kind.value,
        content_type=f"image/{still.kind}",
        width_px=still.width_px,
        height_px=still.height_px,
        sha256=sha256(data).hexdigest(),
        dhash=measure.dhash(flat),
        palette=palette(small),
        brightness=light.brightness,
        contrast=light.contrast,
        saturation=light.saturation,
        clean=clean,
        clean_content_type=clean_content_type,
        model_input=render.model_input(render.flattened(shown)),
        thumbnail=render.thumbnail(small),
    )
