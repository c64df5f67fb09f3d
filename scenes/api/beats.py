"""Beats of a scene: list, add, read, edit, delete, move."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from canvas.workspaces.views import CanvasAPIView
from scenes.api.actor import actor_of
from scenes.api.serializers import BeatSerializer, MoveSerializer
from scenes.selectors import get_beat, get_scene, list_beats
from scenes.services.beats import add_beat, edit_beat, move_beat, remove_beat


class BeatListView(CanvasAPIView):
    """The beats of one scene."""

    ordering = ["order"]

    @extend_schema(operation_id="beats_list", responses=BeatSerializer(many=True))
    def get(self, request: Request, scene_id: UUID) -> Response:
        """List the beats in their order."""
        return self.page(list_beats(access=self.access, scene_id=scene_id), BeatSerializer)

    @extend_schema(request=BeatSerializer, responses={201: BeatSerializer})
    def post(self, request: Request, scene_id: UUID) -> Response:
        """Add a beat at the end."""
        scene = get_scene(access=self.access, scene_id=scene_id)
        beat = add_beat(scene=scene, by=actor_of(self.access), **self.shape(BeatSerializer))
        return self.one(beat, BeatSerializer, status=201)


class BeatView(CanvasAPIView):
    """One beat."""

    @extend_schema(responses=BeatSerializer)
    def get(self, request: Request, beat_id: UUID) -> Response:
        """Read a beat."""
        return self.one(get_beat(access=self.access, beat_id=beat_id), BeatSerializer)

    @extend_schema(request=BeatSerializer, responses=BeatSerializer)
    def patch(self, request: Request, beat_id: UUID) -> Response:
        """Edit a beat; `shot` is a merge patch."""
        beat = get_beat(access=self.access, beat_id=beat_id)
        values = self.shape(BeatSerializer, partial=True)
        edited = edit_beat(
            beat=beat,
            by=actor_of(self.access),
            expected=self.expected_version(beat),
            shot_patch=values.pop("shot", None),
            **values,
        )
        return self.one(edited, BeatSerializer)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, beat_id: UUID) -> Response:
        """Delete a beat; the ones behind it close up."""
        beat = get_beat(access=self.access, beat_id=beat_id)
        expected = self.expected_version(beat)
        remove_beat(beat=beat, by=actor_of(self.access), expected=expected)
        return Response(status=204)


class BeatMoveView(CanvasAPIView):
    """The place of one beat."""

    @extend_schema(request=MoveSerializer, responses=BeatSerializer)
    def post(self, request: Request, beat_id: UUID) -> Response:
        """Put a beat behind another one of its scene, or first."""
        beat = get_beat(access=self.access, beat_id=beat_id)
        self.expected_version(beat)
        after = self.shape(MoveSerializer)["after"]
        return self.one(move_beat(beat=beat, by=actor_of(self.access), after=after), BeatSerializer)
