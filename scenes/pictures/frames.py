"""What goes through the pipes between a process and its child: frames, and a picture as frames.

A frame is four bytes of length, big-endian, and as many bytes. Nothing here is pickled: the child
reads hostile bytes, so what comes from it is read as data and nothing else.
"""

import json
import struct
from dataclasses import asdict, fields
from typing import IO, Any, Final

from scenes.pictures.picture import Limits, Picture, PictureRefusedError, Swatch
from scenes.pictures.sniff import Kind

FRAME_LIMIT_BYTES: Final = 256 * 1024 * 1024

CLEAN_TYPES: Final = frozenset({"image/jpeg", "image/png", "image/webp"})
READY: Final = b"ready"

_LENGTH: Final = struct.Struct(">I")
_BLOBS: Final = ("clean", "model_input", "thumbnail")


class BrokenPictureChildError(Exception):
    """The other side is gone, or says what was never agreed."""


def write_ready(pipe: IO[bytes]) -> None:
    """Tell the parent that everything is imported and limited."""
    _write(pipe, READY)


def await_ready(pipe: IO[bytes]) -> None:
    """Wait until the child has started.

    Raises:
        BrokenPictureChildError: it did not.
    """
    if _read(pipe) != READY:
        raise BrokenPictureChildError("something else answered")


def write_request(pipe: IO[bytes], data: bytes, limits: Limits) -> None:
    """Send a picture to the child."""
    _write(pipe, json.dumps(asdict(limits)).encode(), data)


def read_request(pipe: IO[bytes]) -> tuple[bytes, Limits]:
    """Wait for a picture.

    Raises:
        BrokenPictureChildError: the parent is gone.
    """
    limits = Limits(**json.loads(_read(pipe)))
    return _read(pipe), limits


def write_picture(pipe: IO[bytes], picture: Picture) -> None:
    """Answer with a picture: one frame of values, three of bytes."""
    names = [field.name for field in fields(Picture) if field.name not in _BLOBS]
    values = {name: getattr(picture, name) for name in names}
    values["palette"] = [[swatch.hex, swatch.share] for swatch in picture.palette]
    blobs = [getattr(picture, name) for name in _BLOBS]
    _write(pipe, json.dumps({"picture": values}).encode(), *blobs)


def write_refusal(pipe: IO[bytes], refusal: PictureRefusedError) -> None:
    """Answer with a refusal."""
    _write(pipe, json.dumps({"refused": [refusal.code, refusal.detail]}).encode())


def read_reply(pipe: IO[bytes]) -> Picture:
    """Wait for the child's answer.

    Raises:
        PictureRefusedError: the child refused the picture.
        BrokenPictureChildError: the child is gone or does not make sense.
    """
    try:
        reply = json.loads(_read(pipe))
        if "refused" in reply:
            code, detail = reply["refused"]
            raise PictureRefusedError(str(code), str(detail))
        return _picture(reply["picture"], {name: _read(pipe) for name in _BLOBS})
    except (ValueError, TypeError, LookupError) as exc:
        raise BrokenPictureChildError("an answer out of shape") from exc


def _picture(values: dict[str, Any], blobs: dict[str, bytes]) -> Picture:
    """Build a picture value by value: the child's word is not taken for any type."""
    if values["clean_content_type"] not in CLEAN_TYPES:
        raise ValueError("a copy of a type that is not kept")
    return Picture(
        format=Kind(values["format"]).value,
        content_type=f"image/{Kind(values['format'])}",
        width_px=int(values["width_px"]),
        height_px=int(values["height_px"]),
        sha256=str(values["sha256"]),
        dhash=int(values["dhash"]),
        palette=tuple(Swatch(str(code), float(share)) for code, share in values["palette"]),
        brightness=float(values["brightness"]),
        contrast=float(values["contrast"]),
        saturation=float(values["saturation"]),
        clean_content_type=str(values["clean_content_type"]),
        clean=blobs["clean"],
        model_input=blobs["model_input"],
        thumbnail=blobs["thumbnail"],
    )


def _write(pipe: IO[bytes], *frames: bytes) -> None:
    try:
        for frame in frames:
            pipe.write(_LENGTH.pack(len(frame)))
            pipe.write(frame)
        pipe.flush()
    except (OSError, ValueError) as exc:
        raise BrokenPictureChildError("the other side is gone") from exc


def _read(pipe: IO[bytes]) -> bytes:
    (length,) = _LENGTH.unpack(_exactly(pipe, _LENGTH.size))
    if length > FRAME_LIMIT_BYTES:
        raise BrokenPictureChildError("a frame longer than any answer")
    return _exactly(pipe, length)


def _exactly(pipe: IO[bytes], count: int) -> bytes:
    try:
        part = pipe.read(count)
    except (OSError, ValueError) as exc:
        raise BrokenPictureChildError("the other side is gone") from exc
    if len(part) < count:
        raise BrokenPictureChildError("the other side is gone")
    return part
