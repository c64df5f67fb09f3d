"""The purses that a call draws on, and whether what it may cost still fits into each.

    project   from first to last; its limit stands in its row
    day       of the workspace, UTC
    month     of the workspace, with the plan's quotas

They are always taken in this order, so that two calls never wait for each other in a circle, and
the one that all calls of a workspace share is held for the shortest time.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC
from uuid import UUID

from django.db.models import Case, When
from django.db.models.functions import Length
from django.utils import timezone

from ai import accounts
from ai.ledger import rows
from ai.models import Budget, Payer, UpstreamCall
from canvas.core.errors import Unaffordable
from canvas.core.money import usd_text
from canvas.workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class Purse:
    """One row of counters, and what it may hold at most. None is no limit."""

    name: str
    scope: UUID
    period: str
    payer: str
    project: UUID | None = None
    most_nusd: int | None = None
    most_tokens: int | None = None
    most_images: int | None = None

    def limit_in(self, row: Budget) -> int | None:
        """Give the limit in USD that holds: the one of its row, or the lower of two."""
        limits = [one for one in (row.limit_nusd, self.most_nusd) if one is not None]
        return min(limits, default=None)

    def row(self, workspace_id: UUID) -> Budget:
        """Make its counters, all zero."""
        return Budget(
            workspace_id=workspace_id,
            project_id=self.project,
            scope_id=self.scope,
            period=self.period,
            payer=self.payer,
        )


@dataclass(frozen=True, slots=True)
class Need:
    """What a call may use at most."""

    nusd: int
    tokens: int
    images: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """Who pays, and how much the workspace may use of it."""

    workspace: Workspace
    payer: str = Payer.OPERATOR
    own_nusd: int | None = field(default=None)
    """The month's limit of the workspace's own key; unused when the operator pays."""

    @classmethod
    def of(cls, workspace_id: UUID, payer: str) -> "Limits":
        """Read the limits as they are now."""
        workspace = rows.find_limits.first(pk=workspace_id)
        assert workspace is not None  # noqa: S101 a job's workspace stays
        key = accounts.key_in_use(workspace_id) if payer == Payer.OWN else None
        return cls(workspace, payer, key.budget_nusd_a_month if key else None)

    def purses(self, *, project_id: UUID | None, day: str) -> list[Purse]:
        """List the purses of a call on that day, in the order in which they are taken."""
        space, plan = self.workspace, self.workspace.plan
        found = []
        if project_id is not None:
            found.append(Purse("project", project_id, rows.ALWAYS, self.payer, project_id))
        if self.payer == Payer.OWN:
            found.append(Purse("day", space.pk, day, self.payer))
            found.append(Purse("month", space.pk, day[:7], self.payer, most_nusd=self.own_nusd))
            return found
        found.append(Purse("day", space.pk, day, self.payer, most_nusd=space.day_budget_nusd))
        found.append(
            Purse(
                "month",
                space.pk,
                day[:7],
                self.payer,
                most_nusd=space.budget_nusd,
                most_tokens=plan.tokens_a_month,
                most_images=plan.images_a_month,
            )
        )
        return found

    def purse_of(self, row: Budget) -> Purse:
        """Give the purse whose counters these are."""
        day = f"{row.period}-01"[: len("YYYY-MM-DD")]
        found = self.purses(project_id=row.project_id, day=day)
        return next(one for one in found if (one.scope, one.period) == (row.scope_id, row.period))


def today() -> str:
    """Give the day (UTC) whose purses a call of now is taken from."""
    return timezone.now().astimezone(UTC).strftime("%Y-%m-%d")


def hold(*, workspace_id: UUID, project_id: UUID | None, day: str, payer: str, need: Need) -> bool:
    """Take the worst case out of each purse, if it fits into all; else the caller rolls back."""
    amounts = {"nusd": need.nusd, "tokens": need.tokens, "images": need.images}
    if project_id is not None and not rows.hold(
        scope=project_id, period=rows.ALWAYS, payer=payer, **amounts
    ):
        return False
    if not rows.hold(scope=workspace_id, period=day, payer=payer, **amounts):
        return False
    its_day = {"day_is": day} if payer == Payer.OPERATOR else {}
    hold_month = rows.hold_month(payer, images=need.images > 0)
    return hold_month(scope=workspace_id, period=day[:7], **amounts, **its_day) > 0


def make_missing(limits: Limits, *, project_id: UUID | None, day: str) -> bool:
    """Make the counters that are not there yet; say whether any was missing."""
    known = _as_they_are(limits, project_id, day)
    wanted = limits.purses(project_id=project_id, day=day)
    new = [purse.row(limits.workspace.pk) for purse in wanted if purse.period not in known]
    Budget.objects.bulk_create(new, ignore_conflicts=True)
    return bool(new)


def release(call: UpstreamCall, *, nusd: int = 0, tokens: int = 0, images: int = 0) -> None:
    """Take a call's hold off the purses it was put on, whatever day it is now; count the rest."""
    release_all([(call, (nusd, tokens, images))])


