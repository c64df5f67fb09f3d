"""The ledger for staff: lines are written by ai.ledger and never by hand."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from ai import recipes
from ai.models import Budget, Stack, UpstreamCall
from canvas.core.admin import ReadOnlyAdmin, link_to


class RecipeFilter(admin.SimpleListFilter):
    """Calls of one question; the names come from the index of recipes, not from the ledger."""

    title = "recipe"
    parameter_name = "recipe"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """Offer every question there is."""
        asked = (one for one in vars(recipes).values())
        names = {one.prompt for one in asked if isinstance(one, recipes.Recipe | recipes.Voice)}
        return [(name, name) for name in sorted(names)]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[UpstreamCall]
    ) -> QuerySet[UpstreamCall]:
        """Keep the calls of one question."""
        name = self.value()
        return queryset if name is None else queryset.filter(recipe=name)


class ModelFilter(admin.SimpleListFilter):
    """Calls of one model, of those that the stacks name; search finds the others."""

    title = "model of a stack"
    parameter_name = "model"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """Offer the models that plans use now."""
        rows = Stack.objects.values_list("model_slug", "fallback_slugs")
        slugs = {slug for first, others in rows for slug in (first, *others)}
        return [(slug, slug) for slug in sorted(slugs)]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[UpstreamCall]
    ) -> QuerySet[UpstreamCall]:
        """Keep the calls of one model."""
        slug = self.value()
        return queryset if slug is None else queryset.filter(model_slug=slug)


@admin.register(UpstreamCall)
class UpstreamCallAdmin(ReadOnlyAdmin[UpstreamCall]):
    """One attempt at OpenRouter a line, with its bill and its raw answer."""

    list_display = [
        "created_at", "recipe", "model_slug", "status", "workspace", "prompt_tokens",
        "completion_tokens", "cost_nusd", "latency_s", "simulated",
    ]  # fmt: skip
    list_filter = [
        "status", RecipeFilter, ModelFilter, "simulated", "streamed",
        ("error_code", admin.EmptyFieldListFilter), ("verdict", admin.EmptyFieldListFilter),
    ]  # fmt: skip
    list_select_related = ["workspace"]
    search_fields = [
        "=generation_id", "=id", "=request_id", "model_slug", "model_served", "provider",
        "error_code", "workspace__name",
    ]  # fmt: skip
    ordering = ["-created_at", "-id"]
    date_hierarchy = "created_at"

    def get_fields(self, request: HttpRequest, obj: UpstreamCall | None = None) -> list[Any]:
        """Show every column, the message as a link."""
        names = list(super().get_fields(request, obj))
        return ["message" if name == "message_id" else name for name in names]

    @admin.display(description="message")
    def message(self, row: UpstreamCall) -> str:
        """Link to the message that it helped to say."""
        key = row.message_id
        return "-" if key is None else link_to("ai_chatmessage_change", str(key), key)


@admin.register(Budget)
class BudgetAdmin(ReadOnlyAdmin[Budget]):
    """The purses: months and days of workspaces, and projects; spent, held, tokens, pictures."""

    list_display = [
        "workspace", "project", "period", "payer", "spent_nusd", "hold_nusd", "limit_nusd",
        "tokens", "hold_tokens", "images", "warned_at",
    ]  # fmt: skip
    list_select_related = ["workspace", "project"]
    list_filter = ["payer", ("project", admin.EmptyFieldListFilter)]
    search_fields = ["workspace__name", "project__title", "=period"]
    ordering = ["-period", "-id"]
