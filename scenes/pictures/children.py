"""The decoding processes of this process: started when first needed, kept, replaced when they die.

A picture that crashes a decoder, or makes it run or grow without end, costs one answer and nothing
else. Processes and pipes, not fork: this process has threads.
"""

import atexit
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from scenes.pictures.frames import (
    BrokenPictureChildError,
    await_ready,
    read_reply,
    write_request,
)
from scenes.pictures.picture import Limits, Picture, PictureRefusedError

AT_ONCE: Final = 2
"""Pictures that one process decodes at the same time."""
START_LIMIT_S: Final = 30.0

_ROOT: Final = Path(__file__).resolve().parents[2]
_PASSED_ON: Final = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR")
_MEMORY: Final = {
    "MALLOC_ARENA_MAX": "1",
    # Keep what one picture took for the next one: asking the system anew costs a fifth of the time.
    "MALLOC_MMAP_THRESHOLD_": str(32 * 1024 * 1024),
    "MALLOC_TRIM_THRESHOLD_": str(96 * 1024 * 1024),
}
_KILLED_FROM_OUTSIDE: Final = frozenset(
    -number for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
)
_GONE_BY_ITSELF: Final = 0  # after a picture that took too much memory


class ChildDiedError(Exception):
    """A child ended over a picture. `code` is its exit code, minus the number of a signal."""

    def __init__(self, code: int, *, timed_out: bool) -> None:
        super().__init__(code, timed_out)
        self.code = code
        self.timed_out = timed_out

    def is_the_pictures_fault(self) -> bool:
        """Say whether another child would end the same way."""
        return self.timed_out or self.code not in _KILLED_FROM_OUTSIDE | {_GONE_BY_ITSELF}


class Child:
    """One decoding process and its pipes. The environment, with its secrets, is not handed on."""

    def __init__(self) -> None:
        kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-B", "-W", "ignore", "-m", "scenes.pictures.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_ROOT,
            env={**kept, **_MEMORY},
            start_new_session=True,  # Ctrl-C at a terminal is for the parent
        )
        try:
            with self._deadline(START_LIMIT_S):
                await_ready(self._from)
        except BrokenPictureChildError as exc:
            raise RuntimeError(f"the picture child does not start: exit {self.end()}") from exc

    @property
    def pid(self) -> int:
        """Name the process."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Say whether it can take a picture."""
        return self._process.poll() is None

    def read(self, data: bytes, limits: Limits) -> Picture:
        """Have one picture read.

        Raises:
            PictureRefusedError: the child refused it.
            ChildDiedError: it ended, or was ended because its time was up.
        """
        with self._deadline(limits.wall_s) as time_is_up:
            try:
                write_request(self._to, data, limits)
                return read_reply(self._from)
            except BrokenPictureChildError as exc:
                raise ChildDiedError(self.end(), timed_out=time_is_up.is_set()) from exc

    def end(self) -> int:
        """End it now, if it has not ended, and return its exit code."""
        self._drop(self._to)
        self._drop(self._from)
        try:
            return self._process.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    @contextmanager
    def _deadline(self, wall_s: float) -> Iterator[threading.Event]:
        """Kill the process when time is up; that also wakes who waits at its pipes."""
        time_is_up = threading.Event()

        def kill() -> None:
            time_is_up.set()
            self._process.kill()

        timer = threading.Timer(wall_s, kill)
        timer.daemon = True
        timer.start()
        try:
            yield time_is_up
        finally:
            timer.cancel()

    @property
    def _to(self) -> IO[bytes]:
        return _pipe(self._process.stdin)

    @property
    def _from(self) -> IO[bytes]:
        return _pipe(self._process.stdout)

    @staticmethod
    def _drop(pipe: IO[bytes]) -> None:
        try:
            pipe.close()
        except BrokenPipeError:
            return  # it held bytes that nobody will read any more


class Pool:
    """A few children, for any number of threads."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._turn = threading.BoundedSemaphore(at_once)
        self._lock = threading.Lock()
        self._idle: list[Child] = []

    def read(self, data: bytes, limits: Limits) -> Picture:
        """Have one picture read by a child that is free; by a second one if the first was killed.

        Raises:
            PictureRefusedError: also for a picture that ended its child.
        """
        with self._turn:
            try:
                return self._read_once(data, limits)
            except ChildDiedError as death:
                if death.is_the_pictures_fault():
                    raise _refusal(death) from death
            try:
                return self._read_once(data, limits)
            except ChildDiedError as death:
                raise _refusal(death) from death

    def pids(self) -> list[int]:
        """Name the processes that wait for work."""
        with self._lock:
            return [child.pid for child in self._idle]

    def close(self) -> None:
        """End the children that wait for work."""
        with self._lock:
            idle, self._idle = self._idle, []
        for child in idle:
            child.end()

    def _read_once(self, data: bytes, limits: Limits) -> Picture:
        child = self._take()
        try:
            picture = child.read(data, limits)
        except PictureRefusedError:
            self._give_back(child)
            raise
        except BaseException:
            child.end()  # it may still answer, and the next picture must not get that answer
            raise
        self._give_back(child)
        return picture

    def _take(self) -> Child:
        while True:
            with self._lock:
                child = self._idle.pop() if self._idle else None
            if child is None:
                return Child()
            if child.is_alive:
                return child
            child.end()

    def _give_back(self, child: Child) -> None:
        if child.is_alive:
            with self._lock:
                self._idle.append(child)
        else:
            child.end()


def read(data: bytes, limits: Limits) -> Picture:
    """Have one picture read by the pool of this process.

    Raises:
        PictureRefusedError: see its codes.
    """
    return _pools[-1].read(data, limits)


def shutdown() -> None:
    """End the children that wait for work."""
    _pools[-1].close()


def _refusal(death: ChildDiedError) -> PictureRefusedError:
    if death.code > 0 and not death.timed_out:
        return PictureRefusedError(
            "picture-truncated", "The picture is damaged and cannot be read."
        )
    return PictureRefusedError(
        "picture-too-complex", "The picture takes more time or memory to decode than one may."
    )


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise BrokenPictureChildError("started without pipes")
    return pipe


# A forked process must not speak to the children of its parent: it gets a pool of its own, and the
# parent's stays referenced so that nobody ends what is not his.
_pools: Final = [Pool()]
os.register_at_fork(after_in_child=lambda: _pools.append(Pool()))
atexit.register(shutdown)
