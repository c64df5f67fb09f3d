"""A workspace's own OpenRouter key; for owners. No answer shows it."""

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ai import accounts
from ai.api.budget_shapes import NewOwnKeySerializer, OwnKeyBudgetSerializer, OwnKeySerializer
from ai.services import keys
from canvas.core.etag import etag_of
from canvas.workspaces.access import Access
from canvas.workspaces.api.views import TenantView
from canvas.workspaces.models import Role


class OwnKeyView(TenantView):
    """The key that a workspace brought along."""

    shows_secret: ClassVar[bool] = True

    @extend_schema(operation_id="openrouter_key_retrieve", responses=OwnKeySerializer)
    def get(self, request: Request, workspace_id: UUID) -> Response:
        """Tell whether the workspace has its own key, and whether it works."""
        return self._told(self.access_to(workspace_id, Role.OWNER))

    @extend_schema(
        operation_id="openrouter_key_update",
        request=NewOwnKeySerializer,
        responses=OwnKeySerializer,
    )
    def put(self, request: Request, workspace_id: UUID) -> Response:
        """Use this key from now on; its calls have a ledger of their own, beside the plan's."""
        access = self.access_to(workspace_id, Role.OWNER)
        expected = self._expected(access)
        given = self.shape(NewOwnKeySerializer)
        secret = given.pop("key")
        keys.put_key(access=access, secret=secret, expected_version=expected, **given)
        return self._told(access)

    @extend_schema(
        operation_id="openrouter_key_partial_update",
        request=OwnKeyBudgetSerializer,
        responses=OwnKeySerializer,
    )
    def patch(self, request: Request, workspace_id: UUID) -> Response:
        """Change what a month may cost with the key."""
        access = self.access_to(workspace_id, Role.OWNER)
        expected = self._expected(access)
        given = self.shape(OwnKeyBudgetSerializer)
        keys.edit_key(access=access, expected_version=expected, **given)
        return self._told(access)

    @extend_schema(operation_id="openrouter_key_destroy", request=None, responses={204: None})
    def delete(self, request: Request, workspace_id: UUID) -> Response:
        """Go back to the operator's key and the plan's budget."""
        access = self.access_to(workspace_id, Role.OWNER)
        keys.remove_key(access=access, expected_version=self._expected(access))
        return Response(status=204)

    def _expected(self, access: Access) -> int | None:
        row = accounts.key_in_use(access.workspace.pk)
        return None if row is None else self.expected_version(row)

    def _told(self, access: Access) -> Response:
        found = keys.get_key(access=access)
        headers = {} if found.row is None else {"ETag": etag_of(found.row)}
        return Response(OwnKeySerializer(found).data, headers=headers)
