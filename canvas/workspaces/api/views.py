"""Workspaces, their people and their tokens.

The workspace is named by the address here, so the role in it is asked for by `get_access`.
"""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from canvas.workspaces import selectors, services
from canvas.workspaces.access import Access
from canvas.workspaces.api.serializers import (
    MemberSerializer,
    NewMemberSerializer,
    NewTokenSerializer,
    NewWorkspaceSerializer,
    ShownTokenSerializer,
    TokenSerializer,
    WorkspaceSerializer,
)
from canvas.workspaces.models import Role, Workspace
from canvas.workspaces.views import MEMBERS_ONLY, CanvasAPIView


class TenantView(CanvasAPIView):
    """A view whose address may name any workspace of the caller's."""

    roles = MEMBERS_ONLY
    needs_workspace = False

    @property
    def present_access(self) -> Access | None:
        """The caller's access to the workspace they work in; None for members of none."""
        access: Access | None = getattr(self.request, "access", None)
        return access

    def access_to(self, workspace_id: UUID, role: Role = Role.VIEWER) -> Access:
        """Give the caller's access to the workspace of the address, with at least this role."""
        return selectors.get_access(
            access=self.present_access, user=self.person, workspace_id=workspace_id, role=role
        )


class WorkspaceListView(TenantView):
    """The caller's workspaces."""

    ordering = ["created_at"]

    @extend_schema(responses=WorkspaceSerializer(many=True), operation_id="workspaces_list")
    def get(self, request: Request) -> Response:
        """List your workspaces; a token lists its own."""
        rows = selectors.list_workspaces(access=self.present_access, user=self.person)
        return self.page(rows, WorkspaceSerializer)

    @extend_schema(
        request=NewWorkspaceSerializer,
        responses={201: WorkspaceSerializer},
        operation_id="workspaces_create",
    )
    def post(self, request: Request) -> Response:
        """Create a workspace and own it. A token needs the scope `admin` and a person behind it."""
        owner = services.require_founder(access=self.present_access, user=self.person)
        given = self.shape(NewWorkspaceSerializer)
        workspace = services.create_workspace(owner=owner, **given)
        return self.one(_with_role(workspace, Role.OWNER), WorkspaceSerializer, status=201)


class WorkspaceView(TenantView):
    """One workspace."""

    @extend_schema(responses=WorkspaceSerializer, operation_id="workspaces_retrieve")
    def get(self, request: Request, workspace_id: UUID) -> Response:
        """Read a workspace."""
        access = self.access_to(workspace_id)
        return self.one(_with_role(access.workspace, access.role), WorkspaceSerializer)

    @extend_schema(
        request=WorkspaceSerializer,
        responses=WorkspaceSerializer,
        operation_id="workspaces_partial_update",
    )
    def patch(self, request: Request, workspace_id: UUID) -> Response:
        """Rename a workspace or change its habits; owners only."""
        access = self.access_to(workspace_id, Role.OWNER)
        expected = self.expected_version(access.workspace)
        changes = self.shape(WorkspaceSerializer, partial=True)
        workspace = services.edit_workspace(access=access, expected_version=expected, **changes)
        return self.one(_with_role(workspace, access.role), WorkspaceSerializer)

    @extend_schema(request=None, responses={204: None}, operation_id="workspaces_destroy")
    def delete(self, request: Request, workspace_id: UUID) -> Response:
        """Close a workspace; owners only."""
        access = self.access_to(workspace_id, Role.OWNER)
        expected = self.expected_version(access.workspace)
        services.delete_workspace(access=access, expected_version=expected)
        return Response(status=204)


