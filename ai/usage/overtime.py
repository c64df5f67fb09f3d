"""Cost over time: days, or months of a long period, by the dearest models and the others."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from django.db.models import Case, CharField, F, Q, Sum, Value, When
from django.db.models.functions import Coalesce, Left

from ai.usage.lines import Lines

OTHERS: Final = "other models"
LONGEST_DAYS: Final = 120  # beyond it a bar is a month
Bar = tuple[str, dict[str, tuple[int, int]]]
"""A day or a month, and (paid, simulated) nano-dollars of each series."""


def bars(lines: Lines, top: Sequence[str]) -> list[Bar]:
    """Sum days, or months of a long period, by the dearest models and the others; no gaps."""
    length = 10 if _days(lines) <= LONGEST_DAYS else 7
    rows = (
        lines.rows()
        .annotate(bar=Left("day", length), series=_series(top))
        .values("bar", "series")
        .annotate(
            known=Coalesce(Sum("cost_nusd"), 0),
            simulated_part=Coalesce(Sum("cost_nusd", filter=Q(simulated=True)), 0),
        )
    )
    found: dict[str, dict[str, tuple[int, int]]] = {name: {} for name in _names(lines, length)}
    for row in rows:
        known, simulated = int(row["known"]), int(row["simulated_part"])
        found.setdefault(row["bar"], {})[row["series"]] = (known - simulated, simulated)
    return sorted(found.items())


def _series(top: Sequence[str]) -> Case:
    return Case(
        When(model_slug__in=list(top), then=F("model_slug")),
        default=Value(OTHERS),
        output_field=CharField(),
    )


def _days(lines: Lines) -> int:
    first, last = _ends(lines)
    return (last - first).days + 1


def _names(lines: Lines, length: int) -> list[str]:
    first, _ = _ends(lines)
    days = (first + timedelta(days=number) for number in range(_days(lines)))
    return list(dict.fromkeys(day.isoformat()[:length] for day in days))


def _ends(lines: Lines) -> tuple[date, date]:
    assert lines.first_day is not None and lines.last_day is not None  # noqa: S101, PT018 the page has both
    return date.fromisoformat(lines.first_day), date.fromisoformat(lines.last_day)
