"""Two figures against each other: an exact ratio, and the words for it. None is unknown.

Source: the pricing notes of the product, which say "16.7x more expensive" for a price that is 16.7
times another, "7.5x cheaper" for one that is a 7.5th, and "0.67x" for what lies between.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Final

PRECISION: Final = 50
SHOWN: Final = Decimal("0.000001")  # six digits behind the point, on the wire
ONE: Final = Decimal(1)
HALF: Final = Decimal("0.5")
TWO: Final = Decimal(2)
_TENTHS: Final = Decimal("0.1")
_HUNDREDTHS: Final = Decimal("0.01")
UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class Ratio:
    """One figure of a model against the baseline's. `words` say it as people do.

    `ratio` is None when a figure is unknown, or when the baseline's is 0.
    """

    ours: Decimal | None
    baseline: Decimal | None
    ratio: Decimal | None
    words: str


def of_prices(ours: Decimal | None, baseline: Decimal | None) -> Ratio:
    """Compare two prices of the same unit."""
    ratio = _divide(ours, baseline)
    return Ratio(ours, baseline, ratio, _price_words(ours, baseline, ratio))


def of_sizes(ours: Decimal | None, baseline: Decimal | None) -> Ratio:
    """Compare two sizes, such as context lengths."""
    ratio = _divide(ours, baseline)
    return Ratio(ours, baseline, ratio, _size_words(ratio))


def rounded(ratio: Decimal) -> str:
    """Round as the notes do: tenths from 2 on, hundredths below; no idle zeros."""
    step = _TENTHS if ratio >= TWO else _HUNDREDTHS
    return plain(ratio.quantize(step, ROUND_HALF_UP))


def shown(ratio: Decimal) -> str:
    """Write a ratio with at most six digits behind the point; a small one keeps what it has."""
    cut = ratio.quantize(SHOWN, ROUND_HALF_UP)
    return plain(cut if cut or not ratio else Decimal(f"{ratio:.6g}"))


def plain(number: Decimal) -> str:
    """Write a number without an exponent or idle zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _divide(ours: Decimal | None, baseline: Decimal | None) -> Decimal | None:
    if ours is None or not baseline:
        return None
    with localcontext(prec=PRECISION):
        return ours / baseline


def _near(ratio: Decimal) -> str:
    if ratio == ONE:
        return "the same"
    return "about the same" if rounded(ratio) == "1" else ""


def _size_words(ratio: Decimal | None) -> str:
    return UNKNOWN if ratio is None else _near(ratio) or f"{rounded(ratio)}x"


def _price_words(ours: Decimal | None, baseline: Decimal | None, ratio: Decimal | None) -> str:
    if ours is None or baseline is None:
        return UNKNOWN
    if ratio is None:
        return "not free, as the baseline is" if ours else "free, as the baseline is"
    if not ratio:
        return "free"
    if near := _near(ratio):
        return f"{near} price"
    if ratio > ONE:
        return f"{rounded(ratio)}x more expensive"
    return f"{rounded(ONE / ratio)}x cheaper" if ratio <= HALF else f"{rounded(ratio)}x the price"
