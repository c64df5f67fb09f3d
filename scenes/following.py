"""Reads of feeds for whoever follows them: many feeds in one statement, and no row objects.

Access is the caller's: it has fetched each project or job before.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection

from scenes.models import Event, FeedCounter

# Each feed is one arm of a statement; SQLite takes at most 500, and 999 values.
MOST_AT_ONCE: Final = 100
_ARM: Final = (
    "SELECT * FROM (SELECT project_id, seq, name, CAST(data AS text), job_id FROM scenes_event"
    " WHERE project_id = %s AND seq > %s{only} ORDER BY seq LIMIT %s) {alias}"
)
_LAST: Final = "SELECT project_id, last_seq FROM scenes_feedcounter WHERE project_id IN ({holes})"
_ONLY: Final = " AND job_id = %s"


class Told(NamedTuple):
    """One event as the table has it: `data` is JSON text, `job` an id without hyphens."""

    seq: int
    name: str
    data: str
    job: str | None


def events_after(after: Mapping[UUID, int], *, limit: int) -> dict[UUID, list[Told]]:
    """Give what each of these feeds tells after a number, in order; `limit` is for each."""
    told: dict[UUID, list[Told]] = {project: [] for project in after}
    for some in _slices(after):
        params = [value for each in some for value in (_key(each), after[each], limit)]
        arms = (_ARM.format(only="", alias=f"AS a{place}") for place, _ in enumerate(some))
        for project, *event in _rows(" UNION ALL ".join(arms), params):
            told[_id(project)].append(_told(event))
    return told


def events_of_job(project_id: UUID, job_id: UUID, *, after: int, limit: int) -> list[Told]:
    """Give what a job tells after a number, in order."""
    params = [_key(project_id), after, _key(job_id), limit]
    return [_told(event) for _, *event in _rows(_ARM.format(only=_ONLY, alias="AS a"), params)]


def last_numbers(projects: Collection[UUID]) -> dict[UUID, int]:
    """Give the last number of each of these feeds; a project that is gone has none."""
    found: dict[UUID, int] = {}
    for some in _slices(projects):
        sql = _LAST.format(holes=", ".join(["%s"] * len(some)))
        rows = _rows(sql, [_key(each) for each in some])
        found |= {_id(project): last for project, last in rows}
    return found


def position(project_id: UUID) -> tuple[int, int]:
    """Give the last number of a feed, and the number up to which events may have been pruned."""
    counter = FeedCounter.objects.filter(project_id=project_id).first()
    # A project that was deleted a moment ago has told nothing; its readers' right ends soon.
    return (counter.last_seq, counter.kept_after) if counter else (0, 0)


def _rows(sql: str, params: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows: list[Any] = cursor.fetchall()
        return rows


def _told(event: Iterable[Any]) -> Told:
    seq, name, data, job = event
    return Told(seq, name, data, job.hex if isinstance(job, UUID) else job)


def _slices(all_: Iterable[UUID]) -> list[list[UUID]]:
    rest = list(all_)
    return [rest[at : at + MOST_AT_ONCE] for at in range(0, len(rest), MOST_AT_ONCE)]


def _key(value: UUID) -> Any:  # noqa: ANN401 as the database has ids
    return Event._meta.get_field("job_id").get_db_prep_value(value, connection)


def _id(key: UUID | str) -> UUID:
    return key if isinstance(key, UUID) else UUID(key)
