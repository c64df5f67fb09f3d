"""The visual bible for staff."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from rest_framework import serializers

from scenes.admin.service import ServiceAdmin, by
from scenes.api.shapes import StateSerializer, texts
from scenes.models import BibleEntry
from scenes.services import bible


@admin.register(BibleEntry)
class BibleEntryAdmin(ServiceAdmin[BibleEntry]):
    """People, places, props and styles of a film."""

    list_display = ["name", "category", "project", "modified_at", "deleted_at"]
    list_filter = ["category", ("deleted_at", admin.EmptyFieldListFilter)]
    list_select_related = ["project"]
    search_fields = ["name", "description", "project__title", "=id"]
    ordering = ["-created_at", "-id"]
    fields = [
        "project", "category", "name", "aliases", "description", "tags", "states", "assets",
        "origin", "id", "client_key", "version", "created_at", "modified_at", "deleted_at",
    ]  # fmt: skip
    readonly_fields = [
        "assets", "origin", "id", "client_key", "version", "created_at", "modified_at",
        "deleted_at",
    ]  # fmt: skip
    parents = ("project",)
    autocomplete_fields = ["project"]
    date_hierarchy = "created_at"
    shapes = {
        "aliases": texts(),
        "tags": texts(),
        "states": serializers.ListField(child=StateSerializer()),
    }

    def add_row(self, request: HttpRequest, values: dict[str, Any]) -> BibleEntry:
        """Add an entry."""
        return bible.add_entry(by=by(request), **values)

    def edit_row(
        self, request: HttpRequest, row: BibleEntry, expected: int | None, values: dict[str, Any]
    ) -> None:
        """Change an entry."""
        bible.edit_entry(entry=row, by=by(request), expected=expected, **values)

    def remove_row(self, request: HttpRequest, row: BibleEntry) -> None:
        """Delete an entry; it stays restorable."""
        bible.remove_entry(entry=row, by=by(request))
