"""Soft warnings: four fifths of a limit are used. Told once a purse, until its limit is raised."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from ai.ledger import rows
from ai.ledger.purses import Limits, Purse, lock, today
from ai.models import Budget, JobStep, OwnKey, UpstreamCall
from canvas.core.money import usd_text
from scenes.services import feed

EVENT: Final = "budget.warning"
_WORDS: Final = {
    "project": "the project's budget",
    "day": "the day's budget",
    "month": "the month's budget",
    "tokens": "the month's tokens",
    "pictures": "the month's pictures",
}


@dataclass(frozen=True, slots=True)
class Level:
    """How much of one limit is used: nano-dollars, tokens or pictures."""

    name: str
    used: int
    limit: int

    @property
    def percent(self) -> int:
        """Give the used part in whole per cent, rounded down."""
        return 100 if self.limit <= 0 else self.used * 100 // self.limit

    @property
    def is_high(self) -> bool:
        """Say whether it is time to warn."""
        return self.used > 0 and self.used >= self.limit - self.limit // 5

    @property
    def words(self) -> str:
        """Say it to people."""
        return f"{self.percent} % of {_WORDS[self.name]} are used"

    def on_wire(self) -> dict[str, Any]:
        """Give the event's data."""
        left = max(self.limit - self.used, 0)
        told: dict[str, Any] = {"budget": self.name, "usedPercent": self.percent}
        if self.name in {"tokens", "pictures"}:
            return told | {"limit": self.limit, "left": left}
        return told | {"limitUsd": usd_text(self.limit), "leftUsd": usd_text(left)}


def levels(purse: Purse, row: Budget) -> list[Level]:
    """List the limits of a purse with what is used of them; what is only held does not count."""
    limit = purse.limit_in(row)
    found = [] if limit is None else [Level(purse.name, row.spent_nusd, limit)]
    if purse.most_tokens is not None:
        found.append(Level("tokens", row.tokens, purse.most_tokens))
    if purse.most_images is not None:
        found.append(Level("pictures", row.images, purse.most_images))
    return found


def tell_new(call: UpstreamCall) -> None:
    """Warn of the purses that this call has brought past four fifths. Joins its transaction.

    One statement finds out; without a limit, or below it, that is all.
    """
    now = timezone.now()
    hit = rows.warn(
        call.payer
    )(
        now=now,
        workspace=call.workspace_id,
        project=call.project_id or call.workspace_id,  # no workspace has a purse for all time
        day_is=call.day,
        month_is=call.day[:7],
    )
    if hit:
        _tell(call, [level for level in _of_marked(call, now) if level.is_high])


def rearm(workspace_id: UUID | None = None) -> int:
    """Let purses that are below four fifths again warn once more; return how many.

    Limits are raised at other doors than ours as well, such as by a larger plan.

    Args:
        workspace_id: only the purses of this one; None is all of them.
    """
    marked = Budget.objects.exclude(warned_at=None).filter(period__gte=today()[:7])
    if workspace_id is not None:
        marked = marked.filter(workspace_id=workspace_id)
    found = list(marked.select_related("workspace__plan"))
    keys = OwnKey.objects.filter(revoked_at=None, workspace__in={row.workspace_id for row in found})
    own = dict(keys.values_list("workspace_id", "budget_nusd_a_month"))
    below = []
    for row in found:
        limits = Limits(row.workspace, row.payer, own.get(row.workspace_id))
        if not any(level.is_high for level in levels(limits.purse_of(row), row)):
            below.append(row.pk)
    if not below:
        return 0
    with transaction.atomic():
        lock(below)
        return Budget.objects.filter(pk__in=below).update(warned_at=None)


def _of_marked(call: UpstreamCall, now: datetime) -> list[Level]:
    limits = Limits.of(call.workspace_id, call.payer)
    purses = limits.purses(project_id=call.project_id, day=call.day)
    rows_of = {(row.scope_id, row.period): row for row in _marked(purses, call.payer, now)}
    return [
        level
        for purse in purses
        if (row := rows_of.get((purse.scope, purse.period)))
        for level in levels(purse, row)
    ]


def _marked(purses: Sequence[Purse], payer: str, now: datetime) -> QuerySet[Budget]:
    scopes = {purse.scope for purse in purses}
    return Budget.objects.filter(scope_id__in=scopes, payer=payer, warned_at=now)


def _tell(call: UpstreamCall, high: list[Level]) -> None:
    if call.job_id is not None:
        notes = [JobStep(job_id=call.job_id, name="budget-warning", note=one.words) for one in high]
        JobStep.objects.bulk_create(notes)
    if call.project_id is not None:
        events = [feed.NewEvent(EVENT, one.on_wire(), call.job_id) for one in high]
        feed.publish(call.project_id, events)
