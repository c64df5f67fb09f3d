"""Projects: list, add, read, edit, delete; archive, restore, duplicate."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from canvas.workspaces.views import CanvasAPIView
from scenes.api import queries
from scenes.api.actor import actor_of
from scenes.api.serializers import ProjectSerializer
from scenes.models import Project
from scenes.selectors import get_project, list_projects
from scenes.services.copies import duplicate_project
from scenes.services.projects import add_project, edit_project, remove_project, restore_project


class _ProjectAnswer(CanvasAPIView):
    """A view that answers one project."""

    def answer(self, project: Project, *, status: int = 200) -> Response:
        """Read the project afresh, with its number of scenes, and answer it."""
        fresh = get_project(access=self.access, project_id=project.pk)
        return self.one(fresh, ProjectSerializer, status=status)


class ProjectListView(_ProjectAnswer):
    """The workspace's projects."""

    ordering = ["-created_at"]
    ordering_fields = {
        "createdAt": "created_at",
        "modifiedAt": "modified_at",
        "title": "title",
    }
    filters = [
        queries.flags("isArchived", "Only archived projects, or only the others."),
        queries.flags("deleted", "True lists the bin instead."),
        queries.SEARCH,
    ]

    @extend_schema(
        operation_id="projects_list", responses=ProjectSerializer(many=True), parameters=filters
    )
    def get(self, request: Request) -> Response:
        """List the projects, newest first; those in the bin only when asked for."""
        rows = list_projects(
            access=self.access,
            deleted=queries.flag(request, "deleted") or False,
            is_archived=queries.flag(request, "isArchived"),
            search=queries.search_text(request),
        )
        return self.page(rows, ProjectSerializer)

    @extend_schema(request=ProjectSerializer, responses={201: ProjectSerializer})
    def post(self, request: Request) -> Response:
        """Start a project."""
        values = self.shape(ProjectSerializer)
        project = add_project(workspace=self.access.workspace, by=actor_of(self.access), **values)
        return self.answer(project, status=201)


class ProjectView(_ProjectAnswer):
    """One project."""

    @extend_schema(responses=ProjectSerializer)
    def get(self, request: Request, project_id: UUID) -> Response:
        """Read a project."""
        project = get_project(access=self.access, project_id=project_id)
        return self.one(project, ProjectSerializer)

    @extend_schema(request=ProjectSerializer, responses=ProjectSerializer)
    def patch(self, request: Request, project_id: UUID) -> Response:
        """Edit a project; `globalStyle` is a merge patch."""
        project = get_project(access=self.access, project_id=project_id)
        values: dict[str, Any] = self.shape(ProjectSerializer, partial=True)
        edited = edit_project(
            project=project,
            by=actor_of(self.access),
            expected=self.expected_version(project),
            style_patch=values.pop("global_style", None),
            **values,
        )
        return self.answer(edited)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, project_id: UUID) -> Response:
        """Put a project into the bin, from which it can be restored for 30 days."""
        project = get_project(access=self.access, project_id=project_id)
        expected = self.expected_version(project)
        remove_project(project=project, by=actor_of(self.access), expected=expected)
        return Response(status=204)


class ProjectArchiveView(_ProjectAnswer):
    """Putting a project aside."""

    @extend_schema(request=None, responses=ProjectSerializer)
    def post(self, request: Request, project_id: UUID) -> Response:
        """Archive a project: it stays readable and does not count against the plan."""
        project = get_project(access=self.access, project_id=project_id)
        expected = self.expected_version(project)
        by = actor_of(self.access)
        return self.answer(
            edit_project(project=project, by=by, expected=expected, is_archived=True)
        )


class ProjectRestoreView(_ProjectAnswer):
    """Taking a project back."""

    @extend_schema(request=None, responses=ProjectSerializer)
    def post(self, request: Request, project_id: UUID) -> Response:
        """Take a project out of the bin, or out of the archive."""
        project = get_project(access=self.access, project_id=project_id, deleted=None)
        return self.answer(restore_project(project=project, by=actor_of(self.access)))


class ProjectDuplicateView(_ProjectAnswer):
    """Copying a project."""

    @extend_schema(request=None, responses={201: ProjectSerializer})
    def post(self, request: Request, project_id: UUID) -> Response:
        """Copy a project with its scenes, beats, media, bible and pictures, without its chat."""
        project = get_project(access=self.access, project_id=project_id)
        return self.answer(duplicate_project(project=project, by=actor_of(self.access)), status=201)
