"""Our books against OpenRouter's: what the key, the account and its days say they have cost.

Totals are compared since the last time: an account may have been used before, or elsewhere.
"""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, timedelta
from decimal import Decimal
from typing import Final, TypeVar
from uuid import UUID

from django.db.models import Q, Sum
from django.db.models.functions import Length
from django.utils import timezone

from ai import accounts, exchange
from ai.accounts import Account
from ai.ledger.prices import NUSD, nusd_of
from ai.models import AccountState, Budget, CheckKind, LedgerCheck, OwnKey, Payer, UpstreamCall
from ai.openrouter.account import Activity
from ai.openrouter.errors import AuthenticationError, OpenRouterError, PermissionDeniedError
from ai.openrouter.wire import Credits, KeyStatus
from canvas.core.errors import DomainError
from canvas.core.money import usd_text

logger = logging.getLogger(__name__)

T = TypeVar("T")

LONGEST_LABEL: Final = 120
MOST_KEYS: Final = 100  # own keys that are asked about in one go
LATELY: Final = timedelta(days=2)
# OpenRouter adds up in floating point: 1 microdollar is no difference.
TOLERANCE_NUSD: Final = 1_000
MOST_NUSD: Final = 2**62
MOST_FREE: Final = 2**31 - 1
NOT_AVAILABLE: Final = "not available: this key may not ask for it"


def compare() -> str:
    """Compare with every key that was used lately; say how it went."""
    calls = UpstreamCall.objects.filter(payer=Payer.OWN, created_at__gt=timezone.now() - LATELY)
    used = set(calls.order_by().values_list("workspace_id", flat=True).distinct()[:MOST_KEYS])
    told = Counter(_compared(account) for account in [*_operators(), *_own(used)])
    return ", ".join(f"{number} {what}" for what, number in sorted(told.items())) or "no key"


def probe() -> str:
    """Ask with keys that are refused whether they work again, and with those that are new.

    Retired ones that nobody needs any more are thrown away.
    """
    accounts.forget_retired()
    in_doubt = AccountState.objects.filter(Q(checked_at=None) | Q(refused_since__isnull=False))
    names = set(in_doubt.values_list("account", flat=True)[:MOST_KEYS])
    operators = _operators() if accounts.OPERATOR in names else []
    own = _own({UUID(name) for name in names - {accounts.OPERATOR}})
    works = 0
    for account in [*operators, *own]:
        try:
            with exchange.asking(account.secret) as api:
                status = api.key()
        except OpenRouterError as exc:
            _note(account, exc)
        else:
            _keep(account, status)
            works += 1
    return f"{works} of {len(operators) + len(own)} keys work" if names else "none in doubt"


def _operators() -> list[Account]:
    try:
        return [accounts.operators()]
    except DomainError:
        return []


def _own(workspaces: set[UUID]) -> list[Account]:
    found = []
    for row in OwnKey.objects.filter(revoked_at=None, workspace__in=workspaces):
        try:
            found.append(accounts.own_account(row))
        except DomainError as exc:
            logger.warning("own key %s: %s", row.pk, exc.code)
    return found


@dataclass(frozen=True, slots=True)
class _Told:
    """What OpenRouter said of one account; None where the key may not ask."""

    status: KeyStatus
    credits: Credits | None
    day: str
    activity: list[Activity] | None


def _compared(account: Account) -> str:
    before = accounts.state_of(account.name)
    try:
        told = _asked(account)
    except OpenRouterError as exc:
        _note(account, exc)
        return "not asked"
    _keep(account, told.status)
    is_same = before is not None and before.label == (told.status.label or "")
    used = told.credits.used_usd if told.credits else None
    checks = [
        _since_last(CheckKind.KEY, account, told.status.used_usd, is_same=is_same),
        _since_last(CheckKind.CREDITS, account, used, is_same=True),
        _check_activity(account, told),
    ]
    return "differs" if any(one is not None and one.is_ok is False for one in checks) else "agrees"


def _asked(account: Account) -> _Told:
    """Ask everything before anything is written: no connection is held meanwhile."""
    day = (timezone.now().astimezone(UTC) - timedelta(days=1)).strftime("%Y-%m-%d")
    with exchange.asking(account.secret) as api:
        status = api.key()
        if status.is_management_key is False:
            return _Told(status, None, day, None)
        return _Told(
            status, _if_allowed(api.credits), day, _if_allowed(lambda: api.activity(date=day))
        )


def _if_allowed(ask: Callable[[], T]) -> T | None:
    try:
        return ask()
    except (PermissionDeniedError, AuthenticationError):
        return None


def _keep(account: Account, status: KeyStatus) -> None:
    """Keep what is said of a key, which therefore works."""
    left, free = status.remaining_usd, status.free_model_daily_requests
    AccountState.objects.update_or_create(
        account=account.name,
        defaults={
            "label": (status.label or "")[:LONGEST_LABEL],
            "is_free_tier": status.is_free_tier,
            "limit_left_nusd": None if left is None else _nusd(left),
            "free_a_day": _small(free.limit if free else None),
            "refused_since": None,
            "reason": "",
            "checked_at": timezone.now(),
        },
    )


