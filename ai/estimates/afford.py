"""Which purse would refuse a request, and what is left: looked at, nothing is held."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from ai.accounts import key_in_use
from ai.ledger import purses, rows
from ai.models import Budget, Payer
from canvas.core.errors import Unaffordable
from canvas.workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class Affordable:
    """What is left of the tightest purse, and who would refuse.

    `left_nusd` is None when no purse has a limit of money. `refused_by` is `project`, `day`,
    `month`, `tokens` or `pictures`.
    """

    left_nusd: int | None
    refused_by: str | None = None
    detail: str = ""

    @property
    def fits(self) -> bool:
        """Say whether it would be admitted now."""
        return self.refused_by is None


def look(workspace: Workspace, project_id: UUID, need: purses.Need) -> Affordable:
    """Hold a need against the purses as they are now."""
    own = key_in_use(workspace.pk)
    limits = purses.Limits(workspace)
    if own is not None:
        limits = purses.Limits(workspace, Payer.OWN, own.budget_nusd_a_month)
    day = timezone.now().strftime("%Y-%m-%d")
    left = min(_left(limits, project_id, day), default=None)
    try:
        purses.refuse_unless_fits(limits, need, project_id=project_id, day=day)
    except Unaffordable as exc:
        purse = exc.extra.get("budget") or exc.extra.get("quota")
        return Affordable(left, str(purse), exc.detail)
    return Affordable(left)


def _left(limits: purses.Limits, project_id: UUID, day: str) -> Iterator[int]:
    """Give what is left of each purse that has a limit of money."""
    found = rows.find_purses.all(
        workspace=limits.workspace.pk,
        day=day,
        month=day[:7],
        project=project_id,
        payer=limits.payer,
    )
    known = {row.period: row for row in found}
    for purse in limits.purses(project_id=project_id, day=day):
        now = known.get(purse.period) or Budget()
        limit = purse.most_nusd if now.limit_nusd is None else now.limit_nusd
        if limit is not None:
            yield max(limit - now.spent_nusd - now.hold_nusd, 0)
