"""A chain for editors to start from: the same family, something cheaper, something free."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ai.models import CatalogueEntry, Task
from ai.openrouter.slugs import author_of
from ai.rates import is_free
from ai.routing.choice import catalogue_slug
from ai.routing.needs import OF_TASK, has_shapes, why_not

# A fallback that is called cheaper costs at most this part of the first model.
_CHEAPER: Final = 2
_FAMILY: Final = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True)
class Proposal:
    """One fallback, and why it is proposed."""

    slug: str
    why: str


def propose(slug: str, task: str) -> list[Proposal]:
    """Propose fallbacks for a first model; fewer than three when the catalogue has no more.

    Nothing is written: an editor decides.
    """
    first = CatalogueEntry.objects.filter(slug=catalogue_slug(slug)).first()
    rows = CatalogueEntry.objects.filter(gone_at=None).exclude(slug=catalogue_slug(slug))
    able = [row for row in rows if _is_able(row, task)]
    picks = [
        ("same family", _of_family(first, able)),
        ("cheaper", _cheaper(first, able)),
        ("free", _free(able)),
    ]
    found: dict[str, Proposal] = {}
    for why, row in picks:
        if row is not None:
            found.setdefault(row.slug, Proposal(row.slug, why))
    return list(found.values())


def _is_able(row: CatalogueEntry, task: str) -> bool:
    shaped = task not in {Task.OUTLINE, Task.VISION} or has_shapes(row)
    return shaped and not why_not(row, OF_TASK[Task(task)])


def _mix(row: CatalogueEntry) -> int | None:
    """Three tokens read for one written, as the price tiers weigh them."""
    if row.prompt_nusd_per_m is None or row.completion_nusd_per_m is None:
        return None
    return 3 * row.prompt_nusd_per_m + row.completion_nusd_per_m


def _family(row: CatalogueEntry) -> tuple[str, str]:
    named = _FAMILY.match(row.slug.partition("/")[2])
    return author_of(row.slug), named[0] if named else ""


def _of_family(
    first: CatalogueEntry | None, able: Iterable[CatalogueEntry]
) -> CatalogueEntry | None:
    """Take the relative whose price is nearest, a cheaper one before a dearer one."""
    mine = _mix(first) if first else None
    if first is None or mine is None:
        return None
    same = [row for row in able if _family(row) == _family(first) and not is_free(row.slug)]
    priced = [(price, row) for row in same if (price := _mix(row)) is not None]
    if not priced:
        return None
    return min(priced, key=lambda one: (one[0] > mine, abs(one[0] - mine), one[1].slug))[1]


def _cheaper(first: CatalogueEntry | None, able: Iterable[CatalogueEntry]) -> CatalogueEntry | None:
    """Take the dearest of what other authors offer at half the price or less."""
    mine = _mix(first) if first else None
    if first is None or mine is None:
        return None
    other = [row for row in able if author_of(row.slug) != author_of(first.slug)]
    priced = [(price, row) for row in other if (price := _mix(row)) and price * _CHEAPER <= mine]
    return max(priced, key=lambda one: (one[0], one[1].slug))[1] if priced else None


def _free(able: Iterable[CatalogueEntry]) -> CatalogueEntry | None:
    """Take the free model that reads most."""
    free = [row for row in able if is_free(row.slug)]
    return max(free, key=lambda row: (row.context_length or 0, row.slug)) if free else None
