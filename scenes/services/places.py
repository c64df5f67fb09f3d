"""Places in an order: moves renumber siblings in one statement, under the parent's lock."""

from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Case, F, Value, When

from canvas.core.errors import Fault, Invalid


def next_order(siblings: models.QuerySet[Any]) -> int:
    """Say the place after the last sibling. The caller holds the parent's lock."""
    last = siblings.aggregate(last=models.Max("order"))["last"]
    return 0 if last is None else int(last) + 1


def renumber(siblings: models.QuerySet[Any], ids: list[UUID]) -> list[UUID]:
    """Give the rows the places 0, 1, 2, … in this order; return those that changed.

    The caller holds the parent's lock.
    """
    places = dict(enumerate(ids))
    now = dict(siblings.values_list("id", "order"))
    moved = {key: place for place, key in places.items() if now[key] != place}
    if moved:
        siblings.filter(id__in=moved).update(
            order=Case(*(When(id=key, then=Value(place)) for key, place in moved.items())),
            version=F("version") + 1,
        )
    return list(moved)


def put_after(ids: list[UUID], key: UUID, after: UUID | None) -> list[UUID]:
    """Return the order with one row taken out and put behind another (None: to the front).

    Raises:
        Invalid: `after` is not among the siblings, or is the row itself.
    """
    rest = [other for other in ids if other != key]
    if after is None:
        return [key, *rest]
    if after not in rest:
        detail = "`after` must be the id of another row beside this one, or null."
        fault = Fault("/after", "not-a-sibling", detail)
        raise Invalid(detail, code="not-a-sibling", faults=[fault])
    place = rest.index(after) + 1
    return [*rest[:place], key, *rest[place:]]
