"""How prices, abilities and policies of the catalogue are told: exact texts, None for unknown."""

from decimal import Decimal, InvalidOperation
from typing import Any, Final

from ai.catalogue import prices
from ai.catalogue.ratios import plain
from ai.models import CatalogueEndpoint, CatalogueEntry
from canvas.core.money import usd_text

# prices that nothing here is reckoned with: told as they were read
_AS_READ: Final = (
    "web_search",
    "internal_reasoning",
    "input_cache_read",
    "input_cache_write",
    "audio",
    "audio_output",
)


def pricing(row: CatalogueEntry | CatalogueEndpoint) -> dict[str, str | None]:
    """Give each price in exact USD: a token's, a picture's, a request's; and of many of them."""
    units = {name: _of_one(row, name) for name in prices.COLUMNS}
    read = {name: _text(_read(row, name)) for name in _AS_READ}
    return {
        **units,
        **read,
        "prompt_usd_per_m": usd_text(row.prompt_nusd_per_m),
        "completion_usd_per_m": usd_text(row.completion_nusd_per_m),
        "image_usd_per_k": usd_text(row.image_nusd_per_k),
        "image_output_usd_per_k": usd_text(getattr(row, "image_output_nusd_per_k", None)),
        "request_usd_per_k": usd_text(row.request_nusd_per_k),
    }


def can(row: CatalogueEntry, parameter: str) -> bool | None:
    """Say whether a model takes a parameter; None when none of its parameters is known."""
    known = row.supported_parameters
    return parameter in known if known else None


def data_policy(endpoint: CatalogueEndpoint) -> dict[str, bool | int | None]:
    """Say what becomes of data at an endpoint: its own word first, else its provider's."""
    provider = endpoint.provider
    names = ("trains", "retains_prompts", "retention_days")
    own = {name: getattr(endpoint, name) for name in names}
    others = {name: getattr(provider, name, None) for name in names}
    told = {name: others[name] if own[name] is None else own[name] for name in names}
    return {**told, "zdr": endpoint.is_zdr}


def _of_one(row: CatalogueEntry | CatalogueEndpoint, name: str) -> str | None:
    """Give the price of one unit: the text that was read, while it is what the column says.

    The column stands when they differ: it is what calls are reckoned with. Rounded up to whole
    nano-dollars, it may have fewer digits than the text.
    """
    column, units = prices.COLUMNS[name]
    read = _read(row, name)
    if not hasattr(row, column):
        return _text(read)
    nusd = getattr(row, column)
    if nusd is None:
        return None
    if read is not None and prices.nusd(read, units) == nusd:
        return _text(read)
    return plain(Decimal(nusd) / (units * prices.NUSD))


def _read(row: CatalogueEntry | CatalogueEndpoint, name: str) -> Decimal | None:
    found: Any = row.pricing.get(name)
    try:
        price = Decimal(found) if isinstance(found, str) else None
    except InvalidOperation:
        return None
    return price if price is not None and price.is_finite() and price >= 0 else None


def _text(price: Decimal | None) -> str | None:
    return None if price is None else plain(price)
