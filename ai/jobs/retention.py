"""How long rows are kept, table by table. What is not named here is kept for good.

| rows                                        | kept                                     |
|---------------------------------------------|------------------------------------------|
| text and argument deltas of the feed        | 24 hours (the message itself stays)      |
| all other events                            | 90 days                                  |
| idempotency records                         | 24 hours                                 |
| raw answers in the ledger (the row stays)   | 30 days                                  |
| deleted projects, scenes, beats, entries, pictures | 30 days                           |
"""

from datetime import timedelta
from typing import Final

from django.utils import timezone

from ai.models import UpstreamCall
from canvas.workspaces import idempotency
from scenes.services import bin as recycle
from scenes.services import feed

DELTAS: Final = timedelta(hours=24)
EVENTS: Final = timedelta(days=90)
RAW: Final = timedelta(days=30)
AT_ONCE: Final = 500


def prune() -> None:
    """Delete what has been kept long enough."""
    now = timezone.now()
    feed.prune(deltas_before=now - DELTAS, events_before=now - EVENTS)
    raw = UpstreamCall.objects.filter(ended_at__lt=now - RAW).exclude(raw_text="")
    while keys := list(raw.values_list("pk", flat=True)[:AT_ONCE]):
        UpstreamCall.objects.filter(pk__in=keys).update(raw_text="")
    idempotency.prune()
    recycle.empty(before=now - timedelta(days=recycle.RESTORABLE_DAYS))
