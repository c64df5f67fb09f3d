"""Projects for staff."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from canvas.core.admin import link_to, on_each
from scenes.admin.jsontext import patch_between
from scenes.admin.service import ServiceAdmin, by
from scenes.api.shapes import AestheticSerializer, GlobalStyleSerializer, texts
from scenes.models import Project
from scenes.services import projects
from scenes.services.bible import edit_aesthetic
from scenes.services.changes import recording

_TABLES = {
    "scene": "Scenes",
    "bibleentry": "Bible",
    "visualasset": "Pictures",
    "changeset": "Changes",
    "event": "Events",
}


@admin.register(Project)
class ProjectAdmin(ServiceAdmin[Project]):
    """Films: edited, deleted into the bin and taken out of it, each act a change-set."""

    list_display = ["title", "workspace", "is_archived", "created_at", "modified_at", "deleted_at"]
    list_filter = ["is_archived", ("deleted_at", admin.EmptyFieldListFilter)]
    list_select_related = ["workspace"]
    search_fields = ["title", "logline", "workspace__name", "=id"]
    fields = [
        "workspace", "title", "logline", "description", "tags", "aspect_ratio", "target_model",
        "global_style", "aesthetic", "is_archived", "parts", "id", "client_key", "version",
        "created_at", "modified_at", "deleted_at",
    ]  # fmt: skip
    readonly_fields = [
        "parts", "id", "client_key", "version", "created_at", "modified_at", "deleted_at",
    ]  # fmt: skip
    parents = ("workspace",)
    autocomplete_fields = ["workspace"]
    date_hierarchy = "created_at"
    actions = ["remove", "restore"]
    shapes = {
        "tags": texts(most=50, longest=80),
        "global_style": GlobalStyleSerializer(),
        "aesthetic": AestheticSerializer(),
    }

    @admin.display(description="what is in it")
    def parts(self, row: Project) -> SafeString:
        """Link to the project's rows in each table."""
        links = (
            (link_to(f"scenes_{table}_changelist", text, project__id__exact=row.pk),)
            for table, text in _TABLES.items()
        )
        return format_html_join(" · ", "{}", links)

    def add_row(self, request: HttpRequest, values: dict[str, Any]) -> Project:
        """Start a project."""
        aesthetic = values.pop("aesthetic", None)
        row = projects.add_project(by=by(request), **values)
        if aesthetic:
            edit_aesthetic(project=row, by=by(request), patch=aesthetic)
        return row

    def edit_row(
        self, request: HttpRequest, row: Project, expected: int | None, values: dict[str, Any]
    ) -> None:
        """Change a project and its aesthetic as one act."""
        style, aesthetic = values.pop("global_style", None), values.pop("aesthetic", None)
        with recording(project_id=row.pk, by=by(request), summary=f"Edited “{row.title}”"):
            projects.edit_project(
                project=row,
                by=by(request),
                expected=expected,
                style_patch=None if style is None else patch_between(row.global_style, style),
                **values,
            )
            if aesthetic is not None:
                patch = patch_between(row.aesthetic, aesthetic)
                edit_aesthetic(project=row, by=by(request), patch=patch)

    def remove_row(self, request: HttpRequest, row: Project) -> None:
        """Delete a project into the bin."""
        projects.remove_project(project=row, by=by(request))

    @admin.action(permissions=["act"], description="Restore")
    def restore(self, request: HttpRequest, rows: QuerySet[Project]) -> HttpResponse | None:
        """Take each project out of the bin, or else out of the archive."""

        def act(row: Project) -> str:
            was = row.version
            restored = projects.restore_project(project=row, by=by(request))
            return "restored" if restored.version != was else "was neither deleted nor archived"

        return on_each(self, request, rows, act)
