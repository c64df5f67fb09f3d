"""The director's configuration of a workspace and of a project, its history and the way back."""

from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ai.api.configuration_shapes import (
    DirectorSerializer,
    RevisionSerializer,
    RollbackSerializer,
)
from ai.models import Configuration
from ai.services import configurations
from canvas.workspaces.access import Access
from canvas.workspaces.api.views import TenantView
from canvas.workspaces.models import Role
from canvas.workspaces.views import CanvasAPIView
from scenes.selectors import get_project

if TYPE_CHECKING:
    from scenes.models import Project

_Scope = dict[str, Any]


class _OfWorkspace(TenantView):
    """Views of the workspace that the address names."""

    def scope(self, access: Access) -> _Scope:
        """Say whose configuration it is."""
        return {"workspace": access.workspace}


class _OfProject(CanvasAPIView):
    """Views of the project that the address names."""

    def scope(self, project_id: UUID) -> _Scope:
        """Say whose configuration it is."""
        project: Project = get_project(access=self.access, project_id=project_id)
        return {"workspace": self.access.workspace, "project": project}


def _edited(view: CanvasAPIView, scope: _Scope, access: Access) -> Configuration:
    """Apply the body of a PATCH."""
    row = configurations.configuration_of(**scope)
    expected = view.expected_version(row)
    changes = view.shape(DirectorSerializer, partial=True)
    user_id = access.user.pk if access.user else None
    return configurations.edit_configuration(
        **scope, user_id=user_id, expected_version=expected, **changes
    )


def _rolled_back(view: CanvasAPIView, scope: _Scope, access: Access) -> Configuration:
    """Apply the body of a POST to go back."""
    row = configurations.configuration_of(**scope)
    expected = view.expected_version(row)
    number = view.shape(RollbackSerializer)["number"]
    user_id = access.user.pk if access.user else None
    return configurations.roll_back(
        **scope, number=number, user_id=user_id, expected_version=expected
    )


class WorkspaceDirectorView(_OfWorkspace):
    """What a workspace wants of the director."""

    @extend_schema(operation_id="workspace_director_retrieve", responses=DirectorSerializer)
    def get(self, request: Request, workspace_id: UUID) -> Response:
        """Read what is set, and what counts."""
        scope = self.scope(self.access_to(workspace_id))
        return self.one(configurations.configuration_of(**scope), DirectorSerializer)

    @extend_schema(
        operation_id="workspace_director_partial_update",
        request=DirectorSerializer,
        responses=DirectorSerializer,
    )
    def patch(self, request: Request, workspace_id: UUID) -> Response:
        """Change it for all projects; it counts from the next call on. Owners only."""
        access = self.access_to(workspace_id, Role.OWNER)
        return self.one(_edited(self, self.scope(access), access), DirectorSerializer)


class WorkspaceDirectorHistoryView(_OfWorkspace):
    """How a workspace's configuration came to be."""

    ordering: ClassVar[list[str]] = ["-number"]
    ordering_fields: ClassVar = {"number": "number"}

    @extend_schema(
        operation_id="workspace_director_history", responses=RevisionSerializer(many=True)
    )
    def get(self, request: Request, workspace_id: UUID) -> Response:
        """List the revisions, newest first."""
        scope = self.scope(self.access_to(workspace_id))
        row = configurations.configuration_of(**scope)
        return self.page(configurations.history_of(row), RevisionSerializer)


class WorkspaceDirectorRollbackView(_OfWorkspace):
    """The way back for a workspace."""

    @extend_schema(
        operation_id="workspace_director_rollback",
        request=RollbackSerializer,
        responses=DirectorSerializer,
    )
    def post(self, request: Request, workspace_id: UUID) -> Response:
        """Go back to a revision; that is a new revision. Owners only."""
        access = self.access_to(workspace_id, Role.OWNER)
        return self.one(_rolled_back(self, self.scope(access), access), DirectorSerializer)


class ProjectDirectorView(_OfProject):
    """What one project wants of the director."""

    @extend_schema(operation_id="project_director_retrieve", responses=DirectorSerializer)
    def get(self, request: Request, project_id: UUID) -> Response:
        """Read what is set, and what counts."""
        row = configurations.configuration_of(**self.scope(project_id))
        return self.one(row, DirectorSerializer)

    @extend_schema(
        operation_id="project_director_partial_update",
        request=DirectorSerializer,
        responses=DirectorSerializer,
    )
    def patch(self, request: Request, project_id: UUID) -> Response:
        """Change it for this project; it counts from the next call on."""
        return self.one(_edited(self, self.scope(project_id), self.access), DirectorSerializer)


class ProjectDirectorHistoryView(_OfProject):
    """How a project's configuration came to be."""

    ordering: ClassVar[list[str]] = ["-number"]
    ordering_fields: ClassVar = {"number": "number"}

    @extend_schema(operation_id="project_director_history", responses=RevisionSerializer(many=True))
    def get(self, request: Request, project_id: UUID) -> Response:
        """List the revisions, newest first."""
        row = configurations.configuration_of(**self.scope(project_id))
        return self.page(configurations.history_of(row), RevisionSerializer)


class ProjectDirectorRollbackView(_OfProject):
    """The way back for a project."""

    @extend_schema(
        operation_id="project_director_rollback",
        request=RollbackSerializer,
        responses=DirectorSerializer,
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        """Go back to a revision; that is a new revision."""
        return self.one(_rolled_back(self, self.scope(project_id), self.access), DirectorSerializer)
