"""The process that decodes: `python -m scenes.pictures.child`, spoken to through its pipes.

It holds no secret, opens no file and no connection, and has a limit for memory and, for each
picture, one for processor time. It ends when its parent does.
"""

import os
import resource
import signal
import sys
from pathlib import Path
from typing import IO, Final

from PIL import AvifImagePlugin

from scenes.pictures.frames import (
    BrokenPictureChildError,
    read_request,
    write_picture,
    write_ready,
    write_refusal,
)
from scenes.pictures.picture import Limits, PictureRefusedError
from scenes.pictures.reading import read_here

OPEN_FILES: Final = 16
OUT_OF_MEMORY: Final = PictureRefusedError(
    "picture-too-complex", "The picture takes more memory to decode than one picture may."
)


def main() -> None:
    """Answer pictures until the parent closes the pipe."""
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    asked, answered = _private_pipes()
    _give_up_rights()
    base_bytes = _address_space_bytes()
    write_ready(answered)
    while True:
        try:
            data, limits = read_request(asked)
            _answer(answered, data, limits, base_bytes)
        except BrokenPictureChildError:
            return


def _answer(pipe: IO[bytes], data: bytes, limits: Limits, base_bytes: int) -> None:
    """Do one picture; a process that met a limit of memory does no second one."""
    _limit_memory(base_bytes + limits.memory_bytes)
    signal.setitimer(signal.ITIMER_PROF, limits.cpu_s)  # SIGPROF then ends this process
    try:
        picture = read_here(data, limits)
    except PictureRefusedError as refusal:
        write_refusal(pipe, refusal)
    except MemoryError:
        write_refusal(pipe, OUT_OF_MEMORY)
        sys.exit()
    else:
        write_picture(pipe, picture)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _private_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Take the pipes away from everybody else: a library that prints must not break a frame."""
    asked = os.fdopen(os.dup(0), "rb")
    answered = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    return asked, answered


def _give_up_rights() -> None:
    """Write no file, dump no core, open next to nothing."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))


def _limit_memory(most_bytes: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        most_bytes = min(most_bytes, hard)
    if sys.platform == "linux":  # elsewhere the limit is not kept, or counts other things
        resource.setrlimit(resource.RLIMIT_AS, (most_bytes, hard))


def _address_space_bytes() -> int:
    """Tell how much address space this process has now; 0 where that cannot be read."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()


if __name__ == "__main__":
    main()
