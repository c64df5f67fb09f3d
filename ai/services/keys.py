"""A workspace's own OpenRouter key: brought along, replaced, removed; never shown again."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils import timezone

from ai import accounts
from ai.ledger.purses import today
from ai.models import Budget, OwnKey, Payer
from canvas.core import secrets
from canvas.core.edits import edit_row
from canvas.core.errors import Conflict, Fault, Invalid, Missing
from canvas.workspaces.access import Access
from canvas.workspaces.models import Role, Workspace

SHORTEST: Final = 16
LONGEST: Final = 200
HINT_LETTERS: Final = 4
BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class KeyState:
    """What is told of a workspace's own key. `state` is one of STATES."""

    state: str
    row: OwnKey | None = None
    refused_since: datetime | None = None
    reason: str = ""
    checked_at: datetime | None = None
    spent_nusd: int = 0
    held_nusd: int = 0


STATES: Final = {
    "none": "the workspace uses the operator's key",
    "unchecked": "it was not asked yet whether OpenRouter takes it",
    "working": "OpenRouter took it when it was asked last",
    "refused": "OpenRouter refuses it; nothing is asked until it works or is replaced",
    "unreadable": "it cannot be decrypted any more and has to be sent anew",
}


def get_key(*, access: Access) -> KeyState:
    """Tell how a workspace's own key is doing, and what it has cost this month.

    Raises:
        Forbidden: the caller is no owner.
    """
    access.require(Role.OWNER)
    row = accounts.key_in_use(access.workspace.pk)
    if row is None:
        return KeyState("none")
    scope = {"scope_id": access.workspace.pk, "period": today()[:7], "payer": Payer.OWN}
    month = Budget.objects.filter(**scope).first() or Budget()
    found = KeyState("unchecked", row, spent_nusd=month.spent_nusd, held_nusd=month.hold_nusd)
    try:
        accounts.secret_of(row)
    except Conflict as exc:
        return replace(found, state="unreadable", reason=exc.detail)
    said = accounts.state_of(str(access.workspace.pk))
    if said is None or said.checked_at is None:
        return found
    return replace(
        found,
        state="working" if said.refused_since is None else "refused",
        refused_since=said.refused_since,
        reason=said.reason,
        checked_at=said.checked_at,
    )


def put_key(
    *,
    access: Access,
    secret: str,
    budget_nusd: int | None = None,
    expected_version: int | None = None,
) -> OwnKey:
    """Let the workspace's calls go out with this key from now on; the one before is retired.

    Args:
        access: an owner's.
        secret: the key; it is kept encrypted.
        budget_nusd: the most that a month may cost with it; None is no limit.
        expected_version: of the key that it replaces.

    Raises:
        Forbidden: the caller is no owner.
        Invalid: this cannot be a key.
        Stale: the key in use is another one than the caller has seen.
    """
    access.require(Role.OWNER)
    _refuse_what_is_none(secret)
    sealed = secrets.seal(secret, place=str(access.workspace.pk))
    with transaction.atomic():
        _lock(access.workspace)
        if (present := accounts.key_in_use(access.workspace.pk)) is not None:
            edit_row(present, expected_version=expected_version, revoked_at=timezone.now())
        accounts.begin_anew(str(access.workspace.pk))
        row = OwnKey.objects.create(
            workspace=access.workspace,
            created_by=access.user,
            hint=secret[-HINT_LETTERS:],
            secret=sealed,
            budget_nusd_a_month=budget_nusd,
        )
        accounts.forget_retired(access.workspace.pk)
    return row


def edit_key(
    *, access: Access, expected_version: int | None = None, **changes: int | None
) -> OwnKey:
    """Change what a month may cost with the key: `budget_nusd`; None is no limit.

    Raises:
        Forbidden: the caller is no owner.
        Missing: there is no key.
        Stale: the version is not the expected one.
    """
    access.require(Role.OWNER)
    row = _present(access)
    columns = {f"{name}_a_month": value for name, value in changes.items()}
    return edit_row(row, expected_version=expected_version, **columns)


def remove_key(*, access: Access, expected_version: int | None = None) -> None:
    """Go back to the operator's key. Calls in flight end with the key that they began with.

    Raises:
        Forbidden: the caller is no owner.
        Missing: there is no key.
        Stale: the version is not the expected one.
    """
    access.require(Role.OWNER)
    with transaction.atomic():
        _lock(access.workspace)
        row = _present(access)
        edit_row(row, expected_version=expected_version, revoked_at=timezone.now())
        accounts.forget(str(access.workspace.pk))
        accounts.forget_retired(access.workspace.pk)


def rotate_secrets() -> tuple[int, list[OwnKey]]:
    """Encrypt every key anew with the first of `SECRETS_KEYS`.

    A key that is replaced meanwhile is left alone: its new one is encrypted so already.

    Returns:
        how many were encrypted, and those that no present key decrypts.
    """
    done, unreadable = 0, []
    for row in OwnKey.objects.exclude(secret="").order_by("id").iterator(chunk_size=BATCH):
        try:
            fresh = secrets.reseal(row.secret)
        except secrets.UnreadableSecretError:
            unreadable.append(row)
            continue
        done += OwnKey.objects.filter(pk=row.pk, secret=row.secret).update(secret=fresh)
    return done, unreadable


def _present(access: Access) -> OwnKey:
    row = accounts.key_in_use(access.workspace.pk)
    if row is None:
        raise Missing("This workspace has no key of its own.", code="own-key-missing")
    return row


def _refuse_what_is_none(secret: str) -> None:
    fits = SHORTEST <= len(secret) <= LONGEST
    if not (fits and secret.isascii() and secret.isprintable() and " " not in secret):
        detail = f"A key has {SHORTEST} to {LONGEST} ASCII letters, digits and signs, no blanks."
        raise Invalid(detail, code="not-a-key", faults=[Fault("/key", "not-a-key", detail)])


def _lock(workspace: Workspace) -> None:
    Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
