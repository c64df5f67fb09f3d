"""What a check found: one line of the report."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Verdict(StrEnum):
    """How a check ended; only `FAILED` makes the whole fail."""

    OK = "ok"
    NOTE = "note"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    verdict: Verdict
    detail: str
    spent_usd: Decimal | None = None
    """By the whole run so far; None where nothing is ever spent."""


Tell = Callable[[Finding], None]


class CheckFailedError(Exception):
    """The service answered, but not with what has to be there."""
