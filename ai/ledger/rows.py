"""The ledger's hot statements, compiled once. Each UPDATE names the state that it leaves."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Now

from ai.models import Budget, CallStatus, JobStatus, OwnKey, Payer, UpstreamCall
from canvas.core.prepared import Insert, Select, Update
from canvas.workspaces.models import Workspace

ALWAYS: Final = "all"  # the period of a project's purse
NO_LIMIT: Final = 2**63 - 1
OPEN: Final = (CallStatus.RESERVED, CallStatus.SENT, CallStatus.UNKNOWN)
_KINDS: Final[dict[type, type]] = {
    models.CharField: str,
    models.TextField: str,
    models.BooleanField: bool,
    models.FloatField: float,
    models.PositiveIntegerField: int,
    models.PositiveBigIntegerField: int,
}


def _purse(scope: UUID, period: str, payer: str, **_: Any) -> QuerySet[Budget]:  # noqa: ANN401 further parameters
    return Budget.objects.filter(scope_id=scope, period=period, payer=payer)


def _held(nusd: int, tokens: int, images: int, **_: Any) -> Mapping[str, Any]:  # noqa: ANN401 further parameters
    return {
        "hold_nusd": F("hold_nusd") + nusd,
        "hold_tokens": F("hold_tokens") + tokens,
        "images": F("images") + images,
    }


def _fits_its_own(nusd: int) -> Q:
    """The limit that stands in the purse's own row."""
    return Q(limit_nusd=None) | Q(spent_nusd__lte=F("limit_nusd") - F("hold_nusd") - nusd)


_NEED: Final[dict[str, type]] = {
    "scope": UUID, "period": str, "payer": str, "nusd": int, "tokens": int, "images": int,
}  # fmt: skip
hold: Final = Update(
    lambda nusd, **values: _purse(**values).filter(_fits_its_own(nusd)), _held, **_NEED
)


@cache
def hold_month(payer: str, *, images: bool) -> Update:
    """Hold in the month if it fits, and if what was held in the day before fits as well.

    The limits of plan, workspace and own key are looked up by the statement itself, which every
    call of a workspace makes after it got the day's row: it sees what was committed before.
    """
    month, day, quotas = limits_of(payer)

    def fitting(nusd: int, tokens: int, day_is: str, **values: Any) -> QuerySet[Budget]:  # noqa: ANN401 parameters
        fits = _fits_its_own(nusd) & Q(spent_nusd__lte=_or_none(month) - F("hold_nusd") - nusd)
        if quotas:
            fits &= Q(tokens__lte=_or_none(quotas["tokens"]) - F("hold_tokens") - tokens)
        if quotas and images:
            fits &= Q(images__lte=_or_none(quotas["images"]) - values["images"])
        if day is not None:
            today = Budget.objects.filter(scope_id=OuterRef("scope_id"), period=day_is, payer=payer)
            fits &= Q(Exists(today.filter(spent_nusd__lte=_or_none(day) - F("hold_nusd"))))
        return _purse(values["scope"], values["period"], payer).filter(fits)

    kinds = {name: kind for name, kind in _NEED.items() if name != "payer"}
    if day is not None:
        kinds["day_is"] = str
        return Update(fitting, _held, **kinds)
    return Update(lambda **values: fitting(day_is="", **values), _held, **kinds)


def limits_of(payer: str) -> tuple[Subquery[Any], Subquery[Any] | None, dict[str, Subquery[Any]]]:
    """Give the limits of a workspace's month and day in USD, and of its quotas, as expressions.

    Each is about the workspace of an outer row of Budget, and NULL when there is no limit.
    """
    if payer == Payer.OWN:
        keys = OwnKey.objects.filter(workspace_id=OuterRef("workspace_id"), revoked_at=None)
        return Subquery(keys.order_by().values("budget_nusd_a_month")[:1]), None, {}
    space = Workspace.objects.filter(pk=OuterRef("workspace_id")).order_by()
    month = Coalesce("budget_nusd_a_month", "plan__budget_nusd_a_month")
    day = Coalesce("budget_nusd_a_day", "plan__budget_nusd_a_day")
    quotas = {
        "tokens": Subquery(space.values("plan__tokens_a_month")),
        "images": Subquery(space.values("plan__images_a_month")),
    }
    return (
        Subquery(space.annotate(most=month).values("most")),
        Subquery(space.annotate(most=day).values("most")),
        quotas,
    )


