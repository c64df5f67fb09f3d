"""Who holds how many sessions of one PostgreSQL database, looked up again and again."""

import threading
from collections import Counter
from types import TracebackType
from typing import Final, Self

import psycopg

LOOK_EVERY_S: Final = 0.02
SESSIONS: Final = (
    "SELECT application_name, count(*) FROM pg_stat_activity WHERE datname = %s GROUP BY 1"
)


class Sessions:
    """The most sessions that each part of a service held at any look."""

    def __init__(self, url: str) -> None:
        server, _, self._name = url.rpartition("/")
        self._server = f"{server}/postgres"
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.most: Counter[str] = Counter()
        self.looks = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join(5)

    def _look(self) -> None:
        with psycopg.connect(self._server, autocommit=True) as connection:
            while not self._done.wait(LOOK_EVERY_S):
                self.most |= Counter(dict(connection.execute(SESSIONS, [self._name]).fetchall()))
                self.looks += 1
