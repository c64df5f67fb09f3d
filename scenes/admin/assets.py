"""Pictures and the media of scenes for staff."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join

from canvas.core.admin import ReadOnlyAdmin
from scenes.admin.service import ServiceAdmin, by
from scenes.api.shapes import texts
from scenes.media import media_url
from scenes.models import SceneMedia, VisualAsset
from scenes.services import assets


@admin.register(VisualAsset)
class VisualAssetAdmin(ServiceAdmin[VisualAsset]):
    """Pictures: what is said of them is edited, what was measured is not."""

    list_display = [
        "__str__", "category", "project", "content_type", "width", "height", "analyzed_at",
        "created_at", "deleted_at",
    ]  # fmt: skip
    list_filter = [
        "category",
        ("analyzed_at", admin.EmptyFieldListFilter),
        ("deleted_at", admin.EmptyFieldListFilter),
    ]
    list_select_related = ["project"]
    search_fields = ["label", "file_name", "description", "project__title", "=sha256", "=id"]
    ordering = ["-created_at", "-id"]
    fields = [
        "project", "label", "category", "description", "tags", "mood", "file_name", "preview",
        "files", "external_url", "content_type", "size_bytes", "width",
        "height", "sha256", "dhash", "palette", "measured", "model_palette", "analyzed_at",
        "duplicate_of", "origin", "id", "client_key", "version", "created_at", "modified_at",
        "deleted_at",
    ]  # fmt: skip
    readonly_fields = [
        "project", "file_name", "preview", "files", "external_url",
        "content_type", "size_bytes", "width", "height", "sha256", "dhash", "palette",
        "measured", "model_palette", "analyzed_at", "duplicate_of", "origin", "id",
        "client_key", "version", "created_at", "modified_at", "deleted_at",
    ]  # fmt: skip
    date_hierarchy = "created_at"
    shapes = {"tags": texts()}

    @admin.display(description="preview")
    def preview(self, row: VisualAsset) -> str:
        """Show the thumbnail."""
        if not row.thumbnail:
            return "-"
        address = media_url(str(row.thumbnail.name))
        return format_html('<img src="{}" alt="{}" style="max-height: 240px">', address, str(row))

    @admin.display(description="files")
    def files(self, row: VisualAsset) -> str:
        """Link to the picture, and to what models are shown of it."""
        files = {"picture": row.picture, "as models see it": row.model_input}
        links = ((media_url(str(file.name)), text) for text, file in files.items() if file)
        return format_html_join(" · ", '<a href="{}">{}</a>', links) or "-"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Pictures come in through the picture door."""
        return False

    def edit_row(
        self, request: HttpRequest, row: VisualAsset, expected: int | None, values: dict[str, Any]
    ) -> None:
        """Change what is said of a picture."""
        assets.edit_asset(asset=row, by=by(request), expected=expected, **values)

    def remove_row(self, request: HttpRequest, row: VisualAsset) -> None:
        """Delete a picture; row and files stay restorable."""
        assets.remove_asset(asset=row, by=by(request))


@admin.register(SceneMedia)
class SceneMediaAdmin(ReadOnlyAdmin[SceneMedia]):
    """What hangs on scenes."""

    list_display = ["__str__", "scene", "order", "asset", "status", "created_at"]
    list_reads = ("url",)
    list_filter = ["status"]
    list_select_related = ["scene", "asset"]
    search_fields = ["url", "scene__title", "=id"]
    ordering = ["-created_at", "-id"]
    date_hierarchy = "created_at"
