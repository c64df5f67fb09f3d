"""The rows of what fails: a model, or a model at one provider; changed by guarded UPDATEs."""

from datetime import timedelta
from typing import Any, Final

from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from ai.models import ModelHealth
from ai.openrouter.errors import OpenRouterError, RateLimitedError
from canvas.core.prepared import Select

OUTAGES_BEFORE_REST: Final = 3
FIRST_REST_S: Final = 8.0
LONGEST_REST_S: Final = 60.0
MOST_DOUBLINGS: Final = 10
MOST_COUNTED: Final = 1_000
LONGEST_ASKED_S: Final = 300.0  # one absurd Retry-After must not close a model for a day
PROBE_S: Final = 15.0  # a probe that says nothing for so long makes room for the next
LONGEST_REASON: Final = 300

_find: Final = Select(lambda slug: ModelHealth.objects.filter(slug=slug).order_by(), slug=str)


def rows_of(slug: str) -> dict[str, ModelHealth]:
    """Read a model's rows by provider; the model itself stands under the blank."""
    return {row.provider: row for row in _find.all(slug=slug)}


def try_again(slug: str, provider: str) -> bool:
    """Take the one try that there is after a rest, if the rest is over and nobody else has it.

    A rest that ends later than any may was written while the clock was ahead: it is over, too.
    """
    beyond = Now() + timedelta(seconds=LONGEST_ASKED_S)
    over = Q(closed_until__lte=Now()) | Q(closed_until__gt=beyond)
    probed = Now() + timedelta(seconds=PROBE_S)
    return bool(_rows(slug, provider).filter(over).update(closed_until=probed))


def left_s(row: ModelHealth) -> float:
    """Say how long a row still rests; at least a second."""
    if row.closed_until is None:
        return 0.0
    return max((row.closed_until - timezone.now()).total_seconds(), 1.0)


def failed(slug: str, provider: str, exc: OpenRouterError, *, is_probe: bool) -> None:
    """Count a failure once, however many calls were in flight with it, and close what failed."""
    row, _ = ModelHealth.objects.get_or_create(slug=slug, provider=provider)
    failures = min(row.failures + 1, MOST_COUNTED)
    closes = isinstance(exc, RateLimitedError) or is_probe or failures >= OUTAGES_BEFORE_REST
    rest_s = max(
        min(FIRST_REST_S * 2.0 ** min(failures - 1, MOST_DOUBLINGS), LONGEST_REST_S),
        min(exc.retry_after_s or 0.0, LONGEST_ASKED_S),
    )
    until = Now() + timedelta(seconds=rest_s) if closes else None
    # Who finds it closed was in flight when it closed: that failure has been counted.
    rows = _rows(slug, provider) if is_probe else _rows(slug, provider, closed_until=None)
    rows.filter(failures=row.failures).update(
        failures=failures, closed_until=until, reason=str(exc)[:LONGEST_REASON]
    )


def well(slug: str, provider: str) -> None:
    """Forget the failures: it has answered."""
    ill = Q(failures__gt=0) | Q(closed_until__isnull=False)
    _rows(slug, provider).filter(ill).update(failures=0, closed_until=None, reason="")


def _rows(slug: str, provider: str, **more: Any) -> Any:  # noqa: ANN401 lookups, and a queryset
    return ModelHealth.objects.filter(slug=slug, provider=provider, **more)
