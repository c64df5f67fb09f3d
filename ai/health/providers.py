"""Providers by the names that replies and errors give them, and who serves a model."""

from functools import reduce
from operator import or_

from django.db.models import Q

from ai.models import CatalogueEndpoint, CatalogueProvider

_NAMES = ("slug", "name", "display_name")


def slug_of(name: str | None) -> str:
    """Find the slug of a provider by any of its names; blank when the catalogue knows none."""
    if not name:
        return ""
    named = reduce(or_, (Q(**{f"{column}__iexact": name}) for column in _NAMES))
    found = CatalogueProvider.objects.filter(named).order_by("slug")
    return found.values_list("slug", flat=True).first() or ""


def live_of(entry_slug: str) -> set[str]:
    """Name the providers that serve a model now, as far as the catalogue knows."""
    rows = CatalogueEndpoint.objects.filter(
        entry_id=entry_slug, gone_at=None, provider__isnull=False, provider__gone_at=None
    )
    return set(rows.exclude(is_disabled=True).values_list("provider_id", flat=True))
