"""Reads of the catalogue: models and providers by what they can, cost and do with data.

The catalogue belongs to no workspace: everybody reads the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from django.db.models import (
    BigIntegerField,
    Count,
    Exists,
    Expression,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Coalesce

from ai.catalogue import tiers
from ai.models import CatalogueEndpoint, CatalogueEntry, CatalogueProvider, PriceTier

LARGEST: Final = 2**63 - 1
SMALLEST: Final = -1
ABILITIES: Final = {
    "tools": "can:tools",
    "structuredOutput": "can:structured_outputs",
    "reasoning": "can:reasoning",
}


@dataclass(frozen=True, slots=True)
class DataPolicy:
    """What providers may do with what they are sent; None asks nothing.

    Only what is known counts: a provider of unknown policy is neither one that trains nor one that
    does not.
    """

    trains: bool | None = None
    retains: bool | None = None
    zdr: bool | None = None

    def of_endpoints(self) -> Q:
        """Match endpoints; what an endpoint does not say is its provider's."""
        found = Q()
        for name, wanted in (("trains", self.trains), ("retains_prompts", self.retains)):
            if wanted is not None:
                of_provider = Q(**{f"{name}__isnull": True, f"provider__{name}": wanted})
                found &= Q(**{name: wanted}) | of_provider
        return found if self.zdr is None else found & Q(is_zdr=self.zdr)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What models are looked for; what is None or empty narrows nothing."""

    modalities: Sequence[str] = ()
    inputs: Sequence[str] = ()
    outputs: Sequence[str] = ()
    parameters: Sequence[str] = ()
    abilities: dict[str, bool] = field(default_factory=dict)
    context_at_least: int | None = None
    tier: str | None = None
    free: bool | None = None
    provider: str = ""
    author: str = ""
    policy: DataPolicy = DataPolicy()
    gone: bool = False
    search: str = ""


def list_models(
    *, wanted: Wanted, scale: Sequence[PriceTier], falling: bool = False
) -> QuerySet[CatalogueEntry]:
    """Models of the catalogue that have everything that is wanted.

    `id`, `price` and `context` are there to order by; `falling` says that the order will be, so
    that a model whose figure is unknown comes last both ways.
    """
    rows = CatalogueEntry.objects.defer("wire").filter(gone_at__isnull=not wanted.gone)
    rows = _able(rows, wanted)
    if wanted.context_at_least is not None:
        rows = rows.filter(context_length__gte=wanted.context_at_least)
    if wanted.free is not None:
        rows = rows.filter(tiers.costs_nothing() if wanted.free else tiers.costs_something())
    if wanted.tier is not None:
        rows = tiers.in_tier(rows, wanted.tier, scale)
    if wanted.author:
        rows = rows.filter(author=wanted.author)
    if wanted.search:
        rows = rows.filter(Q(slug__icontains=wanted.search) | Q(name__icontains=wanted.search))
    return _orderable(_served(rows, wanted), SMALLEST if falling else LARGEST)


def list_providers(
    *, policy: DataPolicy, gone: bool = False, search: str = ""
) -> QuerySet[CatalogueProvider]:
    """Providers by their own policy, with `model_count` and `zdr_model_count` of what they serve.

    `zdr` asks for a provider that serves at least one model without retention, or for one all of
    whose endpoints are known not to.
    """
    rows = CatalogueProvider.objects.defer("wire").filter(gone_at__isnull=not gone)
    for name, value in (("trains", policy.trains), ("retains_prompts", policy.retains)):
        if value is not None:
            rows = rows.filter(**{name: value})
    if search:
        rows = rows.filter(
            Q(slug__icontains=search)
            | Q(name__icontains=search)
            | Q(display_name__icontains=search)
        )
    if policy.zdr is not None:
        rows = _with_zdr(rows, wanted=policy.zdr)
    live = Q(endpoints__gone_at=None) & ~Q(endpoints__is_disabled=True)
    models = Count("endpoints__entry", filter=live, distinct=True)
    zdr = Count("endpoints__entry", filter=live & Q(endpoints__is_zdr=True), distinct=True)
    return rows.annotate(model_count=models, zdr_model_count=zdr)


def live_endpoints() -> QuerySet[CatalogueEndpoint]:
    """Endpoints that can be asked now."""
    return CatalogueEndpoint.objects.filter(gone_at=None).exclude(is_disabled=True)


def _able(rows: QuerySet[CatalogueEntry], wanted: Wanted) -> QuerySet[CatalogueEntry]:
    words = [f"in:{name}" for name in wanted.inputs]
    words += [f"out:{name}" for name in wanted.outputs]
    words += [f"can:{name}" for name in wanted.parameters]
    for name, has in wanted.abilities.items():
        if has:
            words.append(ABILITIES[name])
        else:  # of a model none of whose parameters are known, nobody knows what it lacks
            rows = rows.filter(~_has(ABILITIES[name]), abilities__contains=" can:")
    for word in words:
        rows = rows.filter(_has(word))
    for name in wanted.modalities:
        rows = rows.filter(_has(f"in:{name}") | _has(f"out:{name}"))
    return rows


def _has(word: str) -> Q:
    return Q(abilities__contains=f" {word} ")


def _served(rows: QuerySet[CatalogueEntry], wanted: Wanted) -> QuerySet[CatalogueEntry]:
    """Narrow to models that one endpoint serves as wanted, provider and policy together."""
    condition = wanted.policy.of_endpoints()
    if wanted.provider:
        condition &= Q(provider=wanted.provider)
    if not condition:
        return rows
    return rows.filter(Exists(live_endpoints().filter(condition, entry=OuterRef("pk"))))


def _with_zdr(rows: QuerySet[CatalogueProvider], *, wanted: bool) -> QuerySet[CatalogueProvider]:
    own = live_endpoints().filter(provider=OuterRef("pk"))
    if wanted:
        return rows.filter(Exists(own.filter(is_zdr=True)))
    undecided = own.filter(Q(is_zdr=True) | Q(is_zdr=None))
    return rows.filter(Exists(own), ~Exists(undecided))


def _orderable(rows: QuerySet[CatalogueEntry], unknown: int) -> QuerySet[CatalogueEntry]:
    """Add what pages are ordered by: no column of an order may be null."""
    return rows.annotate(
        id=F("pk"),
        price=_known(tiers.mix(), unknown),
        context=_known(F("context_length"), unknown),
    )


def _known(expression: Expression | F, otherwise: int) -> Coalesce:
    return Coalesce(expression, Value(otherwise), output_field=BigIntegerField())
