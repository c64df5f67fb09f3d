"""What a scene was: snapshots, versions of its prompt, and its media."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from canvas.workspaces.views import CanvasAPIView
from scenes.api.actor import actor_of
from scenes.api.serializers import (
    SceneMediaSerializer,
    SceneSerializer,
    SceneVersionSerializer,
    SnapshotSerializer,
)
from scenes.selectors import get_scene, get_snapshot, list_media, list_snapshots, list_versions
from scenes.services.media import add_media
from scenes.services.snapshots import record_version, restore_snapshot, take_snapshot


class SnapshotListView(CanvasAPIView):
    """The frozen states of one scene."""

    ordering = ["created_at"]

    @extend_schema(operation_id="snapshots_list", responses=SnapshotSerializer(many=True))
    def get(self, request: Request, scene_id: UUID) -> Response:
        """List the snapshots, oldest first."""
        return self.page(list_snapshots(access=self.access, scene_id=scene_id), SnapshotSerializer)

    @extend_schema(request=SnapshotSerializer, responses={201: SnapshotSerializer})
    def post(self, request: Request, scene_id: UUID) -> Response:
        """Freeze the scene as it is now."""
        scene = get_scene(access=self.access, scene_id=scene_id)
        values = self.shape(SnapshotSerializer)
        snapshot = take_snapshot(scene=scene, by=actor_of(self.access), **values)
        return self.one(snapshot, SnapshotSerializer, status=201)


class SnapshotView(CanvasAPIView):
    """One frozen state."""

    @extend_schema(responses=SnapshotSerializer)
    def get(self, request: Request, scene_id: UUID, snapshot_id: UUID) -> Response:
        """Read a snapshot."""
        snapshot = get_snapshot(access=self.access, scene_id=scene_id, snapshot_id=snapshot_id)
        return self.one(snapshot, SnapshotSerializer)


class SnapshotRestoreView(CanvasAPIView):
    """Going back to a frozen state."""

    @extend_schema(request=None, responses=SceneSerializer)
    def post(self, request: Request, scene_id: UUID, snapshot_id: UUID) -> Response:
        """Put the scene back into this state; a change like any other, so it can be undone."""
        snapshot = get_snapshot(access=self.access, scene_id=scene_id, snapshot_id=snapshot_id)
        self.expected_version(snapshot.scene)
        restored = restore_snapshot(snapshot=snapshot, by=actor_of(self.access))
        return self.one(restored, SceneSerializer)


class SceneVersionListView(CanvasAPIView):
    """The iterations of one scene's compiled prompt."""

    ordering = ["number"]

    @extend_schema(operation_id="scene_versions_list", responses=SceneVersionSerializer(many=True))
    def get(self, request: Request, scene_id: UUID) -> Response:
        """List the versions, oldest first."""
        rows = list_versions(access=self.access, scene_id=scene_id)
        return self.page(rows, SceneVersionSerializer)

    @extend_schema(request=SceneVersionSerializer, responses={201: SceneVersionSerializer})
    def post(self, request: Request, scene_id: UUID) -> Response:
        """Record the present prompt, or the given one, as the next version."""
        scene = get_scene(access=self.access, scene_id=scene_id)
        values = self.shape(SceneVersionSerializer)
        version = record_version(scene=scene, by=actor_of(self.access), **values)
        return self.one(version, SceneVersionSerializer, status=201)


class SceneMediaView(CanvasAPIView):
    """The media of one scene."""

    ordering = ["order"]

    @extend_schema(operation_id="scene_media_list", responses=SceneMediaSerializer(many=True))
    def get(self, request: Request, scene_id: UUID) -> Response:
        """List the media in their order."""
        rows = list_media(access=self.access, scene_id=scene_id)
        return self.page(rows, SceneMediaSerializer)

    @extend_schema(request=SceneMediaSerializer, responses={201: SceneMediaSerializer})
    def post(self, request: Request, scene_id: UUID) -> Response:
        """Attach a picture of the project, or an address elsewhere."""
        scene = get_scene(access=self.access, scene_id=scene_id)
        values = self.shape(SceneMediaSerializer)
        medium = add_media(scene=scene, by=actor_of(self.access), **values)
        return self.one(medium, SceneMediaSerializer, status=201)
