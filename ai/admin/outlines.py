"""Proposed structures for staff: read, accepted, rejected."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from ai.models import Outline
from ai.services.outlines import accept_outline, reject_outline
from canvas.core.admin import ReadOnlyAdmin, on_each
from canvas.workspaces.admin import person
from scenes.services.changes import Actor


@admin.register(Outline)
class OutlineAdmin(ReadOnlyAdmin[Outline]):
    """Proposals: decided by acts, never edited."""

    list_display = [
        "number", "title", "project", "source", "status", "model_served", "simulated",
        "created_at",
    ]  # fmt: skip
    list_display_links = ["number", "title"]
    list_filter = ["status", "simulated"]
    list_select_related = ["project"]
    search_fields = ["title", "logline", "project__title", "=id", "=job__id"]
    ordering = ["-created_at", "-id"]
    date_hierarchy = "created_at"
    actions = ["accept", "reject"]

    @admin.action(permissions=["act"], description="Accept whole")
    def accept(self, request: HttpRequest, rows: QuerySet[Outline]) -> HttpResponse | None:
        """Apply each proposal to its project, as one change-set each."""
        by = Actor.human(person(request).pk)

        def act(row: Outline) -> str:
            return _said(row, accept_outline(outline=row, by=by))

        return on_each(self, request, rows, act)

    @admin.action(permissions=["act"], description="Reject")
    def reject(self, request: HttpRequest, rows: QuerySet[Outline]) -> HttpResponse | None:
        """Say no to each proposal."""

        def act(row: Outline) -> str:
            return _said(row, reject_outline(outline=row))

        return on_each(self, request, rows, act)


def _said(before: Outline, after: Outline) -> str:
    return (
        f"was {after.status} before" if after.status == before.status else f"is {after.status} now"
    )
