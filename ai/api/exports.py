"""Exports: asked for here, because a job writes the file."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ai.api.answers import address_of, as_submitted
from ai.api.serializers import JobSerializer
from ai.services.exports import request_export
from canvas.core import openapi
from canvas.core.serializers import CamelSerializer, StrictChoiceField
from canvas.workspaces.models import Role
from canvas.workspaces.views import CanvasAPIView
from scenes.api.exports import FORMATS, ExportSerializer
from scenes.exported import list_exports
from scenes.selectors import get_project


class NewExportSerializer(CamelSerializer[Any]):
    """What to write the project as."""

    format = StrictChoiceField(
        choices=FORMATS, help_text="json, fountain and csv-shots so far; others answer 422."
    )


class ExportsView(CanvasAPIView):
    """The exported files of one project."""

    roles: ClassVar = {"POST": Role.COMMENTER}
    is_ai_work: ClassVar[bool] = True
    ordering: ClassVar[list[str]] = ["-created_at"]

    @extend_schema(operation_id="exports_list", responses=ExportSerializer(many=True))
    def get(self, request: Request, project_id: UUID) -> Response:
        """List the files, newest first."""
        return self.page(list_exports(access=self.access, project_id=project_id), ExportSerializer)

    @extend_schema(
        operation_id="exports_create",
        request=NewExportSerializer,
        responses=openapi.accepted(JobSerializer),
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        """Have the project written into a file; the job's result says where it is.

        No model is asked, so it costs nothing and works without a budget.
        """
        project = get_project(access=self.access, project_id=project_id)
        given = self.shape(NewExportSerializer)
        job = request_export(
            access=self.access,
            project=project,
            format=given["format"],
            base_url=str(request.build_absolute_uri("/")).rstrip("/"),
        )
        return Response(as_submitted(job), status=202, headers={"Location": address_of(job)})
