"""Recording what an act changed: one change-set for everything inside one `recording`.

Every write to the canvas happens inside one. Recordings nest: an inner one joins the outer, so
that accepting an outline, which adds scenes and entries, is one change-set and one unit of undo.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from canvas.core.errors import Fault, Invalid, Missing, Stale
from canvas.core.json import clean_json
from canvas.core.rows import Row, uuid7
from canvas.core.serializers import camel
from scenes.models import ChangeSet, OriginKind, Project
from scenes.services import feed

R = TypeVar("R", bound=Row)
Links = Mapping[str, Iterable[UUID]]
NO_LINKS: Final[Links] = {}

# A row's kind is the first half of its events' names: `scene.created`.
_NOUNS: Final = {"bibleentry": "entry", "visualasset": "asset", "scenemedia": "media"}
_UNTRACKED: Final = {"id", "version", "created_at", "modified_at"}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changes the canvas, and by which message and job when it is the assistant."""

    kind: OriginKind
    user_id: UUID | None = None
    message_id: UUID | None = None
    job_id: UUID | None = None

    @classmethod
    def human(cls, user_id: UUID | None) -> "Actor":
        """A person; None when only a token is known."""
        return cls(OriginKind.HUMAN, user_id=user_id)

    @classmethod
    def assistant(
        cls, *, job_id: UUID | None, message_id: UUID | None = None, user_id: UUID | None = None
    ) -> "Actor":
        """The director or another service; `user_id` is the person who let it."""
        return cls(OriginKind.ASSISTANT, user_id, message_id, job_id)


@dataclass(slots=True)
class Recording:
    """What one act has changed so far."""

    project_id: UUID
    by: Actor
    summary: str
    id: UUID = field(default_factory=uuid7)
    ops: list[dict[str, Any]] = field(default_factory=list)
    events: list[feed.NewEvent] = field(default_factory=list)

    def origin(self) -> dict[str, str]:
        """Say who made a value, in the shape of the wire."""
        origin = {"kind": self.by.kind.value, "changeId": str(self.id)}
        if self.by.message_id is not None:
            origin["messageId"] = str(self.by.message_id)
        return origin

    def add(self, row: Row, links: Links = NO_LINKS) -> None:
        """Check and insert one row.

        Args:
            row: not saved yet.
            links: many-to-many name -> the ids to link to; the caller has checked them.

        Raises:
            Invalid: a column breaks its rule.
        """
        _check(row, set())
        row.save(force_insert=True)
        _link(row, links)
        self._added(row, links)

    def add_all(self, rows: Sequence[Row]) -> None:
        """Check and insert rows of one table in one statement.

        Raises:
            Invalid: a column breaks its rule.
        """
        for row in rows:
            _check(row, set())
        if rows:
            type(rows[0])._default_manager.bulk_create(rows)
        for row in rows:
            self._added(row, NO_LINKS)

    def edit(
        self,
        row: R,
        values: Mapping[str, Any],
        expected: int | None = None,
        links: Links = NO_LINKS,
    ) -> R:
        """Write the columns that differ, if the row is still what the caller saw.

        The caller holds the row locked, or accepts Stale when somebody else was quicker.

        Args:
            row: as read in this transaction.
            values: column -> new value. A `modified_at` among them is kept instead of the present.
            expected: the version of the caller's If-Match; None when there was none.
            links: many-to-many name -> the ids to link to, replacing those there are.

        Raises:
            Invalid: a value breaks its column's rule.
            Missing: somebody has deleted it meanwhile.
            Stale: the row is not at the expected version.
        """
        if "deleted_at" not in values:
            _refuse_deleted(row)
        expect_version(row, expected)
        before = {
            name: getattr(row, name)
            for name, value in values.items()
            if getattr(row, name) != value
        }
        linked = {name: _linked(row, name) for name in links}
        moved = {name: ids for name, ids in linked.items() if ids != _ids(links[name])}
        if not before and not moved:
            return row
        for name in before:
            setattr(row, name, values[name])
        _check(row, {f.name for f in row._meta.fields} - set(before))
        self._write(row, [*before], at=values.get("modified_at"))
        _link(row, {name: links[name] for name in moved})
        after = _json({name: values[name] for name in before})
        after |= {name: _ids(links[name]) for name in moved}
        self._keep("edit", row, before=_json(before) | moved, after=after)
        self.tell(f"{_noun(row)}.updated", row, changed=sorted(after))
        return row

    def remove(self, row: Row, expected: int | None = None) -> None:
        """Delete one row softly (it stays restorable), or for good where its table has no bin.

        Raises:
            Missing: somebody has deleted it meanwhile.
            Stale: the row is not at the expected version.
        """
        _refuse_deleted(row)
        expect_version(row, expected)
        before = _columns(row)
        if hasattr(row, "deleted_at"):
            row.deleted_at = timezone.now()
            self._write(row, ["deleted_at"])
        else:
            type(row)._default_manager.filter(pk=row.pk).delete()
        self._keep("remove", row, before=before, after=None)
        self.tell(f"{_noun(row)}.deleted", row)

    def moved(self, row: Row, before: int, after: int) -> None:
        """Note that a row changed its place; its siblings were renumbered with it."""
        self._keep("move", row, before={"order": before}, after={"order": after})
        self.tell(f"{_noun(row)}.moved", row, order=after)

    def tell(self, name: str, row: Row, **more: Any) -> None:  # noqa: ANN401 JSON
        """Put an event about a row into the feed, at the end of the act."""
        data = {"id": str(row.pk), "version": row.version, "actor": self.by.kind.value, **more}
        self.events.append(feed.NewEvent(name, data, self.by.job_id))

    def _added(self, row: Row, links: Links) -> None:
        after = _columns(row) | {name: _ids(ids) for name, ids in links.items()}
        self._keep("add", row, before=None, after=after)
        self.tell(f"{_noun(row)}.created", row)

    def _write(self, row: Row, columns: list[str], at: datetime | None = None) -> None:
        now = at or timezone.now()
        hit = (
            type(row)
            ._default_manager.filter(pk=row.pk, version=row.version)
            .update(
                **{name: getattr(row, name) for name in columns if name != "modified_at"},
                version=F("version") + 1,
                modified_at=now,
            )
        )
        if not hit:
            raise stale(row)
        row.version += 1
        row.modified_at = now

    def _keep(
        self, op: str, row: Row, *, before: dict[str, Any] | None, after: dict[str, Any] | None
    ) -> None:
        self.ops.append(
            {
                "model": row._meta.model_name,
                "id": str(row.pk),
                "op": op,
                "before": before,
                "after": after,
            }
        )

    def commit(self) -> None:
        """Store the change-set and publish its events; nothing when nothing changed."""
        if not self.ops:
            return
        ChangeSet.objects.create(
            id=self.id,
            project_id=self.project_id,
            actor=self.by.kind,
            user_id=self.by.user_id,
            message_id=self.by.message_id,
            job_id=self.by.job_id,
            summary=self.summary[:300],
            ops=self.ops,
        )
        applied = {"changeId": str(self.id), "actor": self.by.kind.value, "summary": self.summary}
        if self.by.message_id is not None:
            applied["messageId"] = str(self.by.message_id)
        feed.publish(
            self.project_id,
            [*self.events, feed.NewEvent("change.applied", applied, self.by.job_id)],
        )


