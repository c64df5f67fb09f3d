"""How long the service asked us to wait, if it said anything believable."""

import math
import time
from collections.abc import Mapping
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, Final

_DAY_S: Final = 24 * 60 * 60.0
MAX_WAIT_S: Final = _DAY_S
_MILLISECONDS_FROM: Final = 1e11  # as seconds this is the year 5138


def wait_s(
    *,
    availability: Mapping[str, Any],
    headers: Mapping[str, str],
    error_headers: Mapping[str, Any],
    now_s: float | None = None,
) -> float | None:
    """Return the seconds to wait, 0 to 24 hours, or None when nothing usable was said.

    In order: `availability.retry_after`, the Retry-After header, then what the error quotes of the
    provider's headers, then X-RateLimit-Reset. What is negative, endless or absurd is not believed,
    and the next source is asked.

    Args:
        availability: the error's `availability` object, perhaps empty.
        headers: of the HTTP answer.
        error_headers: `metadata.headers` of the error, perhaps empty.
        now_s: seconds since 1970; None is the clock.
    """
    now_s = time.time() if now_s is None else now_s
    http = {name.lower(): value for name, value in headers.items()}
    quoted = {str(name).lower(): value for name, value in error_headers.items()}
    waits = (
        _seconds(availability.get("retry_after")),
        _retry_after(http.get("retry-after"), now_s),
        _retry_after(quoted.get("retry-after"), now_s),
        _reset(quoted.get("x-ratelimit-reset"), now_s),
        _reset(http.get("x-ratelimit-reset"), now_s),
    )
    return next((wait for wait in waits if wait is not None), None)


def until_midnight_s(now_s: float | None = None) -> float:
    """Return the seconds to the next 00:00 UTC, when the free requests of the day come back."""
    now_s = time.time() if now_s is None else now_s
    return _DAY_S - now_s % _DAY_S


def _seconds(value: object) -> float | None:
    number = _number(value)
    return number if number is not None and 0 <= number <= MAX_WAIT_S else None


def _retry_after(value: object, now_s: float) -> float | None:
    """Read Retry-After: seconds, or the date of the end; a date gone by is no wait at all."""
    if _number(value) is not None or not isinstance(value, str):
        return _seconds(value)
    try:
        until_s = parsedate_to_datetime(value).timestamp()
    except (ValueError, OverflowError):
        return None
    return _until(until_s, now_s)


def _reset(value: object, now_s: float) -> float | None:
    """Read X-RateLimit-Reset: milliseconds since 1970 by the documentation, seconds elsewhere."""
    number = _number(value)
    if number is None or number <= 0:
        return None
    return _until(number / 1_000 if number >= _MILLISECONDS_FROM else number, now_s)


def _until(moment_s: float, now_s: float) -> float | None:
    wait = max(0.0, moment_s - now_s)
    return wait if wait <= MAX_WAIT_S else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
