"""Writing what a model says while it says it: one thread writes for all streams of a process.

Each write takes everything that has piled up since the last, in one transaction. So the first
delta is written at once, and later ones are put together the more the busier the process is.
"""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction

from ai.models import Job, JobStatus
from scenes.services import feed
from scenes.services.feed import NewEvent

logger = logging.getLogger(__name__)

LONGEST_FLUSH_S: Final = 10.0
# After a write the thread rests so many times as long as it took: what comes then goes together.
REST: Final = 3.0
LONGEST_REST_S: Final = 0.1
# The pauses between tries while the database is away or busy; then each project is on its own.
PAUSES_S: Final = (0.05, 0.2, 0.8)
# As text: the claims are as many as there are streams, and Django would compile it anew each time.
_SPEAKING: Final = "SELECT id, fence FROM ai_job WHERE status IN (%s, %s) AND fence IN ({})"
_FENCE: Final = Job._meta.get_field("fence")


@dataclass(frozen=True, slots=True)
class _Item:
    project_id: UUID
    fence: UUID | None
    event: NewEvent


class DeltaWriter:
    """Events that may be lost with the process: the message itself is committed whole."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[_Item] = []
        self._written = 0
        self._taken = 0
        self._hurry = False
        self._thread: threading.Thread | None = None

    def put(
        self, project_id: UUID, event: NewEvent, *, fence: UUID | None, hurry: bool = False
    ) -> None:
        """Have an event written soon, unless the claim that `fence` names is over by then.

        Args:
            project_id: whose feed.
            event: what to tell.
            fence: the claim under which it is said.
            hurry: do not wait for others to go with it.
        """
        with self._changed:
            self._waiting.append(_Item(project_id, fence, event))
            self._taken += 1
            self._hurry = self._hurry or hurry
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="deltas", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def flush(self) -> None:
        """Wait until everything put so far is in the table, so that what follows comes after it.

        Hold no database connection meanwhile: the writing thread needs one of the same pool.
        """
        with self._changed:
            goal, self._hurry = self._taken, True
            self._changed.notify_all()
            if not self._changed.wait_for(lambda: self._written >= goal, LONGEST_FLUSH_S):
                logger.warning("deltas: not written within %.0f s", LONGEST_FLUSH_S)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                batch, self._waiting, self._hurry = self._waiting, [], False
            began = time.monotonic()
            try:
                deliver(batch)
                connection.close()
            except Exception:
                logger.exception("deltas: the writer met a bug and goes on")
            finally:
                with self._changed:
                    self._written += len(batch)
                    self._changed.notify_all()
                    pause_s = REST * (time.monotonic() - began)
                    self._changed.wait_for(lambda: self._hurry, min(pause_s, LONGEST_REST_S))


def deliver(batch: Sequence[_Item]) -> None:
    """Write a batch; when that fails, project by project, so that one cannot spoil the others."""
    for pause_s in PAUSES_S:
        try:
            write(batch)
        except (OperationalError, InterfaceError) as exc:
            logger.warning("deltas: %d wait: %s", len(batch), type(exc).__name__)
            connection.close()
            time.sleep(pause_s)
        except Exception:
            logger.exception("deltas: %d could not be written together", len(batch))
            break
        else:
            return
    for items in _by_project(batch).values():
        try:
            write(items)
        except Exception:
            logger.exception("deltas: %d lost of project %s", len(items), items[0].project_id)


def write(batch: Sequence[_Item]) -> None:
    """Write what is still to be written of a batch, in one transaction.

    Whether the claims still hold is looked up last, when the feeds' counters are locked: whoever
    takes a job over has told the feed so before, and is seen here, or tells it after our words.
    """
    while batch:
        with transaction.atomic():
            feed.publish_all(
                {
                    project_id: joined([item.event for item in items])
                    for project_id, items in _by_project(batch).items()
                }
            )
            held = _held(batch)
            if len(held) == len(batch):
                return
            transaction.set_rollback(True)
        logger.info("deltas: %d fenced off", len(batch) - len(held))
        batch = held


def joined(events: Sequence[NewEvent]) -> list[NewEvent]:
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


def _by_project(batch: Sequence[_Item]) -> dict[UUID, list[_Item]]:
    found: defaultdict[UUID, list[_Item]] = defaultdict(list)
    for item in batch:
        found[item.project_id].append(item)
    return found


def _held(batch: Sequence[_Item]) -> list[_Item]:
    """Leave out what late workers say; a cancelled job's last words are still its own."""
    fences = {item.fence for item in batch if item.fence is not None}
    with connection.cursor() as cursor:
        holes = ", ".join(["%s"] * len(fences))
        keys = [_FENCE.get_db_prep_value(fence, connection) for fence in fences]
        cursor.execute(_SPEAKING.format(holes), [JobStatus.RUNNING, JobStatus.CANCELLED, *keys])
        held = {(UUID(str(job)), UUID(str(fence))) for job, fence in cursor}
    return [item for item in batch if (item.event.job_id, item.fence) in held]


def _continues(last: NewEvent, event: NewEvent) -> bool:
    same = ("messageId", "callId")
    return (
        event.name in feed.DELTAS
        and (event.name, event.job_id) == (last.name, last.job_id)
        and all(event.data.get(key) == last.data.get(key) for key in same)
    )


writer: Final = DeltaWriter()
