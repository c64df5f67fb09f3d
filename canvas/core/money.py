"""Money on the wire: integer nano-dollars in tables, decimal strings outside."""

from decimal import Decimal
from typing import Final

DIGITS: Final = 9


def usd_text(nusd: int | None) -> str | None:
    """Write nano-dollars as USD without an exponent or idle zeros; None stays None (unknown)."""
    if nusd is None:
        return None
    text = format(Decimal(nusd).scaleb(-DIGITS), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
