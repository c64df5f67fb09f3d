"""The ledger's hot statements, compiled once. Each UPDATE names the state that it leaves."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final
from uuid import UUID

from django.db import models
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from ai.models import Budget, CallStatus, JobStatus, UpstreamCall
from canvas.core.prepared import Insert, Select, Update
from canvas.workspaces.models import Workspace

ALWAYS: Final = "all"  # the period of a project's purse
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


@cache
def hold(limits: frozenset[str]) -> Update:
    """Hold the worst case if it fits: `most_…` is what may be used up before, for each limit.

    The limit that stands in the purse's own row holds in any case.
    """

    def fitting(**values: Any) -> QuerySet[Budget]:  # noqa: ANN401 parameters
        fits = Q(limit_nusd=None) | Q(
            spent_nusd__lte=F("limit_nusd") - F("hold_nusd") - values["nusd"]
        )
        if "most_nusd" in limits:
            fits &= Q(spent_nusd__lte=values["most_nusd"] - F("hold_nusd"))
        if "most_tokens" in limits:
            fits &= Q(tokens__lte=values["most_tokens"] - F("hold_tokens"))
        if "most_images" in limits:
            fits &= Q(images__lte=values["most_images"])
        return _purse(**values).filter(fits)

    def held(nusd: int, tokens: int, images: int, **_: Any) -> Mapping[str, Any]:  # noqa: ANN401 further parameters
        return {
            "hold_nusd": F("hold_nusd") + nusd,
            "hold_tokens": F("hold_tokens") + tokens,
            "images": F("images") + images,
        }

    kinds: dict[str, type] = {"nusd": int, "tokens": int, "images": int}
    return Update(
        fitting, held, scope=UUID, period=str, payer=str, **kinds, **dict.fromkeys(limits, int)
    )


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
