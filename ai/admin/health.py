"""Models and providers that fail and how long they rest; free calls that were counted."""

from django.contrib import admin
from django.http import HttpRequest

from ai.models import ModelHealth, RateWindow
from canvas.core.admin import ReadOnlyAdmin, ShownAdmin


@admin.register(ModelHealth)
class ModelHealthAdmin(ShownAdmin[ModelHealth]):
    """Nobody writes here by hand; deleting a row lets its model be asked again at once."""

    list_display = ["slug", "provider", "failures", "closed_until", "reason"]
    list_filter = [
        ("closed_until", admin.EmptyFieldListFilter),
        ("provider", admin.EmptyFieldListFilter),
    ]
    search_fields = ["slug", "provider"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds a row."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: ModelHealth | None = None) -> bool:
        """Nobody edits a row."""
        return False


@admin.register(RateWindow)
class RateWindowAdmin(ReadOnlyAdmin[RateWindow]):
    """How many free calls an account has made in a minute or a day."""

    list_display = ["key", "used", "ends_at"]
    search_fields = ["key"]
    ordering = ["-ends_at"]
