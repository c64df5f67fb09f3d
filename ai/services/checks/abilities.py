"""What a model can do and costs, by our catalogue or by the service's own list."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from ai.ledger.prices import MILLION, NUSD
from ai.models import CatalogueEntry

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ability:
    """One model; None is "not told"."""

    slug: str
    inputs: frozenset[str]
    outputs: frozenset[str]
    parameters: frozenset[str]
    max_output_tokens: int | None
    prompt_usd: Decimal | None
    """Of one token."""
    completion_usd: Decimal | None
    expires_on: str | None
    """The first day on which it is gone, as `2026-12-31`."""

    @property
    def token_usd(self) -> Decimal | None:
        """Return what a token costs on the way there and back."""
        if self.prompt_usd is None or self.completion_usd is None:
            return None
        return self.prompt_usd + self.completion_usd


def of_catalogue(entry: CatalogueEntry) -> Ability:
    """Read an entry of our catalogue."""
    return Ability(
        slug=entry.slug,
        inputs=frozenset(entry.input_modalities),
        outputs=frozenset(entry.output_modalities),
        parameters=frozenset(entry.supported_parameters),
        max_output_tokens=entry.max_output_tokens,
        prompt_usd=_usd(entry.prompt_nusd_per_m),
        completion_usd=_usd(entry.completion_nusd_per_m),
        expires_on=_end_of(entry),
    )


def of_wire(row: Json) -> Ability:
    """Read an entry of GET /models; what is missing or odd is not told."""
    shape, pricing = _object(row.get("architecture")), _object(row.get("pricing"))
    most = _object(row.get("top_provider")).get("max_completion_tokens")
    return Ability(
        slug=str(row.get("id", "")),
        inputs=_names(shape.get("input_modalities")),
        outputs=_names(shape.get("output_modalities")),
        parameters=_names(row.get("supported_parameters")),
        max_output_tokens=most if isinstance(most, int) else None,
        prompt_usd=price_of(pricing.get("prompt")),
        completion_usd=price_of(pricing.get("completion")),
        expires_on=_text(row.get("expiration_date")),
    )


def price_of(value: object) -> Decimal | None:
    """Read a price; a negative one stands for "it depends" and is not told."""
    try:
        price = Decimal(str(value))
    except InvalidOperation:
        return None
    return price if price.is_finite() and price >= 0 else None


def _end_of(entry: CatalogueEntry) -> str | None:
    """Give the day from which a model is not listed any more, or its announced end."""
    end = entry.gone_at or entry.expires_at
    return end.date().isoformat() if end else _text(entry.wire.get("expiration_date"))


def _usd(nusd_per_m: int | None) -> Decimal | None:
    return None if nusd_per_m is None else Decimal(nusd_per_m) / (NUSD * MILLION)


def _text(value: object) -> str | None:
    return value[:10] if isinstance(value, str) and value else None


def _object(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _names(value: object) -> frozenset[str]:
    return frozenset(map(str, value)) if isinstance(value, list) else frozenset()