_current: Final[ContextVar[Recording | None]] = ContextVar("recording", default=None)


@contextmanager
def recording(*, project_id: UUID, by: Actor, summary: str) -> Iterator[Recording]:
    """Open one transaction and one change-set, or join those of the act around this one.

    The project's row is locked first, so that acts which touch several of its rows never wait for
    each other in a circle. A joined act that fails leaves the record as it was: who catches its
    error rolls back to a savepoint.
    """
    around = _current.get()
    if around is not None and around.project_id == project_id:
        with _forgotten_on_failure(around):
            yield around
        return
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).only("pk").filter(pk=project_id).first()
        act = Recording(project_id, by, summary)
        token = _current.set(act)
        try:
            yield act
        finally:
            _current.reset(token)
        act.commit()


@contextmanager
def _forgotten_on_failure(act: Recording) -> Iterator[None]:
    ops, events = len(act.ops), len(act.events)
    try:
        yield
    except BaseException:
        del act.ops[ops:], act.events[events:]
        raise


def expect_version(row: Row, expected: int | None) -> None:
    """Refuse when the caller has seen another version of the row.

    Raises:
        Stale: with the present ETag.
    """
    if expected is not None and expected != row.version:
        raise stale(row)


def stale(row: Row) -> Stale:
    """Say that a row has moved on, and what its ETag is now."""
    now = type(row)._default_manager.filter(pk=row.pk).values_list("version", flat=True).first()
    return Stale(
        "This was changed since you read it. Read it again, then repeat your change.",
        extra={"etag": f'"{row.pk}-{now or row.version}"'},
    )


def _on_the_wire(column: str) -> str:
    if column.endswith("_s"):
        column = f"{column[:-1]}seconds"
    return camel(column)


def _refuse_deleted(row: Row) -> None:
    if getattr(row, "deleted_at", None) is not None:
        raise Missing(f"This {_noun(row)} was deleted meanwhile.")


def _noun(row: Row) -> str:
    name = str(row._meta.model_name)
    return _NOUNS.get(name, name)


def _check(row: Row, exclude: set[str]) -> None:
    """Check the columns that are written: their rules, and that both databases can keep them."""
    relations = {f.name for f in row._meta.fields if f.is_relation}
    try:
        row.clean_fields(exclude=exclude | relations | {"id"})
    except ValidationError as exc:
        faults = [
            Fault(f"/{_on_the_wire(name)}", "invalid", " ".join(messages))
            for name, messages in exc.message_dict.items()
        ]
        raise Invalid(f"{_noun(row)}: {faults[0].detail}", faults=faults) from exc
    clean_json(
        {
            f.name: getattr(row, f.name)
            for f in row._meta.fields
            if f.name not in exclude
            and isinstance(f, models.JSONField | models.CharField | models.TextField)
        }
    )


def _link(row: Row, links: Links) -> None:
    for name, ids in links.items():
        getattr(row, name).set(ids)


def _linked(row: Row, name: str) -> list[str]:
    return _ids(getattr(row, name).values_list("pk", flat=True))


def _ids(ids: Iterable[UUID]) -> list[str]:
    return sorted({str(key) for key in ids})


def _columns(row: Row) -> dict[str, Any]:
    return _json(
        {f.attname: getattr(row, f.attname) for f in row._meta.fields if f.name not in _UNTRACKED}
    )


def _json(values: Mapping[str, Any]) -> dict[str, Any]:
    """Make column values fit for the change-set's JSON."""
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:  # noqa: ANN401 JSON
    match value:
        case UUID():
            return str(value)
        case datetime():
            return value.isoformat()
        case models.fields.files.FieldFile():
            return value.name
        case models.Model():
            return str(value.pk)
        case _:
            return value
