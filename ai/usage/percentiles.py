"""Percentiles by nearest rank, found by the database: it answers three rows a group, no more.

Measured on calls that were answered: a refusal is quick and says nothing about a model's speed.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from ai.models import UpstreamCall
from ai.usage.keys import columns, values_of
from ai.usage.lines import ANSWERED, Lines
from ai.usage.sums import Groups

_WANTED: Final = {
    "latency_p50_s": ("latency_s", 50),
    "latency_p95_s": ("latency_s", 95),
    "first_token_p50_s": ("first_token_s", 50),
}
GroupKey = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Speed:
    """How quick the calls of one group were, in seconds; None: no call told."""

    latency_p50_s: float | None = None
    latency_p95_s: float | None = None
    first_token_p50_s: float | None = None


UNTOLD: Final = Speed()


def speeds(
    lines: Lines, by: Sequence[str], groups: Sequence[Mapping[str, Any]] | None = None
) -> dict[GroupKey, Speed]:
    """Give the speed of groups by their keys; one statement.

    Args:
        lines: which calls.
        by: what tells groups apart; with nothing there is one group, whose key is ().
        groups: only those of these rows (and no more than a page of them).
    """
    rows = lines.rows().filter(ANSWERED).annotate(**columns(by))
    for name in columns(by) if groups is not None else ():
        rows = rows.filter(**{f"{name}__in": {row[name] for row in groups or ()}})
    found: dict[GroupKey, dict[str, float]] = defaultdict(dict)
    for row in _ranked(rows, list(columns(by))):
        for name, (column, percent) in _WANTED.items():
            rank = -(-row[f"{column}_told"] * percent // 100)
            if rank and row[f"{column}_rank"] == rank:
                found[values_of(row, by)][name] = row[column]
    return {key: Speed(**told) for key, told in found.items()}


def _ranked(rows: QuerySet[UpstreamCall], keys: list[str]) -> Groups:
    """Give the calls at the wanted ranks of each group, in one pass over the ledger.

    The rank of p% among n is ceil(n * p / 100): in whole numbers, where `rank * 100 - n * p` is
    from 0 to 99. A call that did not tell comes behind all that did, so its rank is past them.
    """
    reads: list[str] = []
    wanted = Q()
    for column in dict.fromkeys(column for column, _ in _WANTED.values()):
        order = F(column).asc(nulls_last=True)
        rank = Window(RowNumber(), partition_by=keys or None, order_by=order)
        told = Window(Count(column), partition_by=keys or None)
        rows = rows.annotate(**{f"{column}_rank": rank, f"{column}_told": told})
        reads += [column, f"{column}_rank", f"{column}_told"]
    for name, (column, percent) in _WANTED.items():
        past = F(f"{column}_rank") * 100 - F(f"{column}_told") * percent
        rows = rows.annotate(**{f"past_{name}": past})
        wanted |= Q(**{f"past_{name}__gte": 0, f"past_{name}__lt": 100})
    ranked: Groups = rows.filter(wanted).values(*keys, *reads)
    return ranked
