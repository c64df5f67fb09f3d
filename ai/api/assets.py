"""Pictures: uploaded and listed here, because an upload may start an analysis."""

from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ai.api.answers import accepted, address_of, on_wire
from ai.api.serializers import (
    AnalyzeSerializer,
    JobSerializer,
    UploadedSerializer,
    UploadSerializer,
)
from ai.models import Job, Task
from ai.services.choosing import asked_model
from ai.services.vision import request_analysis
from canvas.core import openapi
from canvas.core.errors import Conflict, TooLarge, Unaffordable
from canvas.core.forms import UploadParser
from canvas.core.problems import as_problem
from canvas.workspaces.views import CanvasAPIView
from scenes.api.actor import actor_of
from scenes.api.queries import flag, flags
from scenes.api.serializers import AssetSerializer
from scenes.selectors import get_asset, get_project, list_assets
from scenes.services.assets import store_picture

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

    from scenes.models import VisualAsset

LOCATION = OpenApiParameter(
    "Location",
    str,
    OpenApiParameter.HEADER,
    response=[201],
    description="The job's address, or the picture's when there is no job.",
)


class AssetsView(CanvasAPIView):
    """The pictures of one project."""

    parser_classes = [UploadParser]
    is_ai_work: ClassVar[bool] = True
    ordering: ClassVar[list[str]] = ["created_at"]

    @extend_schema(operation_id="assets_list", responses=AssetSerializer(many=True))
    def get(self, request: Request, project_id: UUID) -> Response:
        """List the pictures, oldest first."""
        return self.page(list_assets(access=self.access, project_id=project_id), AssetSerializer)

    @extend_schema(
        operation_id="assets_create",
        parameters=[LOCATION, flags("analyze", "False only stores the picture.")],
        request={"multipart/form-data": UploadSerializer},
        responses={201: OpenApiResponse(UploadedSerializer, "Stored; the job describes it.")},
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        """Upload a picture; unless `analyze` is false, a job describes it."""
        project = get_project(access=self.access, project_id=project_id)
        given = self.shape(UploadSerializer)
        file, analyze, model = given.pop("file"), given.pop("analyze"), given.pop("model", None)
        asked = flag(request, "analyze")  # the form's field or the address may say it
        analyze = analyze if asked is None else asked
        if analyze:
            # Before the picture is kept: a wrong model refuses the whole upload.
            asked_model(self.access.workspace, project.pk, Task.VISION, model)
        asset = store_picture(
            project=project,
            by=actor_of(self.access),
            data=_bytes_of(file),
            file_name=file.name,
            **given,
        )
        job, problem = self._analysis(asset, model) if analyze else (None, None)
        context = {"request": request, "view": self}
        body = {
            "asset": AssetSerializer(asset, context=context).data,
            "job": on_wire(job, self.access) if job else None,
            "problem": problem,
        }
        here = reverse("asset", args=[asset.pk])
        location = address_of(job) if job else here
        headers = {"Location": location, "Content-Location": here}
        return Response(body, status=201, headers=headers)

    def _analysis(
        self, asset: "VisualAsset", model: str | None
    ) -> tuple[Job | None, dict[str, Any] | None]:
        """Submit the analysis, or say why it cannot be paid; the picture is kept all the same."""
        try:
            return request_analysis(access=self.access, asset=asset, model=model), None
        except (Unaffordable, Conflict) as exc:  # no money, or a key that is refused
            return None, as_problem(exc)


class AssetAnalyzeView(CanvasAPIView):
    """The analysis of one picture."""

    is_ai_work: ClassVar[bool] = True

    @extend_schema(
        operation_id="assets_analyze",
        request=AnalyzeSerializer,
        responses=openapi.accepted(JobSerializer),
    )
    def post(self, request: Request, asset_id: UUID) -> Response:
        """Have a picture described (again)."""
        asset = get_asset(access=self.access, asset_id=asset_id)
        given = self.shape(AnalyzeSerializer)
        return accepted(request_analysis(access=self.access, asset=asset, **given), self)


def _bytes_of(file: "UploadedFile[Any]") -> bytes:
    """Read an upload into memory, once its size is known to be within the limit."""
    limit = settings.UPLOAD_LIMIT_BYTES
    if (file.size or 0) > limit:
        raise TooLarge(f"A picture may have at most {limit} bytes.")
    data: bytes = file.read()
    return data
