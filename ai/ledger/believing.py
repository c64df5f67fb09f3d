"""Which figures of a provider are believed. What is not counts as not told, never as zero."""

from decimal import Decimal
from typing import Final

from ai.ledger.prices import NUSD
from ai.openrouter.wire import Usage

# No call costs this much, whoever says so; counters of 64 bits stay far from their end.
MOST_USD: Final = Decimal(1_000_000)
MOST_TOKENS: Final = 1_000_000_000
# An answer may say more than was held: prices change. This much more is looked up first.
DOUBTFUL_TIMES: Final = 100
DOUBTFUL_FROM_NUSD: Final = 10 * NUSD
_COUNTS: Final = (
    "prompt_tokens", "completion_tokens", "cached_tokens", "reasoning_tokens", "image_tokens",
)  # fmt: skip


def believed(usage: Usage | None) -> Usage | None:
    """Take out what cannot be true."""
    if usage is None:
        return None
    wrong: dict[str, None] = {}
    cost = usage.cost_usd
    if cost is not None and not (cost.is_finite() and 0 <= cost <= MOST_USD):
        wrong["cost_usd"] = None
    for name in _COUNTS:
        if not 0 <= (getattr(usage, name) or 0) <= MOST_TOKENS:
            wrong[name] = None
    return usage.model_copy(update=wrong) if wrong else usage


def is_doubtful(cost_nusd: int, *, held_nusd: int) -> bool:
    """Say whether a cost is so far above what was held that the bill is asked for first."""
    return cost_nusd > DOUBTFUL_FROM_NUSD and cost_nusd > DOUBTFUL_TIMES * held_nusd
