"""Writes to the tenant's tables: workspaces, members, tokens."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from canvas.core.edits import edit_row
from canvas.core.errors import Conflict, Fault, Forbidden, Invalid, Missing, Unavailable
from canvas.workspaces.access import Access
from canvas.workspaces.authentication import digest_of
from canvas.workspaces.models import ApiToken, Membership, Plan, Role, Scope, User, Workspace

TOKEN_PREFIX: Final = "cnv_"  # noqa: S105 the public part
TOKEN_BYTES: Final = 32
HINT_LETTERS: Final = 12
_BUDGETS: Final = ("budget_nusd_a_month", "budget_nusd_a_day")


def plan_of(workspace: Workspace) -> Plan:
    """Give the plan whose limits hold for a workspace."""
    return workspace.plan


@transaction.atomic
def create_workspace(*, name: str, owner: User, plan: str = "") -> Workspace:
    """Make a workspace, with its maker as its owner.

    Args:
        name: for people.
        owner: its maker.
        plan: key of a plan, which only staff may choose; the default one when blank.

    Raises:
        Forbidden: `plan-is-staffs`, somebody else named a plan.
        Invalid: there is no such plan.
        Unavailable: no plan is marked as the default one.
    """
    chosen = _plan_chosen(plan, owner) if plan else Plan.objects.filter(is_default=True).first()
    if chosen is None:
        raise Unavailable("No plan is marked as the default one.", code="no-default-plan")
    workspace = Workspace.objects.create(name=name, plan=chosen)
    Membership.objects.create(workspace=workspace, user=owner, role=Role.OWNER)
    return workspace


def _plan_chosen(key: str, owner: User) -> Plan:
    if not owner.is_staff:
        raise Forbidden("Only staff choose a plan.", code="plan-is-staffs")
    plan = Plan.objects.filter(key=key).first()
    if plan is None:
        fault = Fault("/plan", "unknown-plan", "There is no plan with this key.")
        raise Invalid(fault.detail, faults=[fault])
    return plan


def edit_workspace(
    *,
    access: Access,
    expected_version: int | None = None,
    **changes: Any,  # noqa: ANN401 column values
) -> Workspace:
    """Change columns of a workspace; at another `plan`, budgets that its old one allowed end.

    Raises:
        Forbidden: the caller is no owner.
        Stale: the version is not the expected one.
    """
    access.require(Role.OWNER)
    if "plan" not in changes:
        return edit_row(access.workspace, expected_version=expected_version, **changes)
    with transaction.atomic():
        present = Workspace.objects.select_for_update(of=("self",), no_key=True)
        before = present.select_related("plan").get(pk=access.workspace.pk)
        changes = {**_ended(before, changes["plan"]), **changes}
        return edit_row(access.workspace, expected_version=expected_version, **changes)


@transaction.atomic
def edit_plan(*, plan: Plan, **changes: Any) -> Plan:  # noqa: ANN401 column values
    """Change columns of a plan. Budgets of its workspaces that it does not allow any more end.

    What staff had raised above the plan's stays.
    """
    before = Plan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    Plan.objects.filter(pk=plan.pk).update(**changes)
    plan.refresh_from_db()
    for column in _BUDGETS:
        most, allowed = getattr(plan, column), getattr(before, column)
        if most is None:
            continue
        above = Workspace.objects.filter(plan=plan, **{f"{column}__gt": most})
        if allowed is not None:
            above = above.filter(**{f"{column}__lte": allowed})
        above.update(**{column: None}, version=F("version") + 1, modified_at=timezone.now())
    return plan


def _ended(workspace: Workspace, plan: Plan) -> dict[str, None]:
    """Name the budgets of a workspace that its present plan allows and another one does not."""
    found: dict[str, None] = {}
    for column in _BUDGETS:
        own, most = getattr(workspace, column), getattr(plan, column)
        allowed = getattr(workspace.plan, column)
        was_within = own is not None and (allowed is None or own <= allowed)
        if was_within and most is not None and own > most:
            found[column] = None
    return found


def delete_workspace(*, access: Access, expected_version: int | None = None) -> None:
    """Close a workspace: everything in it answers 404 from now on; its rows stay.

    Raises:
        Forbidden: the caller is no owner.
        Stale: the version is not the expected one.
    """
    access.require(Role.OWNER)
    edit_row(access.workspace, expected_version=expected_version, deleted_at=timezone.now())


def add_member(*, access: Access, role: Role, username: str = "", email: str = "") -> Membership:
    """Let a person, named by username or by email, into the workspace.

    Raises:
        Forbidden: the caller is no owner.
        Invalid: nobody, or more than one person, has that name.
        Conflict: the person is a member already.
    """
    access.require(Role.OWNER)
    user = _person(username=username, email=email)
    try:
        with transaction.atomic():
            return Membership.objects.create(workspace=access.workspace, user=user, role=role)
    except IntegrityError as exc:
        raise Conflict("This person is a member already.", code="already-a-member") from exc


@transaction.atomic
def edit_member(
    *, access: Access, member: Membership, role: Role, expected_version: int | None = None
) -> Membership:
    """Give a member another role. Locks the workspace.

    Raises:
        Forbidden: the caller is no owner.
        Conflict: the workspace would be left without an owner.
        Stale: the version is not the expected one.
    """
    access.require(Role.OWNER)
    _lock(access.workspace)
    if role != Role.OWNER:
        _keep_an_owner(member)
    changes = {} if member.role == role else {"role": role}
    return edit_row(member, expected_version=expected_version, **changes)


@transaction.atomic
def remove_member(
    *, access: Access, member: Membership, expected_version: int | None = None
) -> None:
    """Remove a member; their tokens go on working for the workspace, without a person. Locks it.

    Raises:
        Forbidden: the caller is neither an owner nor the member.
        Conflict: the workspace would be left without an owner.
        Stale: the version is not the expected one.
    """
    is_leaving = access.token is None and access.user is not None and access.user == member.user
    if not is_leaving:
        access.require(Role.OWNER)
    _lock(access.workspace)
    _keep_an_owner(member)
    edit_row(member, expected_version=expected_version, role=member.role)
    member.delete()
    ApiToken.objects.filter(workspace=access.workspace, created_by=member.user).update(
        created_by=None
    )


def create_token(
    *,
    access: Access,
    name: str,
    scopes: Sequence[Scope] = (Scope.WRITE,),
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """Make a token and give it with its text, which is not kept and cannot be shown again.

    Of several scopes the widest holds, because it includes the others.

    Raises:
        Forbidden: the caller is no owner.
        Invalid: the token would be expired already.
    """
    access.require(Role.OWNER)
    if expires_at is not None and expires_at <= timezone.now():
        fault = Fault("/expiresAt", "in-the-past", "Name a time to come.")
        raise Invalid("The token would be expired already.", faults=[fault])
    text = TOKEN_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    row = ApiToken.objects.create(
        workspace=access.workspace,
        created_by=access.user,
        name=name,
        hint=text[:HINT_LETTERS],
        digest=digest_of(text),
        scope=max(scopes, key=Scope.values.index),
        expires_at=expires_at,
    )
    return row, text


def revoke_token(*, access: Access, token: ApiToken, expected_version: int | None = None) -> None:
    """Stop a token for good.

    Raises:
        Forbidden: the caller is no owner.
        Stale: the version is not the expected one.
    """
    access.require(Role.OWNER)
    edit_row(token, expected_version=expected_version, revoked_at=timezone.now())


def require_founder(*, access: Access | None, user: User | None) -> User:
    """Give the person who may found a workspace: one in a browser, or behind an admin token.

    Raises:
        Forbidden: a token without a person, or with a narrower scope.
    """
    by_token = access is not None and access.token is not None
    if user is None or (by_token and access is not None and not access.may(Role.OWNER)):
        raise Forbidden("This token may not create workspaces.", code="token-may-not-found")
    return user


def _person(*, username: str, email: str) -> User:
    place, by = (
        ("/username", {"username": username}) if username else ("/email", {"email__iexact": email})
    )
    found = list(User.objects.filter(is_active=True, **by)[:2])
    if len(found) != 1:
        code = "user-missing" if not found else "user-ambiguous"
        detail = "Nobody has this name." if not found else "Several people have this address."
        raise Invalid(detail, code=code, faults=[Fault(place, code, detail)])
    return found[0]


def _lock(workspace: Workspace) -> None:
    Workspace.objects.select_for_update().get(pk=workspace.pk)


def _keep_an_owner(member: Membership) -> None:
    """Refuse what would take the last owner away; the workspace is locked by the caller."""
    present = Membership.objects.filter(pk=member.pk).values_list("role", flat=True).first()
    if present is None:
        raise Missing("There is no such member.", code="member-missing")
    others = Membership.objects.filter(workspace_id=member.workspace_id, role=Role.OWNER)
    if present == Role.OWNER and not others.exclude(pk=member.pk).exists():
        raise Conflict("A workspace keeps at least one owner.", code="last-owner")
