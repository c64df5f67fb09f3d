"""Exported files: described to the workspace, and served to who has the signed address."""

from datetime import timedelta
from http import HTTPStatus
from typing import Final
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from canvas.core.errors import Malformed
from canvas.core.etag import is_unchanged
from canvas.core.problems import problem_response
from canvas.core.serializers import CamelModelSerializer
from canvas.workspaces.views import CanvasAPIView
from scenes.exported import find_stored, get_export, read_file
from scenes.media import is_signed, media_url
from scenes.models import Export, ExportFormat
from scenes.services.bin import RESTORABLE_DAYS
from scenes.services.exports import KINDS

FOLDER: Final = "exports/"
FORMATS: Final = tuple(ExportFormat.values)
_HEADERS: Final = {
    "Cache-Control": "private, no-cache",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class ExportSerializer(CamelModelSerializer[Export]):
    """One exported file."""

    project_id = serializers.UUIDField(read_only=True)
    url = serializers.SerializerMethodField(help_text="Signed: whoever has it can fetch the file.")
    content_type = serializers.SerializerMethodField()
    bytes = serializers.IntegerField(source="size_bytes", read_only=True)
    watermark = serializers.SerializerMethodField(
        allow_null=True, help_text="The line that the file carries; null when it carries none."
    )
    expires_at = serializers.SerializerMethodField()

    class Meta:
        model = Export
        fields = [
            "id", "project_id", "job_id", "format", "file_name", "url", "content_type", "bytes",
            "sha256", "watermark", "created_at", "expires_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_url(self, export: Export) -> str:
        """Give the signed address of the file."""
        request = self.context.get("request")
        address = media_url(export.path)
        return address if request is None else str(request.build_absolute_uri(address))

    def get_content_type(self, export: Export) -> str:
        """Give what the file is served as."""
        return KINDS[export.format].content_type

    def get_watermark(self, export: Export) -> str | None:
        """Give the line in the file."""
        return export.watermark or None

    @extend_schema_field(serializers.DateTimeField())
    def get_expires_at(self, export: Export) -> str:
        """Give when the file is removed."""
        field = serializers.DateTimeField()
        return str(field.to_representation(export.created_at + timedelta(days=RESTORABLE_DAYS)))


class ExportView(CanvasAPIView):
    """One exported file."""

    @extend_schema(operation_id="exports_retrieve", responses=ExportSerializer)
    def get(self, request: Request, export_id: UUID) -> Response:
        """Read what a file holds, and where it is."""
        return self.one(get_export(access=self.access, export_id=export_id), ExportSerializer)


@require_safe
def stored_export(request: HttpRequest, path: str) -> HttpResponse:
    """Answer one file, to be saved and never shown. Wrong signature and missing look the same."""
    stored = f"{FOLDER}{path}"
    is_known = is_signed(stored, request.GET.get("sig", ""))
    export = find_stored(path=stored) if is_known else None
    if export is None:
        raise Http404
    headers = {**_HEADERS, "ETag": f'"{export.sha256}"'}
    try:
        if is_unchanged(request, headers["ETag"]):
            return HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers=headers)
        body = read_file(export)
    except Malformed as exc:
        return problem_response(exc)
    except FileNotFoundError as exc:
        raise Http404 from exc
    disposition = content_disposition_header(as_attachment=True, filename=export.file_name)
    headers["Content-Disposition"] = disposition or "attachment"
    return HttpResponse(body, content_type=KINDS[export.format].content_type, headers=headers)
