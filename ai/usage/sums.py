"""Sums over lines of the ledger, one statement for all groups. Money in nano-dollars.

A sum is None when no call of the group told the figure; what is not known is never counted as 0.
"""

from collections.abc import Sequence
from typing import Any, Final

from django.db.models import Count, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from ai.models import Payer, UpstreamCall
from ai.usage.keys import columns
from ai.usage.lines import ENDED, FAILED, STOPPED, Lines

Groups = QuerySet[UpstreamCall, dict[str, Any]]

_OWN: Final = Q(payer=Payer.OWN)
_SIMULATED: Final = Q(simulated=True)
# Names that no column has: an aggregate would hide the column from those behind it.
MEASURES: Final = {
    "calls": Count("*"),
    "ended": Count("pk", filter=ENDED),
    "failed": Count("pk", filter=FAILED),
    "stopped": Count("pk", filter=STOPPED),
    "unknown_calls": Count("pk", filter=Q(cost_nusd__isnull=True)),
    "own_calls": Count("pk", filter=_OWN),
    "simulated_calls": Count("pk", filter=_SIMULATED),
    "prompt": Sum("prompt_tokens"),
    "completion": Sum("completion_tokens"),
    "cached": Sum("cached_tokens"),
    "reasoning": Sum("reasoning_tokens"),
    "pictures": Coalesce(Sum("images"), Value(0)),
    "known_nusd": Sum("cost_nusd"),
    "own_nusd": Sum("cost_nusd", filter=_OWN),
    "simulated_nusd": Sum("cost_nusd", filter=_SIMULATED),
    "held_nusd": Coalesce(Sum("hold_nusd"), Value(0)),
}
ORDER_NUSD: Final = Coalesce(Sum("cost_nusd"), Value(0))
"""What is known of a group's cost, to put groups in order by."""


def sum_by(lines: Lines, by: Sequence[str]) -> Groups:
    """Sum each group; rows are mappings of `key_…` and of the names in MEASURES, in no order."""
    keys = columns(by)
    groups: Groups = lines.rows().annotate(**keys).values(*keys).annotate(**MEASURES)
    return groups


def total(lines: Lines) -> dict[str, Any]:
    """Sum everything."""
    return lines.rows().aggregate(**MEASURES)


def failure_rate(row: Any) -> float | None:  # noqa: ANN401 a group
    """Say which part of what ended by itself failed, 0..1; None when nothing did."""
    ended = row["ended"] - row["stopped"]
    return row["failed"] / ended if ended > 0 else None
