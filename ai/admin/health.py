"""Models that fail, and how long they rest."""

from django.contrib import admin
from django.http import HttpRequest

from ai.models import ModelHealth
from canvas.core.admin import ShownAdmin


@admin.register(ModelHealth)
class ModelHealthAdmin(ShownAdmin[ModelHealth]):
    """Nobody writes here by hand; deleting a row lets its model be asked again at once."""

    list_display = ["slug", "failures", "closed_until"]
    list_filter = [("closed_until", admin.EmptyFieldListFilter)]
    search_fields = ["slug"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds a row."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: ModelHealth | None = None) -> bool:
        """Nobody edits a row."""
        return False
