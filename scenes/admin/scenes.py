"""Scenes and their beats for staff. A locked scene refuses here as it does everywhere."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from canvas.core.admin import link_to, on_each
from scenes.admin.jsontext import patch_between
from scenes.admin.service import ServiceAdmin, by
from scenes.api.shapes import FreeMapField, texts
from scenes.models import Beat, Scene, SceneStatus
from scenes.services import beats, scenes

_TABLES = {
    "beat": "Beats",
    "scenemedia": "Media",
    "snapshot": "Snapshots",
    "sceneversion": "Versions",
}


@admin.register(Scene)
class SceneAdmin(ServiceAdmin[Scene]):
    """Scenes: edited, locked and unlocked; a change of slots compiles the prompt anew."""

    list_display = [
        "title",
        "project",
        "order",
        "status",
        "duration_s",
        "modified_at",
        "deleted_at",
    ]
    list_filter = ["status", ("deleted_at", admin.EmptyFieldListFilter)]
    list_select_related = ["project"]
    search_fields = ["title", "notes", "location", "project__title", "=id"]
    ordering = ["-created_at", "-id"]
    fields = [
        "project", "order", "title", "notes", "status", "selected_model", "prompt_slots",
        "compiled_prompt", "location", "cast", "duration_s", "parts", "source_span", "origin",
        "id", "client_key", "version", "created_at", "modified_at", "deleted_at",
    ]  # fmt: skip
    readonly_fields = [
        "order", "status", "compiled_prompt", "parts", "source_span", "origin", "id",
        "client_key", "version", "created_at", "modified_at", "deleted_at",
    ]  # fmt: skip
    parents = ("project",)
    autocomplete_fields = ["project"]
    date_hierarchy = "created_at"
    actions = ["lock", "unlock", "remove"]
    shapes = {"cast": texts()}

    @admin.display(description="what is in it")
    def parts(self, row: Scene) -> SafeString:
        """Link to the scene's rows in each table."""
        links = (
            (link_to(f"scenes_{table}_changelist", text, scene__id__exact=row.pk),)
            for table, text in _TABLES.items()
        )
        return format_html_join(" · ", "{}", links)

    def add_row(self, request: HttpRequest, values: dict[str, Any]) -> Scene:
        """Add a scene behind the others of its project."""
        return scenes.add_scene(by=by(request), **values)

    def edit_row(
        self, request: HttpRequest, row: Scene, expected: int | None, values: dict[str, Any]
    ) -> None:
        """Change a scene."""
        slots = values.pop("prompt_slots", None)
        patch = None if slots is None else patch_between(row.prompt_slots, slots)
        scenes.edit_scene(scene=row, by=by(request), expected=expected, slots_patch=patch, **values)

    def remove_row(self, request: HttpRequest, row: Scene) -> None:
        """Delete a scene; it stays restorable."""
        scenes.remove_scene(scene=row, by=by(request))

    @admin.action(permissions=["act"], description="Lock")
    def lock(self, request: HttpRequest, rows: QuerySet[Scene]) -> HttpResponse | None:
        """Lock each scene: nobody and nothing edits it until it is unlocked."""
        return self._set(SceneStatus.LOCKED, request, rows)

    @admin.action(permissions=["act"], description="Unlock")
    def unlock(self, request: HttpRequest, rows: QuerySet[Scene]) -> HttpResponse | None:
        """Set each locked scene to refining."""
        return self._set(SceneStatus.REFINING, request, rows)

    def _set(
        self, status: SceneStatus, request: HttpRequest, rows: QuerySet[Scene]
    ) -> HttpResponse | None:
        def act(row: Scene) -> str:
            if row.is_locked == (status == SceneStatus.LOCKED):
                return f"was {row.status} already"
            scenes.set_status(scene=row, by=by(request), status=status)
            return f"is {status.value} now"

        return on_each(self, request, rows, act)


@admin.register(Beat)
class BeatAdmin(ServiceAdmin[Beat]):
    """Beats and their camera set-ups."""

    list_display = ["summary", "scene", "order", "duration_s", "modified_at", "deleted_at"]
    list_filter = [("deleted_at", admin.EmptyFieldListFilter)]
    list_select_related = ["scene"]
    search_fields = ["summary", "purpose", "scene__title", "=id"]
    ordering = ["-created_at", "-id"]
    fields = [
        "scene", "order", "summary", "purpose", "duration_s", "shot", "origin", "id", "version",
        "created_at", "modified_at", "deleted_at",
    ]  # fmt: skip
    readonly_fields = [
        "order", "origin", "id", "version", "created_at", "modified_at", "deleted_at",
    ]  # fmt: skip
    parents = ("scene",)
    autocomplete_fields = ["scene"]
    date_hierarchy = "created_at"
    shapes = {"shot": FreeMapField()}

    def add_row(self, request: HttpRequest, values: dict[str, Any]) -> Beat:
        """Add a beat behind the others of its scene."""
        return beats.add_beat(by=by(request), **values)

    def edit_row(
        self, request: HttpRequest, row: Beat, expected: int | None, values: dict[str, Any]
    ) -> None:
        """Change a beat."""
        shot = values.pop("shot", None)
        patch = None if shot is None else patch_between(row.shot, shot)
        beats.edit_beat(beat=row, by=by(request), expected=expected, shot_patch=patch, **values)

    def remove_row(self, request: HttpRequest, row: Beat) -> None:
        """Delete a beat; the ones behind it close up."""
        beats.remove_beat(beat=row, by=by(request))