def _or_none(limit: Subquery[Any]) -> Coalesce:
    return Coalesce(limit, Value(NO_LIMIT), output_field=models.BigIntegerField())


def _purses(workspace: UUID, day: str, month: str, project: UUID, payer: str) -> QuerySet[Budget]:
    own = Q(scope_id=workspace, period=day) | Q(scope_id=workspace, period=month)
    return Budget.objects.filter(own | Q(scope_id=project, period=ALWAYS), payer=payer).order_by()


find_purses: Final = Select(_purses, workspace=UUID, day=str, month=str, project=UUID, payer=str)
find_limits: Final = Select(
    lambda pk: Workspace.objects.select_related("plan").filter(pk=pk).order_by(), pk=UUID
)
add: Final = Insert(UpstreamCall)
find_open: Final = Select(
    lambda pk: UpstreamCall.objects.select_for_update().filter(pk=pk, status__in=OPEN).order_by(),
    pk=UUID,
)
send: Final = Update(
    lambda pk, fence: UpstreamCall.objects.filter(
        pk=pk, status=CallStatus.RESERVED, job__status=JobStatus.RUNNING, job__fence=fence
    ),
    lambda **_: {"status": CallStatus.SENT, "sent_at": Now()},
    pk=UUID, fence=UUID,
)  # fmt: skip
name: Final = Update(
    lambda pk, **_: UpstreamCall.objects.filter(pk=pk),
    lambda generation_id, **_: {"generation_id": generation_id},
    pk=UUID, generation_id=str,
)  # fmt: skip
release: Final = Update(
    _purse,
    lambda hold_nusd, hold_tokens, nusd, tokens, images, **_: {
        "hold_nusd": F("hold_nusd") - hold_nusd,
        "hold_tokens": F("hold_tokens") - hold_tokens,
        "spent_nusd": F("spent_nusd") + nusd,
        "tokens": F("tokens") + tokens,
        "images": F("images") - images,
    },
    scope=UUID, period=str, payer=str, hold_nusd=int, hold_tokens=int, nusd=int, tokens=int,
    images=int,
)  # fmt: skip


def _over(used: str, limit: Any) -> Q:  # noqa: ANN401 an expression
    """Four fifths of a limit are used; never true without one, or of nothing."""
    return Q(**{f"{used}__gt": 0, f"{used}__gte": limit - limit / 5})


@cache
def warn(payer: str) -> Update:
    """Mark the purses of a call that have passed four fifths of a limit and were not marked yet."""
    month, day, quotas = limits_of(payer)

    def passed(workspace: UUID, project: UUID, day_is: str, month_is: str) -> QuerySet[Budget]:
        of_month = _over("spent_nusd", month)
        for name, most in quotas.items():
            of_month |= _over(name, most)
        over = _over("spent_nusd", F("limit_nusd")) | (Q(period=month_is) & of_month)
        if day is not None:
            over |= Q(period=day_is) & _over("spent_nusd", day)
        own = Q(scope_id=workspace) & (Q(period=day_is) | Q(period=month_is))
        mine = own | Q(scope_id=project, period=ALWAYS)
        return Budget.objects.filter(mine, over, payer=payer, warned_at=None)

    return Update(
        lambda now, **values: passed(**values),
        lambda now, **_: {"warned_at": now},
        now=datetime, workspace=UUID, project=UUID, day_is=str, month_is=str,
    )  # fmt: skip


def close(pk: UUID, columns: Mapping[str, Any]) -> None:
    """Write how a call ended; its hold is gone with it."""
    _closing(frozenset(columns))(pk=pk, **columns)


@cache
def _closing(columns: Iterable[str]) -> Update:
    fields = {column: UpstreamCall._meta.get_field(column) for column in columns}
    kinds = {column: _KINDS[type(field)] for column, field in fields.items()}
    ended = {"ended_at": Now(), "look_up_at": None, "hold_nusd": 0, "hold_tokens": 0}
    return Update(
        lambda pk, **_: UpstreamCall.objects.filter(pk=pk),
        lambda pk, **values: {**ended, **values},
        pk=UUID,
        **kinds,
    )
