"""The project's feed: ordered, gap-free, committed together with what it tells of.

A sequence number is taken from the project's counter row inside the caller's transaction. The row
stays locked until that transaction ends, so numbers become visible in their order and a reader
that asks for `seq > last` misses nothing. Publish last, and never hold it over a network call.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from canvas.core import bus
from scenes.models import Event, FeedCounter

DELTAS: Final = ("text.delta", "reasoning.delta", "tool.arguments")
PRUNED_AT_ONCE: Final = 500
_TAKE: Final = (
    "UPDATE scenes_feedcounter SET last_seq = last_seq + %s WHERE project_id = %s"
    " RETURNING last_seq"
)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """One event to publish. `data` is JSON-ready, with camelCase keys, and small."""

    name: str
    data: Mapping[str, Any] = field(default_factory=dict)
    job_id: UUID | None = None


def open_feed(project_id: UUID) -> None:
    """Start the sequence of a new project."""
    FeedCounter.objects.create(project_id=project_id)


def publish(project_id: UUID, events: Sequence[NewEvent]) -> None:
    """Append events in their order and wake the readers when the transaction commits.

    Locks the project's counter row until then.
    """
    if not events:
        return
    with transaction.atomic():
        last = _take(project_id, len(events))
        Event.objects.bulk_create(
            Event(
                project_id=project_id,
                seq=seq,
                name=event.name,
                data=dict(event.data),
                job_id=event.job_id,
            )
            for seq, event in enumerate(events, start=last - len(events) + 1)
        )
    bus.announce_on_commit(f"project:{project_id}")


def prune(*, deltas_before: datetime, events_before: datetime) -> None:
    """Delete old events, remembering in each counter up to which number some may be missing."""
    for old in (
        Event.objects.filter(name__in=DELTAS, created_at__lt=deltas_before),
        Event.objects.filter(created_at__lt=events_before),
    ):
        while _prune_slice(old):
            pass


def _prune_slice(old: QuerySet[Event]) -> int:
    """Delete some of them; small slices, so that nobody waits long for a project's counter."""
    slice_ = list(
        old.order_by("created_at").values_list("pk", "project_id", "seq")[:PRUNED_AT_ONCE]
    )
    reached: dict[UUID, int] = {}
    for _, project_id, seq in slice_:
        reached[project_id] = max(seq, reached.get(project_id, 0))
    with transaction.atomic():
        for project_id in sorted(reached):
            FeedCounter.objects.filter(
                project_id=project_id, kept_after__lt=reached[project_id]
            ).update(kept_after=reached[project_id])
        Event.objects.filter(pk__in=[key for key, _, _ in slice_]).delete()
    return len(slice_)


def _take(project_id: UUID, count: int) -> int:
    """Take `count` numbers and return the last of them."""
    # Django has no UPDATE … RETURNING; one statement instead of two halves the time of the lock.
    key = FeedCounter._meta.pk.get_db_prep_value(project_id, connection)
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [count, key])
        return int(cursor.fetchone()[0])
