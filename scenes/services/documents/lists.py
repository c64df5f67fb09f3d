"""Lists of a document against their rows: who is who, what is gone, what differs, what is new."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from canvas.core.errors import Invalid
from canvas.core.rows import Row, uuid7
from scenes.services.changes import Recording
from scenes.services.documents.check import named_twice, refusal

R = TypeVar("R", bound=Row)
Item = Mapping[str, Any]


@dataclass(slots=True)
class Differences(Generic[R]):
    """What a list asks for: rows to delete, columns to write, rows to insert, in this order."""

    gone: list[R] = field(default_factory=list)
    edits: list[tuple[R, dict[str, Any]]] = field(default_factory=list)
    new: list[R] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.gone or self.edits or self.new)

    def keep_order(self, listed: Sequence[R]) -> None:
        """Write places where the times alone would list these rows otherwise.

        New ones get ids that rise, so that equal times need no places.
        """
        unsaved = {row.pk for row in self.new}
        new = [row for row in listed if row.pk in unsaved]
        for key, row in zip(sorted(uuid7() for _ in new), new, strict=True):
            row.id = key
        unsaved = {row.pk for row in new}
        edits = {row.pk: values for row, values in self.edits}
        if sorted(listed, key=lambda row: _by_place(row, edits.get(row.pk, {}))) == [*listed]:
            return
        for place, row in enumerate(listed):
            if row.pk in unsaved:
                row.place = place  # type: ignore[attr-defined] # every row that is listed so
            elif row.pk in edits:
                edits[row.pk]["place"] = place
            else:
                self.edits.append((row, {"place": place}))

    def apply(self, act: Recording) -> None:
        """Write it all."""
        for row in self.gone:
            act.remove(row)
        for row, values in self.edits:
            act.edit(row, values)
        for row in self.new:
            act.add(row)


def by_place(rows: Iterable[R]) -> list[R]:
    """Bring rows into the order of documents: by their places, then by time."""
    return sorted(rows, key=lambda row: _by_place(row, {}))


def pointers(pointer: str, items: Sequence[Item]) -> list[str]:
    """Point at each item of a list."""
    return [f"{pointer}/{index}" for index in range(len(items))]


def matched(rows: Sequence[R], items: Sequence[Item], places: Sequence[str]) -> list[R | None]:
    """Find the row of each item by the client's id or by ours; None for an unknown id.

    Args:
        rows: the living ones.
        items: checked ones of a document.
        places: a JSON pointer to each item.

    Raises:
        Invalid: two items name one row, each in its own way.
    """
    by_id: dict[str, R] = {str(row.pk): row for row in rows}
    by_key: dict[str, R] = {
        row.client_key: row  # type: ignore[attr-defined] # every row of a document has the column
        for row in rows
        if row.client_key  # type: ignore[attr-defined] # as above
    }
    found = [by_key.get(item["id"]) or by_id.get(item["id"]) for item in items]
    seen: set[Any] = set()
    for row, place in zip(found, places, strict=True):
        if row is not None and row.pk in seen:
            raise refusal(Invalid, [named_twice(f"{place}/id", "id")])
        seen.add(row.pk if row is not None else None)
    return found


def missing(rows: Sequence[R], found: Sequence[R | None]) -> list[R]:
    """Give the rows that no item names."""
    named = {row.pk for row in found if row is not None}
    return [row for row in rows if row.pk not in named]


def _by_place(row: Any, values: Mapping[str, Any]) -> tuple[Any, ...]:  # noqa: ANN401 a placed row
    at = values.get("created_at", row.created_at)
    return (row.place is None, row.place or 0, at, row.pk)


def rising(present: Sequence[int | None], first: int) -> list[int]:
    """Give each item a place above the one before it, leaving places that fit as they are.

    A place is never lowered below a present one that stands before it; so writing from the end
    never meets a place that is still taken.

    Args:
        present: the places of the rows, in the list's order; None for a new one.
        first: the lowest place.
    """
    places: list[int] = []
    last = first - 1
    for place in present:
        last = place if place is not None and place > last else last + 1
        places.append(last)
    return places
