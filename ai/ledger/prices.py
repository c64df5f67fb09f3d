"""From prices to nano-dollars. Money is integers in tables and Decimal in Python, never float."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from ai.models import CatalogueEntry

NUSD: Final = 1_000_000_000
MILLION: Final = 1_000_000
# Held for a call whose model has no price yet, so that it cannot slip past a budget: 0.25 USD.
UNKNOWN_PRICE_HOLD_NUSD: Final = 250_000_000


def nusd_of(usd: Decimal) -> int:
    """Turn dollars into whole nano-dollars, halves up."""
    return int((usd * NUSD).to_integral_value(ROUND_HALF_UP))


def tokens_of(text: str) -> int:
    """Estimate the tokens of a text, on the safe side: 3 ASCII characters or 1 other a token."""
    others = len(text) - len(text.encode("ascii", "ignore"))
    return others + (len(text) - others) // 3 + 1


def worst_case_nusd(
    entry: CatalogueEntry | None, *, prompt_tokens: int, max_tokens: int, images: int = 0
) -> int:
    """Say what a call costs at most, in nano-dollars, rounded up.

    An unknown price holds UNKNOWN_PRICE_HOLD_NUSD.
    """
    if entry is None or entry.prompt_nusd_per_m is None or entry.completion_nusd_per_m is None:
        return UNKNOWN_PRICE_HOLD_NUSD
    tokens = prompt_tokens * entry.prompt_nusd_per_m + max_tokens * entry.completion_nusd_per_m
    pictures = images * (entry.image_nusd_per_k or 0)
    requests = entry.request_nusd_per_k or 0
    return -(-tokens // MILLION) - (-(pictures + requests) // 1000)
