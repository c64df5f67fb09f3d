"""Exported files for staff, to read: a service writes and removes them."""

from django.contrib import admin

from canvas.core.admin import ReadOnlyAdmin
from scenes.models import Export


@admin.register(Export)
class ExportAdmin(ReadOnlyAdmin[Export]):
    """Files that were made of projects."""

    list_display = [
        "file_name", "project", "format", "size_bytes", "watermark", "created_at", "finished_at",
    ]  # fmt: skip
    list_filter = ["format", ("finished_at", admin.EmptyFieldListFilter)]
    list_select_related = ["project"]
    search_fields = ["file_name", "project__title", "=id", "=job_id", "=sha256"]
    date_hierarchy = "created_at"
