"""Which lines of the ledger are meant, and what counts as a failure."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet

from ai.models import CallStatus, UpstreamCall

_OURS: Final = ("internal", "lease-lost", "worker-lost")
_DEADLINES: Final = ("stopped: first-data", "stopped: idle", "stopped: total")

STOPPED: Final = Q(error_code__in=_OURS) | (
    Q(error_code="StoppedError") & ~Q(error_detail__in=_DEADLINES)
)
"""Ended by us: cancelled, shut down, or its worker died. No fault of a model."""
FAILED: Final = (Q(status=CallStatus.FAILED) | ~Q(error_code="")) & ~STOPPED
"""Refused, broken off, unusable, or past a deadline."""
ANSWERED: Final = Q(status=CallStatus.SETTLED, error_code="")
"""Ended well: what latency is measured on."""
ENDED: Final = Q(ended_at__isnull=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """A part of the ledger. None: no matter which; days are YYYY-MM-DD (UTC) and inclusive.

    `workspace_id` None is every workspace: for the operator's own pages only.
    """

    workspace_id: UUID | None
    first_day: str | None = None
    last_day: str | None = None
    project_id: UUID | None = None
    task: str | None = None
    model_slug: str | None = None
    payer: str | None = None
    simulated: bool | None = None

    def rows(self) -> QuerySet[UpstreamCall]:
        """Give the calls, in no order."""
        wanted = {
            "workspace_id": self.workspace_id,
            "day__gte": self.first_day,
            "day__lte": self.last_day,
            "project_id": self.project_id,
            "task": self.task,
            "model_slug": self.model_slug,
            "payer": self.payer,
            "simulated": self.simulated,
        }
        named = {lookup: value for lookup, value in wanted.items() if value is not None}
        return UpstreamCall.objects.filter(**named).order_by()
