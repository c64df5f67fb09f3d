"""The picture door: the one way in for every picture, whoever made it."""

from scenes.pictures import children
from scenes.pictures.picture import DEFAULT_LIMITS, Limits, Picture, PictureRefusedError, Swatch
from scenes.pictures.sniff import kind_of

__all__ = [
    "DEFAULT_LIMITS",
    "Limits",
    "Picture",
    "PictureRefusedError",
    "Swatch",
    "read_picture",
    "shutdown",
]


def read_picture(data: bytes, *, limits: Limits = DEFAULT_LIMITS) -> Picture:
    """Check a picture and make clean copies of it, in a child process with limits.

    Waits for a child to be free, then at most `limits.wall_s` for it; safe to call from threads.

    Raises:
        PictureRefusedError: see its codes.
    """
    if len(data) > limits.file_bytes:
        raise PictureRefusedError(
            "picture-too-large",
            f"The file has {len(data):,} bytes. At most {limits.file_bytes:,} are read.",
        )
    kind_of(data)
    return children.read(data, limits)


def shutdown() -> None:
    """End the children that wait for work; the next picture starts a new one."""
    children.shutdown()
