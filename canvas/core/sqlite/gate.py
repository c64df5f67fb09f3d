"""One writer at a time: threads of a process wait at a lock, processes at a lock on a file.

The file lock ends with its process, however that dies.
"""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from sqlite3 import OperationalError
from typing import Final

LOOK_AGAIN_S: Final = 0.0003
# After so many turns in a row a process whose threads still queue lets the others look.
TURNS: Final = 8
PAUSE_S: Final = 0.0006


class Gate:
    """Lets one writer of a database in, of all threads and processes of this machine."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.begin()

    def begin_in_child(self) -> None:
        """Begin anew in a forked process: its parent's lock would live on in its open file."""
        os.close(self._file)
        self.begin()

    def begin(self) -> None:
        """Make the locks."""
        self._turn = threading.Lock()
        self._waiting = 0
        self._turns = 0
        self._file = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)

    def enter(self, patience_s: float) -> None:
        """Wait for the turn.

        Raises:
            sqlite3.OperationalError: it did not come in time, in the words that SQLite uses.
        """
        until = time.monotonic() + patience_s
        self._waiting += 1
        try:
            entered = self._turn.acquire(timeout=patience_s)
        finally:
            self._waiting -= 1
        if not entered:
            raise OperationalError("database is locked")
        try:
            self._lock_file(until)
        except BaseException:
            self._turn.release()
            raise

    def leave(self) -> None:
        """Let the next one in."""
        fcntl.flock(self._file, fcntl.LOCK_UN)
        self._turns = self._turns + 1 if self._waiting else 0
        if self._turns >= TURNS:
            self._turns = 0
            time.sleep(PAUSE_S)
        self._turn.release()

    @contextmanager
    def entered(self, patience_s: float) -> Iterator[None]:
        """Be inside for a block."""
        self.enter(patience_s)
        try:
            yield
        finally:
            self.leave()

    def _lock_file(self, until: float) -> None:
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise OperationalError("database is locked") from None
                time.sleep(LOOK_AGAIN_S)
            else:
                return


@cache
def gate_of(database: str) -> Gate:
    """Return the gate of a database file; its lock is a file of its own beside it."""
    gate = Gate(Path(f"{database}-writer"))
    os.register_at_fork(after_in_child=gate.begin_in_child)
    return gate
