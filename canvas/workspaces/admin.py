"""The tenant's tables for staff, and what the admin pages of all apps are made of.

A page reads rows and calls services. What is read-only is shown for people: JSON indented, money
as dollars, long text as it came (escaped).
"""

from collections.abc import Callable
from copy import copy
from typing import Any, Final, cast

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db import models
from django.db.models import QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest, HttpResponse

from canvas.core.admin import ReadOnlyAdmin, ReadOnlyInline, ShownAdmin, as_written, on_each, usd
from canvas.core.errors import Conflict
from canvas.workspaces import services
from canvas.workspaces.access import Access
from canvas.workspaces.models import (
    ApiToken,
    IdempotencyRecord,
    Membership,
    Plan,
    Role,
    User,
    Workspace,
)

LONGEST_BODY: Final = 20_000


def person(request: HttpRequest) -> User:
    """Give the member of staff behind a request."""
    return cast("User", request.user)


def acting_in(workspace: Workspace, request: HttpRequest) -> Access:
    """Let a member of staff act in a workspace as its owner could."""
    return Access(workspace=workspace, role=Role.OWNER, user=person(request))


class MembershipInline(ReadOnlyInline[Membership, Workspace]):
    """The people of a workspace, on its page; each leads to where a role is changed."""

    model = Membership
    fields = ["user", "role", "created_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        """Read the people along."""
        return super().get_queryset(request).select_related("user", "workspace")


@admin.register(Plan)
class PlanAdmin(ShownAdmin[Plan]):
    """What each plan allows: data, to edit."""

    unknown_usd = "no limit"
    list_display = [
        "name", "key", "is_default", "max_projects", "tokens_a_month", "images_a_month",
        "budget_nusd_a_month", "watermark",
    ]  # fmt: skip
    list_filter = ["is_default", "watermark"]
    search_fields = ["key", "name"]

    def get_readonly_fields(self, request: HttpRequest, obj: Plan | None = None) -> list[Any]:
        """Keep the key, which stacks and workspaces refer to, and show the budget in dollars."""
        return [] if obj is None else ["key", usd("budget_nusd_a_month", self.unknown_usd)]

    def save_model(
        self,
        request: HttpRequest,
        obj: Plan,
        form: Any,  # noqa: ANN401 Django's shape
        change: bool,  # noqa: FBT001 Django's shape
    ) -> None:
        """Write an edit through the service: workspaces' budgets follow."""
        if not change:
            super().save_model(request, obj, form, change)
            return
        services.edit_plan(
            plan=obj, **{name: form.cleaned_data[name] for name in form.changed_data}
        )

    def has_delete_permission(self, request: HttpRequest, obj: Plan | None = None) -> bool:
        """Keep the plan that new workspaces get."""
        is_default = obj is not None and obj.is_default
        return not is_default and super().has_delete_permission(request, obj)


@admin.register(Workspace)
class WorkspaceAdmin(ShownAdmin[Workspace]):
    """The tenants. A new one belongs to the member of staff who makes it."""

    unknown_usd = "as the plan"
    list_display = ["name", "plan", "budget_nusd_a_month", "created_at", "deleted_at"]
    list_filter = ["plan", ("deleted_at", admin.EmptyFieldListFilter)]
    list_select_related = ["plan"]
    search_fields = ["name", "=id"]
    fields = [
        "name", "plan", "budget_nusd_a_month", "budget_nusd_a_day", "second_message", "id",
        "version", "created_at", "modified_at", "deleted_at",
    ]  # fmt: skip
    readonly_fields = ["id", "version", "created_at", "modified_at", "deleted_at"]
    autocomplete_fields = ["plan"]
    date_hierarchy = "created_at"
    inlines = [MembershipInline]

    def save_model(
        self,
        request: HttpRequest,
        obj: Workspace,
        form: Any,  # noqa: ANN401 Django's shape
        change: bool,  # noqa: FBT001 Django's shape
    ) -> None:
        """Write through the service, so that the version rises."""
        values = {name: form.cleaned_data[name] for name in form.changed_data}
        if not change:
            made = services.create_workspace(
                name=values.pop("name"), owner=person(request), plan=values.pop("plan").key
            )
            obj.pk = made.pk
        if values:
            services.edit_workspace(access=acting_in(obj, request), **values)

    def has_delete_permission(self, request: HttpRequest, obj: Workspace | None = None) -> bool:
        """Nobody deletes a tenant here: its owners close it, and its rows stay."""
        return False


def _giving(role: Role) -> Callable[..., HttpResponse | None]:
    """Make the act that gives members a role."""

    @admin.action(permissions=["act"], description=f"Make {role.value}")
    def give(
        page: "MembershipAdmin", request: HttpRequest, rows: QuerySet[Membership]
    ) -> HttpResponse | None:
        def act(row: Membership) -> str:
            access = acting_in(row.workspace, request)
            services.edit_member(access=access, member=row, role=role)
            return f"is {role.value} now"

        return on_each(page, request, rows, act)

    give.__name__ = f"make_{role.value}"
    return give


@admin.register(Membership)
class MembershipAdmin(ShownAdmin[Membership]):
    """Who is where. A role is changed by an act, so that a workspace keeps an owner."""

    list_display = ["user", "workspace", "role", "created_at"]
    list_filter = ["role"]
    list_select_related = ["user", "workspace"]
    search_fields = ["user__username", "user__email", "workspace__name"]
    fields = ["workspace", "user", "role"]
    autocomplete_fields = ["user", "workspace"]
    actions = [*(_giving(role) for role in Role), "leave"]

    def save_model(
        self,
        request: HttpRequest,
        obj: Membership,
        form: Any,  # noqa: ANN401 Django's shape
        change: bool,  # noqa: FBT001 Django's shape
    ) -> None:
        """Let a person in; there is no editing."""
        made = services.add_member(
            access=acting_in(obj.workspace, request),
            role=Role(obj.role),
            username=obj.user.username,
        )
        obj.pk = made.pk

    def formfield_for_foreignkey(
        self,
        db_field: models.ForeignKey[Any, Any],
        request: HttpRequest,
        **kwargs: Any,  # noqa: ANN401 Django's shape
    ) -> ModelChoiceField[Any] | None:
        """Take only people who can log in."""
        if db_field.name == "user":
            kwargs["queryset"] = User.objects.filter(is_active=True)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        """Roles are changed by acts."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        """People leave by an act."""
        return False

    @admin.action(permissions=["act"], description="Remove from the workspace")
    def leave(self, request: HttpRequest, rows: QuerySet[Membership]) -> HttpResponse | None:
        """Remove each from the workspace."""

        def act(row: Membership) -> str:
            services.remove_member(access=acting_in(row.workspace, request), member=copy(row))
            return "removed"

        on_each(self, request, rows, act)
        return None


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin[ApiToken]):
    """Tokens, to read and to revoke; they are made by the workspace's owners."""

    list_display = [
        "name", "hint", "workspace", "scope", "last_used_at", "expires_at", "revoked_at",
    ]  # fmt: skip
    list_filter = ["scope", ("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["workspace"]
    search_fields = ["name", "hint", "workspace__name"]
    fields = [
        "name", "hint", "workspace", "created_by", "scope", "created_at", "last_used_at",
        "expires_at", "revoked_at",
    ]  # fmt: skip
    date_hierarchy = "created_at"
    actions = ["revoke"]

    @admin.action(permissions=["act"], description="Revoke")
    def revoke(self, request: HttpRequest, rows: QuerySet[ApiToken]) -> HttpResponse | None:
        """Stop each token for good."""

        def act(row: ApiToken) -> str:
            if row.revoked_at is not None:
                raise Conflict("This token was revoked before.", code="token-revoked")
            services.revoke_token(access=acting_in(row.workspace, request), token=row)
            return "revoked"

        return on_each(self, request, rows, act)


@admin.register(IdempotencyRecord)
class IdempotencyRecordAdmin(ReadOnlyAdmin[IdempotencyRecord]):
    """First answers to requests that carried a key, kept for a day."""

    list_display = ["key", "workspace", "status_code", "created_at", "expires_at"]
    list_filter = ["status_code"]
    list_select_related = ["workspace"]
    search_fields = ["key", "workspace__name"]
    fields = [
        "workspace", "key", "request_digest", "status_code", "headers", "answer", "created_at",
        "expires_at",
    ]  # fmt: skip
    date_hierarchy = "created_at"

    @admin.display(description="answer")
    def answer(self, row: IdempotencyRecord) -> str:
        """Show the beginning of the stored body as text."""
        return as_written(bytes(row.body[:LONGEST_BODY]).decode("utf-8", "replace"))


@admin.register(User)
class PersonAdmin(UserAdmin[User]):
    """People who log in."""

    list_per_page = 50
    date_hierarchy = "date_joined"

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody is deleted: without `active` a person cannot log in, and their traces stay."""
        return False
