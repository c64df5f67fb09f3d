"""Letting a model that fails rest, for all workers at once; then one call at a time tries it.

A rate limit closes a model at once, an outage the third time in a row. Each rest is twice the one
before, at least what the service asked for. Whoever comes meanwhile waits without a call.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from ai.models import ModelHealth
from ai.openrouter.errors import (
    OpenRouterError,
    RateLimitedError,
    StoppedError,
    UnavailableError,
)
from canvas.core.prepared import Select

OUTAGES_BEFORE_REST: Final = 3
FIRST_REST_S: Final = 8.0
LONGEST_REST_S: Final = 60.0
MOST_DOUBLINGS: Final = 10
MOST_COUNTED: Final = 1_000
LONGEST_ASKED_S: Final = 300.0  # one absurd Retry-After must not close a model for a day
PROBE_S: Final = 15.0  # a probe that says nothing for so long makes room for the next

_find: Final = Select(
    lambda slug: ModelHealth.objects.filter(slug=slug, provider="").order_by(), slug=str
)


@contextmanager
def watched(slug: str) -> Iterator[None]:
    """Ask a model inside the block, unless it rests, and keep how it went.

    Raises:
        UnavailableError: it rests; nothing was sent.
    """
    is_ill, is_probe = _admit(slug)
    try:
        yield
    except OpenRouterError as exc:
        if isinstance(exc, StoppedError) and exc.reason in {"cancelled", "lease-lost", "shutdown"}:
            raise  # says nothing about the model
        if isinstance(exc, RateLimitedError | UnavailableError | StoppedError):
            _failed(slug, exc, is_probe=is_probe)
        elif is_ill:
            _well(slug)
        raise
    if is_ill:
        _well(slug)


def _admit(slug: str) -> tuple[bool, bool]:
    """Say whether the model has failed lately, and whether this call is the one that tries it."""
    row = _find.first(slug=slug)
    if row is None or row.closed_until is None:
        return row is not None and row.failures > 0, False
    over = _rows(slug, closed_until__lte=Now())
    if over.update(closed_until=Now() + timedelta(seconds=PROBE_S)):
        return True, True
    left_s = max((row.closed_until - timezone.now()).total_seconds(), 1.0)
    raise UnavailableError(f"{slug} rests", retry_after_s=left_s, never_sent=True)


def _failed(slug: str, exc: OpenRouterError, *, is_probe: bool) -> None:
    """Count a failure once, however many calls were in flight with it, and close the model."""
    row, _ = ModelHealth.objects.get_or_create(slug=slug, provider="")
    failures = min(row.failures + 1, MOST_COUNTED)
    closes = isinstance(exc, RateLimitedError) or is_probe or failures >= OUTAGES_BEFORE_REST
    rest_s = max(
        min(FIRST_REST_S * 2.0 ** min(failures - 1, MOST_DOUBLINGS), LONGEST_REST_S),
        min(exc.retry_after_s or 0.0, LONGEST_ASKED_S),
    )
    until = Now() + timedelta(seconds=rest_s) if closes else None
    # Who finds it closed was in flight when it closed: that failure has been counted.
    rows = _rows(slug) if is_probe else _rows(slug).filter(closed_until=None)
    rows.filter(failures=row.failures).update(failures=failures, closed_until=until)


def _well(slug: str) -> None:
    _rows(slug).filter(Q(failures__gt=0) | Q(closed_until__isnull=False)).update(
        failures=0, closed_until=None
    )


def _rows(slug: str, **more: Any) -> Any:  # noqa: ANN401 lookups, and a queryset
    return ModelHealth.objects.filter(slug=slug, provider="", **more)
