"""One picture of a project: read, describe, delete. Taking one in is AI work, and elsewhere."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from canvas.workspaces.views import CanvasAPIView
from scenes.api.actor import actor_of
from scenes.api.serializers import AssetSerializer
from scenes.selectors import get_asset
from scenes.services.assets import edit_asset, remove_asset


class AssetView(CanvasAPIView):
    """One picture."""

    @extend_schema(responses=AssetSerializer)
    def get(self, request: Request, asset_id: UUID) -> Response:
        """Read what is known of a picture."""
        return self.one(get_asset(access=self.access, asset_id=asset_id), AssetSerializer)

    @extend_schema(request=AssetSerializer, responses=AssetSerializer)
    def patch(self, request: Request, asset_id: UUID) -> Response:
        """Edit what is said of a picture."""
        asset = get_asset(access=self.access, asset_id=asset_id)
        values = self.shape(AssetSerializer, partial=True)
        expected = self.expected_version(asset)
        edited = edit_asset(asset=asset, by=actor_of(self.access), expected=expected, **values)
        return self.one(edited, AssetSerializer)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, asset_id: UUID) -> Response:
        """Delete a picture."""
        asset = get_asset(access=self.access, asset_id=asset_id)
        expected = self.expected_version(asset)
        remove_asset(asset=asset, by=actor_of(self.access), expected=expected)
        return Response(status=204)
