"""Scenes: list, add, read, edit, delete, move, set their status."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from canvas.workspaces.views import CanvasAPIView
from scenes.api import queries
from scenes.api.actor import actor_of
from scenes.api.serializers import MoveSerializer, SceneSerializer, SceneStatusSerializer
from scenes.models import SceneStatus
from scenes.selectors import get_project, get_scene, list_scenes
from scenes.services.scenes import add_scene, edit_scene, move_scene, remove_scene, set_status
from scenes.services.templates import add_scene_from


class SceneListView(CanvasAPIView):
    """The scenes of one project."""

    ordering = ["order"]
    ordering_fields = {
        "order": "order",
        "createdAt": "created_at",
        "modifiedAt": "modified_at",
        "title": "title",
    }
    filters = [
        queries.choices("status", SceneStatus.values, "Only scenes with this status."),
        queries.SEARCH,
    ]

    @extend_schema(
        operation_id="scenes_list", responses=SceneSerializer(many=True), parameters=filters
    )
    def get(self, request: Request, project_id: UUID) -> Response:
        """List the scenes in the film's order."""
        rows = list_scenes(
            access=self.access,
            project_id=project_id,
            status=queries.choice(request, "status", SceneStatus.values),
            search=queries.search_text(request),
        )
        return self.page(rows, SceneSerializer)

    @extend_schema(request=SceneSerializer, responses={201: SceneSerializer})
    def post(self, request: Request, project_id: UUID) -> Response:
        """Add a scene at the end, blank or from a template."""
        project = get_project(access=self.access, project_id=project_id)
        values: dict[str, Any] = self.shape(SceneSerializer)
        add = add_scene_from if "template_id" in values else add_scene
        scene = add(project=project, by=actor_of(self.access), **values)
        return self.one(scene, SceneSerializer, status=201)


class SceneView(CanvasAPIView):
    """One scene."""

    @extend_schema(responses=SceneSerializer)
    def get(self, request: Request, scene_id: UUID) -> Response:
        """Read a scene."""
        return self.one(get_scene(access=self.access, scene_id=scene_id), SceneSerializer)

    @extend_schema(request=SceneSerializer, responses=SceneSerializer)
    def patch(self, request: Request, scene_id: UUID) -> Response:
        """Edit a scene that is not locked; `promptSlots` is a merge patch."""
        scene = get_scene(access=self.access, scene_id=scene_id)
        values: dict[str, Any] = self.shape(SceneSerializer, partial=True)
        edited = edit_scene(
            scene=scene,
            by=actor_of(self.access),
            expected=self.expected_version(scene),
            slots_patch=values.pop("prompt_slots", None),
            **values,
        )
        return self.one(edited, SceneSerializer)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, scene_id: UUID) -> Response:
        """Delete a scene that is not locked; the ones behind it close up."""
        scene = get_scene(access=self.access, scene_id=scene_id)
        expected = self.expected_version(scene)
        remove_scene(scene=scene, by=actor_of(self.access), expected=expected)
        return Response(status=204)


class SceneMoveView(CanvasAPIView):
    """The place of one scene."""

    @extend_schema(request=MoveSerializer, responses=SceneSerializer)
    def post(self, request: Request, scene_id: UUID) -> Response:
        """Put a scene behind another one, or first."""
        scene = get_scene(access=self.access, scene_id=scene_id)
        self.expected_version(scene)
        after = self.shape(MoveSerializer)["after"]
        moved = move_scene(scene=scene, by=actor_of(self.access), after=after)
        return self.one(moved, SceneSerializer)


class SceneStatusView(CanvasAPIView):
    """How settled one scene is."""

    @extend_schema(request=SceneStatusSerializer, responses=SceneSerializer)
    def post(self, request: Request, scene_id: UUID) -> Response:
        """Set the status; the only edit that a locked scene takes."""
        scene = get_scene(access=self.access, scene_id=scene_id)
        edited = set_status(
            scene=scene,
            by=actor_of(self.access),
            status=self.shape(SceneStatusSerializer)["status"],
            expected=self.expected_version(scene),
        )
        return self.one(edited, SceneSerializer)
