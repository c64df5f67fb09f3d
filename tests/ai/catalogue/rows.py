"""Rows of the catalogue for tests: plain functions; whatever is not said is unknown."""

import itertools
from typing import Any

from ai.catalogue.abilities import line
from ai.models import CatalogueEndpoint, CatalogueEntry, CatalogueProvider, PriceTier

USD = 1_000_000_000
SCALE = {"free": 0, "very-low": 0.2, "low": 1, "medium": 5, "high": None}
_number = itertools.count(1)


def make_model(
    slug: str,
    *,
    inputs: tuple[str, ...] = ("text",),
    outputs: tuple[str, ...] = ("text",),
    can: tuple[str, ...] = (),
    **over: Any,
) -> CatalogueEntry:
    values = {"name": slug.partition("/")[2], "author": slug.partition("/")[0], **over}
    return CatalogueEntry.objects.create(
        slug=slug,
        input_modalities=list(inputs),
        output_modalities=list(outputs),
        supported_parameters=list(can),
        abilities=line(inputs, outputs, can),
        **values,
    )


def priced(prompt: float | None, completion: float | None, **others: float) -> dict[str, Any]:
    """Give columns of prices, in dollars; others by the name of their column."""
    found = {"prompt_nusd_per_m": prompt, "completion_nusd_per_m": completion, **others}
    return {name: None if usd is None else round(usd * USD) for name, usd in found.items()}


def make_provider(slug: str, **over: Any) -> CatalogueProvider:
    return CatalogueProvider.objects.create(slug=slug, **{"name": slug.title(), **over})


def make_endpoint(
    entry: CatalogueEntry, provider: CatalogueProvider | None, **over: Any
) -> CatalogueEndpoint:
    values = {"key": f"endpoint-{next(_number)}", **over}
    return CatalogueEndpoint.objects.create(entry=entry, provider=provider, **values)


def make_scale() -> None:
    """Put a scale of tiers in the place of the shipped one."""
    PriceTier.objects.all().delete()
    for order, (key, usd) in enumerate(SCALE.items()):
        most = None if usd is None else round(usd * USD)
        PriceTier.objects.create(key=key, name=key, order=order, most_nusd_per_m=most)


def empty_catalogue() -> None:
    """Take the shipped rows out, for a test that counts rows."""
    CatalogueEntry.objects.all().delete()
    CatalogueProvider.objects.all().delete()
