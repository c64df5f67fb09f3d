"""The project's feed: ordered, gap-free, committed together with what it tells of.

A sequence number is taken from the project's counter row inside the caller's transaction. The row
stays locked until that transaction ends, so numbers become visible in their order and a reader
that asks for `seq > last` misses nothing. Publish last, and never hold it over a network call.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from canvas.core import bus
from scenes.models import Event, FeedCounter

DELTAS: Final = ("text.delta", "reasoning.delta", "tool.arguments")
PRUNED_AT_ONCE: Final = 500
# As text: it is written many times a second, and Django has no UPDATE … RETURNING. One statement
# instead of two halves the time of the lock.
_TAKE: Final = (
    "UPDATE scenes_feedcounter SET last_seq = last_seq + %s WHERE project_id = %s"
    " RETURNING last_seq"
)
_APPEND: Final = (
    "INSERT INTO scenes_event (project_id, seq, name, data, job_id, created_at)"
    " VALUES (%s, %s, %s, %s, %s, %s)"
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
    publish_all({project_id: events} if events else {})


def publish_all(feeds: Mapping[UUID, Sequence[NewEvent]]) -> None:
    """Append to several feeds at once, each in its order.

    Locks the counter rows until the transaction ends, in the one order that cannot deadlock.
    """
    if not feeds:
        return
    projects = sorted(feeds)
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        rows = []
        for project_id in projects:
            key, events = _key(project_id), feeds[project_id]
            cursor.execute(_TAKE, [len(events), key])
            first = cursor.fetchone()[0] - len(events) + 1
            rows += [
                (key, seq, event.name, json.dumps(event.data), _key(event.job_id), now)
                for seq, event in enumerate(events, start=first)
            ]
        cursor.executemany(_APPEND, rows)
    bus.announce_all_on_commit("project", projects)


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


def _key(value: UUID | None) -> UUID | str | None:
    """Write an id as this database has it."""
    if value is None or connection.features.has_native_uuid_field:
        return value
    return value.hex
