"""Whose key a workspace's calls go out with: its own, or the operator's. Two ledgers, never mixed.

An own key that OpenRouter refuses, or that cannot be decrypted any more, stops the workspace's
calls: they never fall back to the operator's money.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from ai.models import AccountState, CallStatus, OwnKey, Payer, UpstreamCall
from canvas.core import secrets
from canvas.core.errors import Conflict, DomainError, Unavailable, Upstream
from canvas.core.health import NotReadyError
from canvas.core.prepared import Select

OPERATOR: Final = "operator"
LONGEST_REASON: Final = 300

_own: Final = Select(
    lambda workspace: OwnKey.objects.filter(workspace_id=workspace, revoked_at=None).order_by()[:1],
    workspace=UUID,
)
_state: Final = Select(
    lambda account: AccountState.objects.filter(account=account).order_by(), account=str
)


@dataclass(frozen=True, slots=True)
class Account:
    """A key and who pays for what is asked with it.

    `name` is `operator`, or the workspace's id; `key_id` is the own key's row, and
    `own_limit_nusd` its month's limit, None when there is none.
    """

    name: str
    payer: str
    secret: str = field(repr=False)
    key_id: UUID | None = None
    own_limit_nusd: int | None = None


def account_of(workspace_id: UUID) -> Account:
    """Give the account that pays for a workspace's calls now.

    Raises:
        Unavailable: `no-api-key`, the operator has set no key.
        Conflict: `key-refused` or `key-unreadable`: the workspace has to send its key anew.
    """
    row = key_in_use(workspace_id)
    return operators() if row is None else _own_account(row)


def payer_of(workspace_id: UUID) -> str:
    """Say who pays for a workspace's calls now.

    Raises:
        Conflict: `key-refused` or `key-unreadable`, as `account_of`.
    """
    row = key_in_use(workspace_id)
    return Payer.OPERATOR if row is None else _own_account(row).payer


def key_in_use(workspace_id: UUID) -> OwnKey | None:
    """Find the key that a workspace brought along."""
    return _own.first(workspace=workspace_id)


def state_of(name: str) -> AccountState | None:
    """Find what OpenRouter last said of an account's key; None when it was never asked."""
    return _state.first(account=name)


def operators() -> Account:
    """Give the operator's account.

    Raises:
        Unavailable: `no-api-key`.
    """
    if not settings.OPENROUTER_API_KEY:
        raise Unavailable(
            "No model can be asked: OPENROUTER_API_KEY is not set. See .env.example.",
            code="no-api-key",
        )
    return Account(OPERATOR, Payer.OPERATOR, settings.OPENROUTER_API_KEY)


def own_account(row: OwnKey) -> Account:
    """Give the account of a workspace's own key, whether it is refused or not.

    Raises:
        Conflict: `key-unreadable`.
    """
    limit = row.budget_nusd_a_month
    return Account(str(row.workspace_id), Payer.OWN, secret_of(row), row.pk, limit)


def secret_of(row: OwnKey) -> str:
    """Decrypt a workspace's key.

    Raises:
        Conflict: `key-unreadable`.
    """
    try:
        return secrets.unseal(row.secret, place=str(row.workspace_id))
    except secrets.UnreadableSecretError as exc:
        raise Conflict(
            "The workspace's OpenRouter key cannot be decrypted any more. Send it anew, or remove "
            "it to use the plan's models.",
            code="key-unreadable",
        ) from exc


def secrets_for_bill(call: UpstreamCall) -> Sequence[str]:
    """Give the keys that may ask what a call has cost, the likeliest first."""
    if call.payer == Payer.OPERATOR:
        return [settings.OPENROUTER_API_KEY] if settings.OPENROUTER_API_KEY else []
    rows = OwnKey.objects.filter(workspace_id=call.workspace_id).exclude(secret="")
    # The newest of those that were there when the call was made; then any other.
    known = sorted(rows.order_by("-created_at"), key=lambda row: row.created_at > call.created_at)
    found = []
    for row in known:
        try:
            found.append(secret_of(row))
        except Conflict:
            continue
    return found


def was_refused(account: Account, reason: str) -> DomainError:
    """Keep that a key was refused, and give the error that says so to a person."""
    if account.payer == Payer.OPERATOR:
        note_refused(account.name, reason)
        return Upstream(
            "OpenRouter refuses the operator's key. Nothing is wrong with the request; the "
            "operator has to mend this.",
            code="operator-key-refused",
        )
    in_use = key_in_use(UUID(account.name))
    if in_use is not None and in_use.pk == account.key_id:
        note_refused(account.name, reason)  # else another key is in use by now
    return _refused(reason)


def readiness() -> str:
    """Say for `/readyz` how the operator's key is doing.

    Raises:
        NotReadyError: it is not set, or OpenRouter refuses it.
    """
    if not settings.OPENROUTER_API_KEY:
        raise NotReadyError("not set")
    try:
        state = state_of(OPERATOR)
    except DatabaseError as exc:
        raise NotReadyError(f"not readable: {type(exc).__name__}") from exc
    if state is not None and state.refused_since is not None:
        raise NotReadyError(f"refused since {state.refused_since:%Y-%m-%d %H:%M} UTC")
    return "not checked yet" if state is None or state.checked_at is None else "accepted"


def note_refused(name: str, reason: str) -> None:
    """Keep since when a key is refused; the first time counts."""
    AccountState.objects.bulk_create([AccountState(account=name)], ignore_conflicts=True)
    rows = AccountState.objects.filter(account=name)
    rows.filter(refused_since=None).update(refused_since=Now())
    rows.update(reason=reason[:LONGEST_REASON], checked_at=Now())


def begin_anew(name: str) -> None:
    """Forget what was said of an account's key before, because it is another one now."""
    forget(name)
    AccountState.objects.bulk_create([AccountState(account=name)], ignore_conflicts=True)


def forget(name: str) -> None:
    """Forget what was said of a key that is not in use any more."""
    AccountState.objects.filter(account=name).delete()


def forget_retired(workspace_id: UUID | None = None) -> int:
    """Throw away retired keys that no open bill is asked for with; return how many.

    Args:
        workspace_id: only this one's; None is all of them.
    """
    open_calls = UpstreamCall.objects.filter(
        Q(status__in=[CallStatus.RESERVED, CallStatus.SENT])
        | Q(status=CallStatus.UNKNOWN, look_up_at__isnull=False),
        workspace=OuterRef("workspace"),
        payer=Payer.OWN,
    )
    retired = OwnKey.objects.exclude(revoked_at=None).exclude(secret="")
    if workspace_id is not None:
        retired = retired.filter(workspace_id=workspace_id)
    return retired.filter(~Exists(open_calls)).update(secret="")


def _own_account(row: OwnKey) -> Account:
    account = own_account(row)
    state = state_of(account.name)
    if state is not None and state.refused_since is not None:
        raise _refused(state.reason)
    return account


def _refused(reason: str) -> Conflict:
    return Conflict(
        f"OpenRouter refuses the workspace's own key ({reason or 'no reason given'}). Send another "
        "one, or remove it to use the plan's models. It is tried again every few minutes.",
        code="key-refused",
        extra={"reason": reason},
    )
