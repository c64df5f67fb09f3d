"""What comes out of the picture door: a picture, or a refusal."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Limits:
    """What one picture may cost, and how large it may be."""

    file_bytes: int = 25 * 1024 * 1024
    pixels_px: int = 40_000_000
    side_px: int = 12_000
    cpu_s: float = 1.8
    """Processor time of the child for one picture."""
    wall_s: float = 20.0
    """Time from sending a picture to the child to its answer, however busy the machine is."""
    memory_bytes: int = 320 * 1024 * 1024
    """Address space that the child may take beyond what it had when it started."""


DEFAULT_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Swatch:
    """One colour of a palette, as `#rrggbb`, and its share of the picture, 0..1."""

    hex: str
    share: float


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that passed the door. Every byte string in it was encoded here, from pixels."""

    format: str
    """What came in: jpeg, png, webp, gif or avif."""
    content_type: str
    """Of what came in."""
    width_px: int
    """Of what came in, upright."""
    height_px: int
    sha256: str
    """Of the bytes that came in."""
    dhash: int
    """Difference hash, as a signed 64-bit integer; near-duplicates differ in few bits."""
    palette: tuple[Swatch, ...]
    """Largest share first; the shares add up to 1."""
    brightness: float
    """Mean lightness, 0..1; so are the next two."""
    contrast: float
    saturation: float
    clean: bytes
    """Upright sRGB copy; at full size unless the picture is huge."""
    clean_content_type: str
    model_input: bytes
    """JPEG without transparency, long side up to 1,920 px, up to 3.5 MB."""
    thumbnail: bytes
    """WebP, long side up to 480 px."""


class PictureRefusedError(Exception):
    """A file that does not pass. `code` is public and stable; `detail` is for a person.

    Codes: `not-a-picture`, `picture-truncated`, `picture-too-large`, `picture-too-many-pixels`,
    `picture-too-complex`.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