def _note(account: Account, exc: OpenRouterError) -> None:
    """Keep that a key is refused; anything else says nothing about it."""
    if isinstance(exc, AuthenticationError):
        accounts.was_refused(account, str(exc))
    logger.warning("account %s: not asked: %s", account.name, type(exc).__name__)


def _check_activity(account: Account, told: _Told) -> LedgerCheck | None:
    """Compare the last whole day by model, once."""
    checks = LedgerCheck.objects.filter(kind=CheckKind.ACTIVITY, account=account.name)
    if told.activity is None:
        return _unavailable(CheckKind.ACTIVITY, account)
    if checks.filter(day=told.day).exists():
        return None
    theirs: Counter[str] = Counter()
    for row in told.activity:
        if (row.date or "")[: len(told.day)] == told.day and row.usage is not None:
            theirs[row.model_permaslug or row.model or "unknown"] += _nusd(row.usage)
    ours = _ours_by_model(account, told.day)
    lines = [
        f"{model}: {usd_text(theirs[model])} USD there, {usd_text(ours[model])} USD here"
        for model in sorted({*theirs, *ours})
        if abs(theirs[model] - ours[model]) > TOLERANCE_NUSD
    ]
    return LedgerCheck.objects.create(
        kind=CheckKind.ACTIVITY,
        account=account.name,
        day=told.day,
        is_ok=abs(theirs.total() - ours.total()) <= TOLERANCE_NUSD,
        ours_nusd=ours.total(),
        theirs_nusd=theirs.total(),
        detail=lines,
    )


def _ours_by_model(account: Account, day: str) -> Counter[str]:
    calls = UpstreamCall.objects.filter(payer=account.payer, day=day, cost_nusd__gt=0)
    if account.payer == Payer.OWN:
        calls = calls.filter(workspace_id=UUID(account.name))
    sums = calls.order_by().values_list("model_served").annotate(Sum("cost_nusd"))
    return Counter({model: int(cost) for model, cost in sums})


def _since_last(
    kind: str, account: Account, used_usd: Decimal | None, *, is_same: bool
) -> LedgerCheck | None:
    """Compare how much their total and ours have grown since the last comparison."""
    if used_usd is None:
        return _unavailable(kind, account)
    ours, held = _ours(account)
    theirs = _nusd(used_usd)
    checks = LedgerCheck.objects.filter(kind=kind, account=account.name).exclude(theirs_nusd=None)
    last = checks.order_by("-created_at", "-id").first() if is_same else None
    is_ok, told = None, "the first comparison with this key: the next ones start from here"
    if last is not None and theirs >= (last.theirs_nusd or 0):
        grown_there, grown_here = theirs - (last.theirs_nusd or 0), ours - (last.ours_nusd or 0)
        is_ok, told = _judged(grown_there, grown_here, held)
    return LedgerCheck.objects.create(
        kind=kind,
        account=account.name,
        is_ok=is_ok,
        ours_nusd=ours,
        theirs_nusd=theirs,
        detail=[told],
    )


def _judged(there: int, here: int, held: int) -> tuple[bool, str]:
    grown = f"{usd_text(there)} USD there, {usd_text(here)} USD here since the last time"
    off = there - here
    if abs(off) <= TOLERANCE_NUSD:
        return True, grown
    if 0 < off <= held:
        return True, f"{grown}; {usd_text(held)} USD are held for calls not booked yet"
    more = "there" if off > 0 else "here"
    return False, f"{grown}: {usd_text(abs(off))} USD more {more}"


def _ours(account: Account) -> tuple[int, int]:
    """Sum what the account's months have spent and hold: the counters, which `audit` watches."""
    months = Budget.objects.annotate(long=Length("period")).filter(
        payer=account.payer, project=None, long=len("YYYY-MM")
    )
    if account.payer == Payer.OWN:
        months = months.filter(scope_id=UUID(account.name))
    sums = months.aggregate(spent=Sum("spent_nusd", default=0), held=Sum("hold_nusd", default=0))
    return int(sums["spent"]), int(sums["held"])


def _unavailable(kind: str, account: Account) -> LedgerCheck | None:
    """Say once that a book cannot be read."""
    last = LedgerCheck.objects.filter(kind=kind, account=account.name).first()
    if last is not None and last.detail == [NOT_AVAILABLE]:
        return None
    return LedgerCheck.objects.create(
        kind=kind, account=account.name, is_ok=None, detail=[NOT_AVAILABLE]
    )


def _nusd(usd: Decimal) -> int:
    return nusd_of(min(usd, Decimal(MOST_NUSD // NUSD)))


def _small(count: int | None) -> int | None:
    return None if count is None else min(count, MOST_FREE)
