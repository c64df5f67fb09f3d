"""Connections that nobody uses just now, kept open for the next thread that needs one."""

import os
import sqlite3
import threading
from typing import Final

# More are closed: a process whose threads let go while they wait needs few at a time.
MOST_IDLE: Final = 16


class Pool:
    """Idle connections by database file. A file that was replaced meanwhile is another one."""

    def __init__(self) -> None:
        self.begin()
        os.register_at_fork(after_in_child=self.begin)

    def begin(self) -> None:
        """Begin anew, as a forked process must: SQLite connections do not survive a fork."""
        self._lock = threading.Lock()
        self._idle: dict[tuple[str, int], list[sqlite3.Connection]] = {}

    def take(self, database: str) -> sqlite3.Connection | None:
        """Give an idle connection to this file, or None."""
        with self._lock:
            idle = self._idle.get(_key(database))
            return idle.pop() if idle else None

    def give(self, database: str, connection: sqlite3.Connection) -> None:
        """Keep a connection for the next; what it had not committed is rolled back."""
        if connection.in_transaction:
            connection.rollback()
        with self._lock:
            idle = self._idle.setdefault(_key(database), [])
            if len(idle) < MOST_IDLE:
                idle.append(connection)
                return
        connection.close()


def _key(database: str) -> tuple[str, int]:
    try:
        return database, os.stat(database).st_ino  # noqa: PTH116 a hundred thousand times a second
    except FileNotFoundError:
        return database, 0


pool: Final = Pool()
