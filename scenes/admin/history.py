"""What happened, to read: change-sets, events, snapshots, versions."""

from typing import ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from canvas.core.admin import ReadOnlyAdmin
from scenes.models import ChangeSet, Event, FeedCounter, SceneVersion, Snapshot


@admin.register(ChangeSet)
class ChangeSetAdmin(ReadOnlyAdmin[ChangeSet]):
    """Everything one act changed, with before and after."""

    list_display = ["summary", "project", "actor", "created_at"]
    list_filter = ["actor"]
    list_select_related = ["project"]
    search_fields = ["summary", "project__title", "=id", "=job_id", "=message_id", "=user_id"]
    date_hierarchy = "created_at"


class FamilyFilter(admin.SimpleListFilter):
    """Events by the first half of their names; reading the names from the table would scan it."""

    title = "family"
    parameter_name = "family"
    families: ClassVar[tuple[str, ...]] = (
        "message", "text", "reasoning", "tool", "approval", "change", "project", "scene", "beat",
        "entry", "asset", "media", "snapshot", "outline", "job", "usage", "error",
    )  # fmt: skip

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """Offer every family."""
        return [(family, family) for family in self.families]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        """Keep one family."""
        family = self.value()
        return queryset if family is None else queryset.filter(name__startswith=family)


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin[Event]):
    """The projects' feeds."""

    list_display = ["name", "project", "seq", "job_id", "created_at"]
    list_filter = [FamilyFilter]
    list_select_related = ["project"]
    search_fields = ["name", "project__title", "=job_id"]
    ordering = ["-id"]


@admin.register(FeedCounter)
class FeedCounterAdmin(ReadOnlyAdmin[FeedCounter]):
    """How far each project's feed is."""

    list_display = ["project", "last_seq", "kept_after"]
    list_select_related = ["project"]
    search_fields = ["project__title", "=project__id"]
    ordering = ["-project_id"]


@admin.register(Snapshot)
class SnapshotAdmin(ReadOnlyAdmin[Snapshot]):
    """Frozen states of scenes."""

    list_display = ["__str__", "scene", "created_at"]
    list_reads = ("notes",)
    list_select_related = ["scene"]
    list_filter = ["created_at"]
    search_fields = ["notes", "scene__title", "=id"]
    ordering = ["-created_at", "-id"]
    date_hierarchy = "created_at"


@admin.register(SceneVersion)
class SceneVersionAdmin(ReadOnlyAdmin[SceneVersion]):
    """Iterations of compiled prompts."""

    list_display = ["__str__", "scene", "number", "created_at"]
    list_select_related = ["scene"]
    list_filter = ["created_at"]
    search_fields = ["notes", "scene__title", "=id"]
    ordering = ["-created_at", "-id"]
    date_hierarchy = "created_at"