def release_all(ended: Iterable[tuple[UpstreamCall, tuple[int, int, int]]]) -> None:
    """Take the holds of several calls off their purses, in the order of all purses.

    Args:
        ended: each call beside its nano-dollars and tokens to count and its pictures to give back.
    """
    found: dict[tuple[str, UUID, str], list[int]] = {}
    for call, counted in ended:
        for scope, period in _places(call):
            sums = found.setdefault((period, scope, call.payer), [0] * 5)
            for at, amount in enumerate((call.hold_nusd, call.hold_tokens, *counted)):
                sums[at] += amount
    for (period, scope, payer), sums in sorted(found.items(), key=lambda one: _order(one[0])):
        hold_nusd, hold_tokens, nusd, tokens, images = sums
        rows.release(
            scope=scope,
            period=period,
            payer=payer,
            hold_nusd=hold_nusd,
            hold_tokens=hold_tokens,
            nusd=nusd,
            tokens=tokens,
            images=images,
        )


def lock(keys: Iterable[UUID]) -> None:
    """Lock counters by their ids, in the order of all purses. Called in a transaction."""
    rank = Case(When(period=rows.ALWAYS, then=0), When(long=len("YYYY-MM-DD"), then=1), default=2)
    known = Budget.objects.alias(long=Length("period")).filter(pk__in=list(keys))
    locked = known.select_for_update(no_key=True)
    list(locked.order_by(rank, "period", "scope_id", "payer").values_list("pk"))


def _places(call: UpstreamCall) -> list[tuple[UUID, str]]:
    own = [(call.workspace_id, call.day), (call.workspace_id, call.day[:7])]
    return own if call.project_id is None else [(call.project_id, rows.ALWAYS), *own]


def _order(key: tuple[str, UUID, str]) -> tuple[int, str, UUID, str]:
    """Sort projects before days before months: whoever locks several does it in this order."""
    period, scope, payer = key
    rank = (len(rows.ALWAYS), len("YYYY-MM-DD"), len("YYYY-MM")).index(len(period))
    return rank, period, scope, payer


def refuse_unless_fits(limits: Limits, need: Need, *, project_id: UUID | None, day: str) -> None:
    """Refuse what does not fit into one of the purses as they are now.

    Raises:
        Unaffordable: `budget-exhausted` or `quota-exhausted`, with the purse and what is left.
    """
    known = _as_they_are(limits, project_id, day)
    for purse in limits.purses(project_id=project_id, day=day):
        now = known.get(purse.period) or Budget()
        limit = purse.limit_in(now)
        used = now.spent_nusd + now.hold_nusd
        if limit is not None and used + need.nusd > limit:
            raise _no_money(purse, need, limit=limit, left=max(limit - used, 0))
        plan = limits.workspace.plan.name
        pictures = now.images + need.images
        if purse.most_images is not None and need.images and pictures > purse.most_images:
            raise _no_quota("pictures", plan, purse.most_images, now.images)
        tokens = now.tokens + now.hold_tokens
        if purse.most_tokens is not None and tokens + need.tokens > purse.most_tokens:
            raise _no_quota("tokens", plan, purse.most_tokens, tokens)


def _as_they_are(limits: Limits, project_id: UUID | None, day: str) -> dict[str, Budget]:
    """Read the purses' counters by period; those that nothing was taken from are not there."""
    workspace_id = limits.workspace.pk
    found = rows.find_purses.all(
        workspace=workspace_id,
        day=day,
        month=day[:7],
        project=project_id or workspace_id,  # no workspace has a purse for all time
        payer=limits.payer,
    )
    return {row.period: row for row in found}


def _no_money(purse: Purse, need: Need, *, limit: int, left: int) -> Unaffordable:
    whose, then = {
        "project": ("this project's budget", "Raise the project's budget"),
        "day": ("today's budget", "Raise the day's budget, or wait for tomorrow (UTC)"),
        "month": ("this month's budget", "Raise the budget, or wait for the next month"),
    }[purse.name]
    left_text = usd_text(left)
    return Unaffordable(
        f"This may cost up to {usd_text(need.nusd)} USD; {left_text} USD of {whose} are left. "
        f"{then}.",
        extra={"budget": purse.name, "limitUsd": usd_text(limit), "leftUsd": left_text},
    )


def _no_quota(what: str, plan: str, limit: int, used: int) -> Unaffordable:
    return Unaffordable(
        f"The {plan} plan's {what} of this month are used up. "
        "Move the workspace to a larger plan, or wait for the next month.",
        code="quota-exhausted",
        extra={"quota": what, "limit": limit, "used": used},
    )
