"""JSON as it comes from strangers: numbers exact, small sins forgiven.

Raw control characters inside a text are read, NaN and Infinity are nothing.
"""

import json
from decimal import Decimal
from typing import Any, Final


def _exact(digits: str) -> Decimal | None:
    """Read a fraction exactly; one with an absurd exponent is no number to us."""
    try:
        return Decimal(digits)
    except ArithmeticError:
        return None


_DECODER: Final = json.JSONDecoder(
    parse_float=_exact, parse_constant=lambda _name: None, strict=False
)
_PLAIN_DECODER: Final = json.JSONDecoder(parse_constant=lambda _name: None, strict=False)
_BOM: Final = "\ufeff"
_DEEPEST: Final = 100


def parse(text: str, *, exact: bool = True) -> Any:  # noqa: ANN401 - the JSON edge
    """Return the one JSON value in `text`; NaN and Infinity become None.

    Args:
        text: one JSON value, perhaps behind a byte order mark.
        exact: fractions become Decimal, as money needs it; else float, as most storage needs it.

    Raises:
        ValueError: not JSON, more than one value, or nested too deeply to be read.
    """
    try:
        value = (_DECODER if exact else _PLAIN_DECODER).decode(text.lstrip(_BOM))
    except json.JSONDecodeError as exc:
        exc.doc = ""  # else whoever keeps the exception keeps all that was said
        raise
    except RecursionError as exc:
        raise ValueError("nested too deeply") from exc
    if text.count("[") + text.count("{") > _DEEPEST:
        _refuse_depth(value)
    return value


def parse_run(text: str) -> list[Any]:
    """Return all JSON values that stand in `text` one after the other.

    Raises:
        ValueError: something between or behind them is not JSON.
    """
    values: list[Any] = []
    rest = text.strip()
    while rest:
        try:
            value, end = _DECODER.raw_decode(rest)
        except RecursionError as exc:
            raise ValueError("nested too deeply") from exc
        values.append(value)
        rest = rest[end:].lstrip()
    return values


def _refuse_depth(value: object) -> None:
    """Raise for a value that would exhaust the stack of whoever walks through it."""
    level = [value]
    for _depth in range(_DEEPEST):
        nested = [item for item in level if isinstance(item, dict | list)]
        level = [
            inner
            for item in nested
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return
    raise ValueError("nested too deeply")


def dump(value: object) -> str:
    """Return compact JSON text, keys in their order, characters outside ASCII as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_number)


def _number(value: object) -> float | None:
    """Write an exact number as the nearest double; one beyond all doubles as null."""
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} is not JSON")
    double = float(value)
    return double if abs(double) != float("inf") else None
