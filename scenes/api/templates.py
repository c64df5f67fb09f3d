"""The scene templates, which editors manage in the admin."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from canvas.workspaces.views import CanvasAPIView
from scenes.api.serializers import SceneTemplateSerializer
from scenes.selectors import list_templates


class TemplateListView(CanvasAPIView):
    """The scene templates."""

    ordering = ["order", "pk"]

    @extend_schema(operation_id="templates_list", responses=SceneTemplateSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the templates in the editors' order."""
        return self.page(list_templates(), SceneTemplateSerializer)