class MemberListView(TenantView):
    """The people of a workspace."""

    ordering = ["created_at"]

    @extend_schema(responses=MemberSerializer(many=True), operation_id="members_list")
    def get(self, request: Request, workspace_id: UUID) -> Response:
        """List the members."""
        rows = selectors.list_members(access=self.access_to(workspace_id))
        return self.page(rows, MemberSerializer)

    @extend_schema(
        request=NewMemberSerializer,
        responses={201: MemberSerializer},
        operation_id="members_create",
    )
    def post(self, request: Request, workspace_id: UUID) -> Response:
        """Let a person in; owners only."""
        access = self.access_to(workspace_id, Role.OWNER)
        member = services.add_member(access=access, **self.shape(NewMemberSerializer))
        return self.one(member, MemberSerializer, status=201)


class MemberView(TenantView):
    """One membership."""

    @extend_schema(responses=MemberSerializer, operation_id="members_retrieve")
    def get(self, request: Request, workspace_id: UUID, member_id: UUID) -> Response:
        """Read a membership."""
        access = self.access_to(workspace_id)
        return self.one(selectors.get_member(access=access, member_id=member_id), MemberSerializer)

    @extend_schema(
        request=MemberSerializer, responses=MemberSerializer, operation_id="members_partial_update"
    )
    def patch(self, request: Request, workspace_id: UUID, member_id: UUID) -> Response:
        """Give a member another role; owners only."""
        access = self.access_to(workspace_id, Role.OWNER)
        member = selectors.get_member(access=access, member_id=member_id)
        expected = self.expected_version(member)
        role = Role(self.shape(MemberSerializer, partial=True).get("role", member.role))
        edited = services.edit_member(
            access=access, member=member, role=role, expected_version=expected
        )
        return self.one(edited, MemberSerializer)

    @extend_schema(request=None, responses={204: None}, operation_id="members_destroy")
    def delete(self, request: Request, workspace_id: UUID, member_id: UUID) -> Response:
        """Remove a member (owners), or leave (yourself)."""
        access = self.access_to(workspace_id)
        member = selectors.get_member(access=access, member_id=member_id)
        expected = self.expected_version(member)
        services.remove_member(access=access, member=member, expected_version=expected)
        return Response(status=204)


class TokenListView(TenantView):
    """The tokens of a workspace; for owners."""

    ordering = ["created_at"]
    shows_secret = True

    @extend_schema(responses=TokenSerializer(many=True), operation_id="tokens_list")
    def get(self, request: Request, workspace_id: UUID) -> Response:
        """List the tokens that are not revoked."""
        rows = selectors.list_tokens(access=self.access_to(workspace_id, Role.OWNER))
        return self.page(rows, TokenSerializer)

    @extend_schema(
        request=NewTokenSerializer,
        responses={201: ShownTokenSerializer},
        operation_id="tokens_create",
    )
    def post(self, request: Request, workspace_id: UUID) -> Response:
        """Make a token; `token` is shown in this answer and never again."""
        access = self.access_to(workspace_id, Role.OWNER)
        given: dict[str, Any] = self.shape(NewTokenSerializer)
        row, text = services.create_token(access=access, **given)
        row.token = text  # type: ignore[attr-defined] # for this answer only
        return self.one(row, ShownTokenSerializer, status=201)


class TokenView(TenantView):
    """One token."""

    @extend_schema(responses=TokenSerializer, operation_id="tokens_retrieve")
    def get(self, request: Request, workspace_id: UUID, token_id: UUID) -> Response:
        """Read a token's description."""
        access = self.access_to(workspace_id, Role.OWNER)
        return self.one(selectors.get_token(access=access, token_id=token_id), TokenSerializer)

    @extend_schema(request=None, responses={204: None}, operation_id="tokens_destroy")
    def delete(self, request: Request, workspace_id: UUID, token_id: UUID) -> Response:
        """Revoke a token for good."""
        access = self.access_to(workspace_id, Role.OWNER)
        token = selectors.get_token(access=access, token_id=token_id)
        expected = self.expected_version(token)
        services.revoke_token(access=access, token=token, expected_version=expected)
        return Response(status=204)


def _with_role(workspace: Workspace, role: Role) -> Workspace:
    workspace.role = role  # type: ignore[attr-defined] # what list_workspaces annotates
    return workspace
