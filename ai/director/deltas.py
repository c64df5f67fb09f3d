"""Writing what a model says while it says it: one thread writes for all streams of a process.

Each write takes everything that has piled up since the last, in one transaction. So the first
delta is written at once, and later ones are put together only when the process is busy.
"""

import logging
import threading
from collections import defaultdict
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import DatabaseError, connection, transaction

from scenes.services import feed
from scenes.services.feed import NewEvent

logger = logging.getLogger(__name__)

LONGEST_FLUSH_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class _Item:
    project_id: UUID
    event: NewEvent


class DeltaWriter:
    """Events that may be lost with the process: the message itself is committed whole."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[_Item] = []
        self._written = 0
        self._taken = 0
        self._thread: threading.Thread | None = None

    def put(self, project_id: UUID, event: NewEvent) -> None:
        """Have an event written soon."""
        with self._changed:
            self._waiting.append(_Item(project_id, event))
            self._taken += 1
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="deltas", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def flush(self) -> None:
        """Wait until everything put so far is in the table, so that what follows comes after it."""
        with self._changed:
            goal = self._taken
            self._changed.wait_for(lambda: self._written >= goal, LONGEST_FLUSH_S)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                batch, self._waiting = self._waiting, []
            try:
                write(batch)
            except DatabaseError as exc:
                logger.warning("deltas: %d lost: %s", len(batch), type(exc).__name__)
            finally:
                connection.close()
            with self._changed:
                self._written += len(batch)
                self._changed.notify_all()


def write(batch: list[_Item]) -> None:
    """Write a batch in one transaction; projects in one order, so that writers cannot deadlock."""
    of_projects: defaultdict[UUID, list[NewEvent]] = defaultdict(list)
    for item in batch:
        of_projects[item.project_id].append(item.event)
    with transaction.atomic():
        for project_id in sorted(of_projects):
            feed.publish(project_id, joined(of_projects[project_id]))


def joined(events: list[NewEvent]) -> list[NewEvent]:
    """Join neighbouring deltas of one text into one event; everything else stays as it is."""
    result: list[NewEvent] = []
    for event in events:
        last = result[-1] if result else None
        if last is not None and _continues(last, event):
            key = "text" if "text" in event.data else "delta"
            data = {**last.data, key: last.data[key] + event.data[key]}
            result[-1] = NewEvent(event.name, data, event.job_id)
        else:
            result.append(event)
    return result


def _continues(last: NewEvent, event: NewEvent) -> bool:
    same = ("messageId", "callId")
    return (
        event.name in feed.DELTAS
        and (event.name, event.job_id) == (last.name, last.job_id)
        and all(event.data.get(key) == last.data.get(key) for key in same)
    )


writer: Final = DeltaWriter()
