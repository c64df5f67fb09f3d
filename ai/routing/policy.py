"""Which providers of a model keep prompts or learn from them, as far as the catalogue knows."""

from collections.abc import Collection, Iterable, Mapping
from itertools import groupby
from operator import attrgetter

from ai.models import CatalogueEndpoint
from ai.routing.preferences import Preferences


def endpoints_of(slugs: Collection[str]) -> Mapping[str, list[CatalogueEndpoint]]:
    """List the living endpoints of some models, each with its provider, in one statement."""
    rows = CatalogueEndpoint.objects.filter(
        entry_id__in=slugs, gone_at=None, provider__isnull=False
    ).exclude(is_disabled=True)
    found = rows.select_related("provider").order_by("entry_id", "key")
    return {slug: list(group) for slug, group in groupby(found, key=attrgetter("entry_id"))}


def protected(wishes: Preferences, endpoints: Iterable[CatalogueEndpoint]) -> Preferences | None:
    """Leave out the providers that are known to do what is not wanted; None if none is left.

    The service filters by its own knowledge as well; what is not known here is left to it.
    """
    rows = list(endpoints)
    bad = [row for row in rows if _breaks(wishes, row)]
    if not bad:
        return wishes
    if len(bad) == len(rows):
        return None
    good = {row.provider_id for row in rows if row not in bad}
    names = [
        row.tag if row.provider_id in good else str(row.provider_id)
        for row in bad
        if row.tag or row.provider_id not in good
    ]
    return wishes.ignoring(dict.fromkeys(names))


def _breaks(wishes: Preferences, row: CatalogueEndpoint) -> bool:
    """Say whether an endpoint is known to train, or to keep; its own word before its provider's."""
    provider = row.provider
    trains = row.trains if row.trains is not None or provider is None else provider.trains
    keeps = (
        row.retains_prompts
        if row.retains_prompts is not None or provider is None
        else provider.retains_prompts
    )
    if wishes.data_collection == "deny" and trains is True:
        return True
    return wishes.zdr is True and (row.is_zdr is False or (row.is_zdr is None and keeps is True))
