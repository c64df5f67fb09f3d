"""What a model costs, in one word: by the mix of three tokens read to one written.

The scale is data (`PriceTier`). All sums are in whole nano-dollars; the mix is kept as four times
its value, so that nothing is divided and no price falls between two tiers.
"""

from collections.abc import Sequence
from typing import Final

from django.db.models import BigIntegerField, Expression, ExpressionWrapper, F, Q, QuerySet

from ai.models import CatalogueEntry, PriceTier

READ_PARTS: Final = 3
PARTS: Final = READ_PARTS + 1
# Every price that a model may have: what is free costs nothing in any of them.
PRICES: Final = (
    "prompt_nusd_per_m",
    "completion_nusd_per_m",
    "image_nusd_per_k",
    "image_output_nusd_per_k",
    "request_nusd_per_k",
)


def list_tiers() -> list[PriceTier]:
    """Give the scale, from the cheapest."""
    return sorted(PriceTier.objects.all(), key=_end)


def mix() -> Expression:
    """Give what a model's tier and place are decided by, in SQL; null while a price is unknown."""
    sum_of_parts = READ_PARTS * F("prompt_nusd_per_m") + F("completion_nusd_per_m")
    return ExpressionWrapper(sum_of_parts, output_field=BigIntegerField())


def tier_of(entry: CatalogueEntry, scale: Sequence[PriceTier]) -> PriceTier | None:
    """Give the first tier that the model's price does not pass; None while a price is unknown."""
    read, written = entry.prompt_nusd_per_m, entry.completion_nusd_per_m
    if read is None or written is None:
        return None
    price = READ_PARTS * read + written
    for tier in scale:
        if tier.most_nusd_per_m is None or price <= tier.most_nusd_per_m * PARTS:
            return tier
    return None


def in_tier(
    rows: QuerySet[CatalogueEntry], key: str, scale: Sequence[PriceTier]
) -> QuerySet[CatalogueEntry]:
    """Narrow models to one tier. Those whose price is unknown are in none."""
    keys = [tier.key for tier in scale]
    place = keys.index(key)
    rows = rows.alias(mix=mix()).filter(mix__isnull=False)
    most = scale[place].most_nusd_per_m
    if most is not None:
        rows = rows.filter(mix__lte=most * PARTS)
    if place == 0:
        return rows
    before = scale[place - 1].most_nusd_per_m
    return rows.none() if before is None else rows.filter(mix__gt=before * PARTS)


def is_free(entry: CatalogueEntry) -> bool | None:
    """Say whether a model costs nothing; None when too little of its price is known."""
    known = [getattr(entry, name) for name in PRICES]
    if any(known):
        return False
    tokens = (entry.prompt_nusd_per_m, entry.completion_nusd_per_m)
    return True if tokens == (0, 0) else None


def costs_something() -> Q:
    """Match models of which at least one price is known and above zero."""
    found = Q()
    for name in PRICES:
        found |= Q(**{f"{name}__gt": 0})
    return found


def costs_nothing() -> Q:
    """Match models whose tokens are free and none of whose other prices is known and above zero."""
    found = Q(prompt_nusd_per_m=0, completion_nusd_per_m=0)
    for name in PRICES[2:]:
        found &= Q(**{name: 0}) | Q(**{f"{name}__isnull": True})
    return found


def _end(tier: PriceTier) -> tuple[bool, int, int]:
    return (tier.most_nusd_per_m is None, tier.most_nusd_per_m or 0, tier.order)
