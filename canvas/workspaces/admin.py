"""The tenant's tables for staff: plans can be edited, tokens only read."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from canvas.workspaces.models import ApiToken, Membership, Plan, User, Workspace


class MembershipInline(admin.TabularInline[Membership, Workspace]):
    """The people of a workspace, on its page."""

    model = Membership
    extra = 0
    fields = ["user", "role"]
    autocomplete_fields = ["user"]


@admin.register(Plan)
class PlanAdmin(admin.ModelAdmin[Plan]):
    """What each plan allows: data, to edit."""

    list_display = [
        "name",
        "key",
        "is_default",
        "max_projects",
        "tokens_a_month",
        "images_a_month",
        "budget_nusd_a_month",
        "watermark",
    ]
    list_filter = ["is_default", "watermark"]
    search_fields = ["key", "name"]


@admin.register(Workspace)
class WorkspaceAdmin(admin.ModelAdmin[Workspace]):
    """The tenants."""

    list_display = ["name", "plan", "created_at", "deleted_at"]
    list_filter = ["plan", "deleted_at"]
    list_select_related = ["plan"]
    search_fields = ["name", "id"]
    readonly_fields = ["id", "version", "created_at", "modified_at"]
    date_hierarchy = "created_at"
    inlines = [MembershipInline]


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin[Membership]):
    """Who is where."""

    list_display = ["user", "workspace", "role", "created_at"]
    list_filter = ["role"]
    list_select_related = ["user", "workspace"]
    search_fields = ["user__username", "user__email", "workspace__name"]
    autocomplete_fields = ["user", "workspace"]


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin[ApiToken]):
    """Tokens, to read; they are made and revoked by the workspace's owners."""

    list_display = [
        "name",
        "hint",
        "workspace",
        "scope",
        "last_used_at",
        "expires_at",
        "revoked_at",
    ]
    list_filter = ["scope", "revoked_at"]
    list_select_related = ["workspace"]
    search_fields = ["name", "hint", "workspace__name"]
    exclude = ["digest"]
    date_hierarchy = "created_at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds a token here: its text could not be shown."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        """Nobody edits a token."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        """Nobody deletes a token: revoking keeps its trace."""
        return False


admin.site.register(User, UserAdmin)
