"""The budgets that owners set: of a workspace's month and day, and of a project as a whole."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from ai import accounts
from ai.ledger import rows, warnings
from ai.ledger.purses import Limits, Purse, today
from ai.models import Budget, OwnKey, Payer
from canvas.core.errors import Fault, Invalid
from canvas.core.money import usd_text
from canvas.workspaces.access import Access
from canvas.workspaces.models import Plan, Role, Workspace
from canvas.workspaces.services import edit_workspace

MONTH_FORM: Final = "%Y-%m"
_COLUMNS: Final = {"month_nusd": "budget_nusd_a_month", "day_nusd": "budget_nusd_a_day"}
_POINTERS: Final = {"month_nusd": "/monthUsd", "day_nusd": "/dayUsd"}


@dataclass(frozen=True, slots=True)
class PurseState:
    """A purse as it is now. None is no limit; `resets_at` is None for a project."""

    purse: Purse
    row: Budget
    resets_at: datetime | None

    @property
    def limit_nusd(self) -> int | None:
        """The limit in USD that holds."""
        return self.purse.limit_in(self.row)

    @property
    def left_nusd(self) -> int | None:
        """What may still be held; None without a limit."""
        if self.limit_nusd is None:
            return None
        return max(self.limit_nusd - self.row.spent_nusd - self.row.hold_nusd, 0)

    @property
    def warning(self) -> bool:
        """Whether four fifths of one of its limits are used."""
        return any(level.is_high for level in warnings.levels(self.purse, self.row))


@dataclass(frozen=True, slots=True)
class WorkspaceBudget:
    """A workspace's own settings, its plan's, and the purses that hold now."""

    workspace: Workspace
    payer: str
    key: OwnKey | None
    month: PurseState
    day: PurseState


def get_workspace_budget(*, access: Access) -> WorkspaceBudget:
    """Tell what a workspace may spend, and how much of it is used."""
    key, limits = _limits(access.workspace)
    day = today()
    known = _rows(access.workspace.pk, None, day, limits.payer)
    of_day, of_month = (
        PurseState(purse, known.get(purse.period) or Budget(), _ends(purse.period))
        for purse in limits.purses(project_id=None, day=day)
    )
    return WorkspaceBudget(access.workspace, limits.payer, key, month=of_month, day=of_day)


def edit_workspace_budget(
    *,
    access: Access,
    expected_version: int | None = None,
    **changes: int | None,
) -> WorkspaceBudget:
    """Set `month_nusd` or `day_nusd`; None goes back to the plan's.

    It holds from the next call on, also when more is spent already.

    Raises:
        Forbidden: the caller is no owner.
        Invalid: `above-plan`: only staff raise a budget above the plan's.
        Stale: the workspace's version is not the expected one.
    """
    access.require(Role.OWNER)
    with transaction.atomic():
        present = Workspace.objects.select_for_update(of=("self",), no_key=True)
        workspace = present.select_related("plan").get(pk=access.workspace.pk)
        _refuse_above_plan(access, workspace, changes)
        columns: dict[str, Any] = {_COLUMNS[name]: value for name, value in changes.items()}
        edit_workspace(access=access, expected_version=expected_version, **columns)
        warnings.rearm(workspace.pk)
    return get_workspace_budget(access=access)


def get_project_budget(*, access: Access, project_id: UUID) -> PurseState:
    """Tell what a project of the workspace may cost as a whole, and what it has cost."""
    _, limits = _limits(access.workspace)
    day = today()
    purse = limits.purses(project_id=project_id, day=day)[0]
    known = _rows(access.workspace.pk, project_id, day, limits.payer)
    return PurseState(purse, known.get(rows.ALWAYS) or Budget(), None)


def edit_project_budget(*, access: Access, project_id: UUID, limit_nusd: int | None) -> PurseState:
    """Set what a project may cost as a whole; None is no limit.

    It holds in each of the two ledgers: the operator's and that of an own key.

    Raises:
        Forbidden: the caller is no owner.
    """
    access.require(Role.OWNER)
    with transaction.atomic():
        new = [
            Budget(
                workspace=access.workspace,
                project_id=project_id,
                scope_id=project_id,
                period=rows.ALWAYS,
                payer=payer,
            )
            for payer in Payer.values
        ]
        Budget.objects.bulk_create(new, ignore_conflicts=True)
        both = Budget.objects.filter(scope_id=project_id, period=rows.ALWAYS)
        both.update(limit_nusd=limit_nusd)
        warnings.rearm(access.workspace.pk)
    return get_project_budget(access=access, project_id=project_id)


def _limits(workspace: Workspace) -> tuple[OwnKey | None, Limits]:
    key = accounts.key_in_use(workspace.pk)
    if key is None:
        return None, Limits(workspace)
    return key, Limits(workspace, Payer.OWN, key.budget_nusd_a_month)


def _rows(workspace_id: UUID, project_id: UUID | None, day: str, payer: str) -> dict[str, Budget]:
    found = rows.find_purses.all(
        workspace=workspace_id,
        day=day,
        month=day[:7],
        project=project_id or workspace_id,
        payer=payer,
    )
    return {row.period: row for row in found}


def _ends(period: str) -> datetime:
    """Give the first moment after a day or a month."""
    is_day = len(period) > len("YYYY-MM")
    begin = datetime.strptime(period if is_day else f"{period}-01", "%Y-%m-%d").replace(tzinfo=UTC)
    if is_day:
        return begin + timedelta(days=1)
    return (begin + timedelta(days=31)).replace(day=1)


def _refuse_above_plan(
    access: Access, workspace: Workspace, changes: dict[str, int | None]
) -> None:
    """Let owners lower what their plan allows, or go back to what staff have set for them."""
    if access.user is not None and access.user.is_staff:
        return
    faults = []
    for name, wanted in changes.items():
        most = _ceiling(workspace, workspace.plan, _COLUMNS[name])
        if wanted is not None and most is not None and wanted > most:
            detail = f"At most {usd_text(most)} USD: only staff raise it above the plan's."
            faults.append(Fault(_POINTERS[name], "above-plan", detail))
    if faults:
        raise Invalid(faults[0].detail, code="above-plan", faults=faults)


def _ceiling(workspace: Workspace, plan: Plan, column: str) -> int | None:
    of_plan: int | None = getattr(plan, column)
    present: int | None = getattr(workspace, column)
    return None if of_plan is None else max(of_plan, present or 0)
