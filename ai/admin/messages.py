"""The conversations for staff."""

from django.contrib import admin
from django.template.defaultfilters import truncatechars

from ai.models import ChatMessage
from canvas.core.admin import ReadOnlyAdmin

EXCERPT_CHARS = 80


@admin.register(ChatMessage)
class ChatMessageAdmin(ReadOnlyAdmin[ChatMessage]):
    """What was said, by whom, with which tools: the state of a turn, so nobody edits it."""

    list_display = ["created_at", "project", "position", "role", "excerpt", "status", "simulated"]
    list_reads = ("content",)
    list_filter = ["role", "status", "simulated"]
    list_select_related = ["project"]
    search_fields = ["content", "project__title", "model_served", "=id", "=job__id"]
    ordering = ["-created_at", "-id"]
    date_hierarchy = "created_at"

    @admin.display(description="content")
    def excerpt(self, row: ChatMessage) -> str:
        """Show how it begins."""
        return truncatechars(row.content, EXCERPT_CHARS)
