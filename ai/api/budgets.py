"""What a workspace and a project may spend, and have spent."""

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ai.api.budget_shapes import (
    NewProjectBudgetSerializer,
    NewWorkspaceBudgetSerializer,
    PurseSerializer,
    WorkspaceBudgetSerializer,
)
from ai.services import budgets
from canvas.workspaces.api.views import TenantView
from canvas.workspaces.models import Role
from canvas.workspaces.views import CanvasAPIView
from scenes.selectors import get_project


class WorkspaceBudgetView(TenantView):
    """The budget of a workspace's month and day.

    The answer changes with every call, so it has no ETag; `If-Match` names the workspace's.
    """

    @extend_schema(operation_id="workspace_budget_retrieve", responses=WorkspaceBudgetSerializer)
    def get(self, request: Request, workspace_id: UUID) -> Response:
        """Tell what this month and day may cost, and what they have cost."""
        found = budgets.get_workspace_budget(access=self.access_to(workspace_id))
        return Response(WorkspaceBudgetSerializer(found).data)

    @extend_schema(
        operation_id="workspace_budget_partial_update",
        request=NewWorkspaceBudgetSerializer,
        responses=WorkspaceBudgetSerializer,
    )
    def patch(self, request: Request, workspace_id: UUID) -> Response:
        """Set what a month and a day may cost, up to the plan's budget; owners only.

        It holds from the next call on, also below what is spent already.
        """
        access = self.access_to(workspace_id, Role.OWNER)
        expected = self.expected_version(access.workspace)
        changes = self.shape(NewWorkspaceBudgetSerializer, partial=True)
        found = budgets.edit_workspace_budget(access=access, expected_version=expected, **changes)
        return Response(WorkspaceBudgetSerializer(found).data)


class ProjectBudgetView(CanvasAPIView):
    """The budget of a project, from its first call to its last."""

    roles: ClassVar = {"PATCH": Role.OWNER}

    @extend_schema(operation_id="project_budget_retrieve", responses=PurseSerializer)
    def get(self, request: Request, project_id: UUID) -> Response:
        """Tell what a project may cost, and what it has cost."""
        project = get_project(access=self.access, project_id=project_id)
        found = budgets.get_project_budget(access=self.access, project_id=project.pk)
        return Response(PurseSerializer(found).data)

    @extend_schema(
        operation_id="project_budget_partial_update",
        request=NewProjectBudgetSerializer,
        responses=PurseSerializer,
    )
    def patch(self, request: Request, project_id: UUID) -> Response:
        """Set what a project may cost as a whole; owners only."""
        project = get_project(access=self.access, project_id=project_id)
        changes = self.shape(NewProjectBudgetSerializer)
        act = budgets.edit_project_budget if changes else budgets.get_project_budget
        found = act(access=self.access, project_id=project.pk, **changes)
        return Response(PurseSerializer(found).data)
