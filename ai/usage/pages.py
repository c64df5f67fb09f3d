"""Groups in pages: keyset cursors over the keys, so that none is skipped or told twice.

A group is no row, so `canvas.core.pagination` cannot page it; the cursors look alike.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from ai.usage.keys import PREFIX, key_of
from ai.usage.lines import Lines
from ai.usage.sums import ORDER_NUSD, sum_by
from canvas.core import cursors

MEASURED: Final = {"costUsd": "order_nusd", "calls": "calls"}
"""What groups can be put in order by besides their keys, and its name in the statement."""
LARGEST_PAGE: Final = 200
FILE_PAGE: Final = 2_000
"""Groups a statement of a file: each reads the ledger anew."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: behind the group with these values, or before it."""

    values: tuple[Any, ...]
    is_backward: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Some groups in their order, and where the pages beside them begin; None: there is none."""

    groups: list[dict[str, Any]]
    next: Cursor | None
    previous: Cursor | None


def order_of(by: Sequence[str], ordering: str | None) -> tuple[str, ...]:
    """Give the columns of an order: what was asked for first, then every key.

    Raises:
        Malformed: `ordering` is neither a key of `by` nor a measure.
    """
    asked = (ordering or by[0]).removeprefix("-")
    known = [*by, *MEASURED]
    if asked not in known:
        detail = f"One of {', '.join(known)}, or one with - before it."
        raise cursors.wrong("ordering", detail)
    sign = "-" if (ordering or "").startswith("-") else ""
    first = MEASURED.get(asked, PREFIX + asked)
    rest = [PREFIX + name for name in by if PREFIX + name != first]
    return (sign + first, *rest)


def page_of(
    lines: Lines, by: Sequence[str], order: Sequence[str], *, limit: int, cursor: Cursor | None
) -> Page:
    """Fetch one page in one statement."""
    backward = cursor is not None and cursor.is_backward
    groups = sum_by(lines, by).annotate(order_nusd=ORDER_NUSD)
    told = _turned(order) if backward else list(order)
    if cursor is not None:
        groups = groups.filter(_behind(told, cursor.values))
    found: list[dict[str, Any]] = list(groups.order_by(*told)[: limit + 1])
    more = len(found) > limit
    found = found[:limit]
    if backward:
        found.reverse()
    if not found:
        return Page([], None, None)
    has_next = more or backward
    has_previous = more if backward else cursor is not None
    return Page(
        found,
        Cursor(_place(found[-1], order)) if has_next else None,
        Cursor(_place(found[0], order), is_backward=True) if has_previous else None,
    )


def all_pages(lines: Lines, by: Sequence[str], order: Sequence[str]) -> Iterator[Page]:
    """Fetch every page, one statement each, so that no statement stays open between them."""
    cursor: Cursor | None = None
    while True:
        page = page_of(lines, by, order, limit=FILE_PAGE, cursor=cursor)
        yield page
        cursor = page.next
        if cursor is None:
            return


def write_cursor(cursor: Cursor, order: Sequence[str]) -> str:
    """Write a cursor as one word."""
    values = [str(value) for value in cursor.values]
    return cursors.write(order, values, backward=cursor.is_backward)


def read_cursor(text: str, order: Sequence[str]) -> Cursor:
    """Read a cursor of this order.

    Raises:
        Malformed: it is none, or of another order.
    """
    values, backward = cursors.read(text, order)
    return Cursor(_values(order, values), backward)


def _values(order: Sequence[str], texts: Sequence[str]) -> tuple[str | int | UUID, ...]:
    try:
        return tuple(_value(name, text) for name, text in zip(order, texts, strict=True))
    except ValueError as exc:
        raise cursors.wrong("cursor", "Not a cursor of this list.") from exc


def _value(name: str, text: str) -> str | int | UUID:
    name = name.removeprefix("-")
    if name.startswith(PREFIX):
        return key_of(name.removeprefix(PREFIX)).read(text)
    number = int(text)
    if not 0 <= number < 2**63:
        raise ValueError("no sum of the ledger")
    return number


def _place(group: Mapping[str, Any], order: Sequence[str]) -> tuple[Any, ...]:
    return tuple(group[name.removeprefix("-")] for name in order)


def _turned(order: Sequence[str]) -> list[str]:
    return [name[1:] if name.startswith("-") else f"-{name}" for name in order]


def _behind(order: Sequence[str], values: Sequence[Any]) -> Q:
    """Build the condition for groups behind these values, in this order of columns."""
    condition = Q()
    equal: dict[str, Any] = {}
    for name, value in zip(order, values, strict=True):
        column = name.removeprefix("-")
        comparison = "lt" if name.startswith("-") else "gt"
        condition |= Q(**equal, **{f"{column}__{comparison}": value})
        equal[column] = value
    return condition
