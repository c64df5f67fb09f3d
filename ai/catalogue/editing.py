"""What editors write in the catalogue by hand: other names of models, and the scale of prices."""

from django.db import transaction

from ai.models import CatalogueAlias, CatalogueEntry, PriceTier
from canvas.core.errors import Fault, Invalid

BY_HAND = "Set by hand."


@transaction.atomic
def save_alias(*, row: CatalogueAlias) -> CatalogueAlias:
    """Keep another name of a model; a sync leaves it alone from now on.

    Raises:
        Invalid: the name is a model's own id, or leads to no model.
    """
    check_alias(alias=row.alias, slug=row.slug)
    row.note = row.note or BY_HAND
    row.save()
    return row


def check_alias(*, alias: str, slug: str) -> None:
    """Refuse a name that would hide a model or leads nowhere.

    Raises:
        Invalid: with a fault at `/alias` or `/slug`.
    """
    known = set(
        CatalogueEntry.objects.filter(slug__in=[alias, slug]).values_list("slug", flat=True)
    )
    faults = []
    if alias in known and not alias.startswith("~"):
        faults.append(Fault("/alias", "alias-is-a-model", f"{alias} is a model of its own."))
    if slug not in known:
        faults.append(Fault("/slug", "unknown-model", f"The catalogue has no model {slug}."))
    if faults:
        raise Invalid(faults[0].detail, code=faults[0].code, faults=faults)


@transaction.atomic
def remove_alias(*, row: CatalogueAlias) -> None:
    """Forget another name of a model; a list that tells it brings it back."""
    row.delete()


@transaction.atomic
def save_tier(*, row: PriceTier) -> PriceTier:
    """Keep a step of the scale.

    Raises:
        Invalid: another step ends at the same price.
    """
    check_tier(key=row.key, most_nusd_per_m=row.most_nusd_per_m)
    row.save()
    return row


def check_tier(*, key: str, most_nusd_per_m: int | None) -> None:
    """Refuse a step that nothing could ever be in.

    Raises:
        Invalid: with a fault at `/mostNusdPerM`.
    """
    others = PriceTier.objects.exclude(key=key).filter(most_nusd_per_m=most_nusd_per_m)
    other = others.first()
    if other is not None:
        detail = f"{other.name} ends at the same price: one of the two would stay empty."
        fault = Fault("/mostNusdPerM", "tier-taken", detail)
        raise Invalid(detail, code="tier-taken", faults=[fault])


@transaction.atomic
def remove_tier(*, row: PriceTier) -> None:
    """Take a step out of the scale; its models belong to the next one."""
    row.delete()
