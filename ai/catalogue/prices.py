"""Prices as the service writes them: dollars a unit, exact to the last digit.

`pricing` keeps the exact text. A column holds whole nano-dollars for a million tokens or a thousand
pieces; what does not fit in is rounded up, so that no hold is too small.
"""

import re
from decimal import ROUND_CEILING, Context, Decimal
from typing import Final

NUSD: Final = 10**9
TOKENS: Final = 10**6
PIECES: Final = 10**3
MOST_USD: Final = Decimal(1000)
"""Of one piece: whoever reads more has misread it, and no column could hold it."""
MOST_USD_A_TOKEN: Final = Decimal("0.01")
"""Many times the dearest there is: what is more is the price of a million of them."""
VARIES: Final = Decimal(-1)
"""What the service writes where the price depends on what is asked."""
COLUMNS: Final = {
    "prompt": ("prompt_nusd_per_m", TOKENS),
    "completion": ("completion_nusd_per_m", TOKENS),
    "image": ("image_nusd_per_k", PIECES),
    "request": ("request_nusd_per_k", PIECES),
    "image_output": ("image_output_nusd_per_k", PIECES),
}
KNOWN: Final = frozenset(
    {
        *COLUMNS, "image_token", "web_search", "internal_reasoning", "input_cache_read",
        "input_cache_write", "input_cache_write_1h", "audio", "audio_output", "input_audio_cache",
    }
)  # fmt: skip
OF_TOKENS: Final = frozenset(
    {
        "prompt", "completion", "image_token", "internal_reasoning", "input_cache_read",
        "input_cache_write", "input_cache_write_1h",
    }
)  # fmt: skip
NO_PRICES: Final = frozenset({"discount", "overrides"})
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?")
_EXACT: Final = Context(prec=200)
_SMALLEST: Final = -40


def read(value: object, *, unit: str = "") -> Decimal:
    """Read a price, of one `unit`; -1 is VARIES.

    Raises:
        ValueError: with the reason.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError(f"{shown(value)} is no price")  # noqa: TRY004 as the docstring says
    text = str(value).strip()
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{shown(value)} is no price")
    price = Decimal(text)
    if price == VARIES:
        return VARIES
    if price < 0:
        raise ValueError(f"{shown(value)} is below zero")
    most, of = (MOST_USD_A_TOKEN, "token") if unit in OF_TOKENS else (MOST_USD, "unit")
    if price > most:
        raise ValueError(f"{shown(value)} is more than {most} USD a {of}")
    if price and price.adjusted() < _SMALLEST:
        raise ValueError(f"{shown(value)} is too small to be meant")
    return price or Decimal(0)  # one way of writing nothing, without a sign


def exact(price: Decimal) -> str:
    """Write a price without an exponent or idle zeros."""
    text = format(price, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def nusd(price: Decimal, units: int) -> int:
    """Turn dollars a unit into whole nano-dollars for so many units, rounded up."""
    whole = _EXACT.multiply(price, Decimal(units * NUSD))
    return int(whole.to_integral_value(ROUND_CEILING))


def columns(pricing: dict[str, str], *, names: frozenset[str]) -> dict[str, int]:
    """Give the columns that exact prices fill, of those that a table has."""
    return {
        column: nusd(Decimal(pricing[unit]), units)
        for unit, (column, units) in COLUMNS.items()
        if unit in pricing and column in names
    }


def shown(value: object) -> str:
    """Quote what was read, cut to a length that a report can bear."""
    text = repr(str(value)) if isinstance(value, str | Decimal) else repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"  # noqa: PLR2004 a line's worth
