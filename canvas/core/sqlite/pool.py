"""Connections that nobody uses just now, kept open for the next thread that needs one."""

import os
import sqlite3
import threading
from typing import Final, NamedTuple

# More are closed: a process whose threads let go while they wait needs few at a time.
MOST_IDLE: Final = 16


class File(NamedTuple):
    """A file by its path and number: one that was replaced meanwhile is another one."""

    path: str
    number: int


class Pool:
    """Idle connections by database file."""

    def __init__(self) -> None:
        self.begin()
        os.register_at_fork(after_in_child=self.begin)

    def begin(self) -> None:
        """Begin anew, as a forked process must: SQLite connections do not survive a fork."""
        # Kept, because closing them here would hurt the parent's.
        self._of_parent = getattr(self, "_idle", None)
        self._lock = threading.Lock()
        self._idle: dict[File, list[sqlite3.Connection]] = {}

    def take(self, file: File) -> sqlite3.Connection | None:
        """Give an idle connection to this file, or None."""
        with self._lock:
            idle = self._idle.get(file)
            return idle.pop() if idle else None

    def give(self, file: File, connection: sqlite3.Connection) -> None:
        """Keep a connection for the next; what it had not committed is rolled back.

        Args:
            file: as it was when the connection was opened.
            connection: nobody else may have it.
        """
        if connection.in_transaction:
            connection.rollback()
        with self._lock:
            idle = self._idle.setdefault(file, [])
            if len(idle) < MOST_IDLE and file == file_of(file.path):
                idle.append(connection)
                return
        connection.close()


def file_of(path: str) -> File:
    """Say which file lies at a path now."""
    try:
        return File(path, os.stat(path).st_ino)  # noqa: PTH116 many times a second
    except FileNotFoundError:
        return File(path, 0)


pool: Final = Pool()
