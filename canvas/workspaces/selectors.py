"""Reads of the tenant's tables. Absent and foreign rows look the same: Missing."""

from typing import TypeVar
from uuid import UUID

from django.db.models import CharField, F, QuerySet, Value

from canvas.core.errors import Missing
from canvas.workspaces.access import Access
from canvas.workspaces.models import ApiToken, Membership, Role, User, Workspace

_Row = TypeVar("_Row", Membership, ApiToken)


def list_workspaces(*, access: Access | None, user: User | None) -> QuerySet[Workspace]:
    """List the caller's workspaces, each with the caller's `role`; a token sees its own."""
    rows = Workspace.objects.select_related("plan").filter(deleted_at=None)
    if access is not None and access.token is not None:
        role = Value(access.role.value, output_field=CharField())
        return rows.filter(pk=access.workspace.pk).annotate(role=role)
    return rows.filter(memberships__user=user).annotate(role=F("memberships__role"))


def get_access(
    *, access: Access | None, user: User | None, workspace_id: UUID, role: Role = Role.VIEWER
) -> Access:
    """Give the caller's access to the workspace of an address.

    Raises:
        Missing: there is no such workspace among the caller's.
        Forbidden: the caller's role there is below `role`.
    """
    if access is not None and access.workspace.pk == workspace_id:
        found = access
    elif (access is not None and access.token is not None) or user is None:
        raise _missing("workspace")
    else:
        found = _access_elsewhere(user, workspace_id)
    found.require(role)
    return found


def list_members(*, access: Access) -> QuerySet[Membership]:
    """List the people of a workspace."""
    return Membership.objects.filter(workspace=access.workspace).select_related("user")


def get_member(*, access: Access, member_id: UUID) -> Membership:
    """Give one membership of the workspace, or raise Missing."""
    return _one(list_members(access=access), member_id, "member")


def list_tokens(*, access: Access) -> QuerySet[ApiToken]:
    """List the tokens of a workspace that are not revoked."""
    return ApiToken.objects.filter(workspace=access.workspace, revoked_at=None)


def get_token(*, access: Access, token_id: UUID) -> ApiToken:
    """Give one token of the workspace that is not revoked, or raise Missing."""
    return _one(list_tokens(access=access), token_id, "token")


def _access_elsewhere(user: User, workspace_id: UUID) -> Access:
    memberships = Membership.objects.select_related("workspace__plan")
    membership = memberships.filter(
        user=user, workspace_id=workspace_id, workspace__deleted_at=None
    ).first()
    if membership is None:
        raise _missing("workspace")
    return Access(workspace=membership.workspace, role=Role(membership.role), user=user)


def _one(rows: QuerySet[_Row], row_id: UUID, noun: str) -> _Row:
    row = rows.filter(pk=row_id).first()
    if row is None:
        raise _missing(noun)
    return row


def _missing(noun: str) -> Missing:
    return Missing(f"There is no such {noun}.", code=f"{noun}-missing")
