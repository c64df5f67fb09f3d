"""What is known of models, providers and endpoints: prices, policies, doubts, and where from."""

from typing import Any, Final

from django.contrib import admin
from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ai.catalogue import tiers
from ai.catalogue.report import told
from ai.models import (
    CatalogueChange,
    CatalogueEndpoint,
    CatalogueEntry,
    CatalogueProvider,
    CatalogueSync,
    PriceTier,
)
from canvas.core.admin import ReadOnlyAdmin, ReadOnlyInline, as_written, link_to

MOST_CHANGES: Final = 100
_GONE: Final = ("gone_at", admin.EmptyFieldListFilter)
_PRICES: Final = [
    "prompt_nusd_per_m", "completion_nusd_per_m", "image_nusd_per_k", "request_nusd_per_k",
]  # fmt: skip


def history_of(kind: str, key: str) -> SafeString | str:
    """List the last changes of one row, newest first."""
    rows = CatalogueChange.objects.filter(kind=kind, key=key).order_by("-created_at", "-id")
    return _changes(rows[:MOST_CHANGES])


def _changes(rows: QuerySet[CatalogueChange]) -> SafeString | str:
    lines = ((f"{row.created_at:%Y-%m-%d %H:%M}", told(row)) for row in rows)
    return format_html_join("", "<div>{} UTC · {}</div>", lines) or "-"


def _lines(notes: list[str]) -> SafeString | str:
    return as_written("\n".join(str(note) for note in notes))


class TierFilter(admin.SimpleListFilter):
    """Models of one step of the scale of prices."""

    title = "price tier"
    parameter_name = "tier"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """Offer the steps there are."""
        return [(tier.key, tier.name) for tier in tiers.list_tiers()]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[CatalogueEntry]
    ) -> QuerySet[CatalogueEntry]:
        """Keep the models of one step."""
        scale, key = tiers.list_tiers(), self.value()
        if key is None or key not in {tier.key for tier in scale}:
            return queryset
        return tiers.in_tier(queryset, key, scale)


def with_tier(rows: QuerySet[CatalogueEntry]) -> QuerySet[CatalogueEntry]:
    """Add the name of each model's price tier, in the same statement."""
    ends = PriceTier.objects.alias(end=F("most_nusd_per_m") * tiers.PARTS)
    fits = ends.filter(Q(end__isnull=True) | Q(end__gte=OuterRef("mix")))
    first = fits.order_by(F("end").asc(nulls_last=True)).values("name")[:1]
    known = When(mix__isnull=False, then=Subquery(first))
    return rows.alias(mix=tiers.mix()).annotate(tier_name=Case(known, default=Value("unknown")))


class EndpointInline(ReadOnlyInline[CatalogueEndpoint, CatalogueEntry]):
    """Who serves the model, and for how much."""

    model = CatalogueEndpoint
    verbose_name_plural = "endpoints"
    fields = [
        "provider", "tag", "quantization", "context_length", *_PRICES, "is_zdr", "is_disabled",
        "gone_at",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[CatalogueEndpoint]:
        """Read the providers along."""
        return super().get_queryset(request).select_related("provider")


@admin.register(CatalogueEntry)
class CatalogueEntryAdmin(ReadOnlyAdmin[CatalogueEntry]):
    """OpenRouter's models as we know them; a sync keeps them, so nobody edits them."""

    list_display = [
        "slug", "name", "context_length", "max_output_tokens", "prompt_nusd_per_m",
        "completion_nusd_per_m", "image_nusd_per_k", "image_output_nusd_per_k", "tier", "source",
        "gone_at", "modified_at",
    ]  # fmt: skip
    list_filter = [
        TierFilter, "source", _GONE, ("prompt_nusd_per_m", admin.EmptyFieldListFilter),
        ("image_nusd_per_k", admin.EmptyFieldListFilter),
    ]  # fmt: skip
    search_fields = ["slug", "name", "canonical_slug", "author"]
    inlines = [EndpointInline]
    fields = [
        "slug", "canonical_slug", "name", "author", "description", "remarks", "tier",
        "context_length", "max_output_tokens", *_PRICES, "image_output_nusd_per_k", "pricing",
        "input_modalities", "output_modalities", "supported_parameters", "reasoning", "source",
        "listed_at", "expires_at", "gone_at", "modified_at", "history", "wire",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[CatalogueEntry]:
        """Read each model with its tier."""
        return with_tier(super().get_queryset(request))

    @admin.display(description="price tier")
    def tier(self, row: Any) -> str:  # noqa: ANN401 a row with its tier
        """Show the word for what it costs."""
        return str(row.tier_name)

    @admin.display(description="notes")
    def remarks(self, row: CatalogueEntry) -> SafeString | str:
        """Show remarks and doubts, one a line."""
        return _lines(row.notes)

    @admin.display(description="history of prices and abilities")
    def history(self, row: CatalogueEntry) -> SafeString | str:
        """Show what syncs changed, newest first."""
        return history_of("model", row.pk)


@admin.register(CatalogueEndpoint)
class CatalogueEndpointAdmin(ReadOnlyAdmin[CatalogueEndpoint]):
    """Models at providers."""

    list_display = [
        "entry", "provider", "tag", "quantization", "context_length", "prompt_nusd_per_m",
        "completion_nusd_per_m", "is_zdr", "is_disabled", "gone_at",
    ]  # fmt: skip
    list_display_links = ["entry", "tag"]
    list_filter = ["is_zdr", "is_free", "source", _GONE]
    list_select_related = ["entry", "provider"]
    search_fields = ["key", "name", "provider__name"]
    fields = [
        "key", "entry", "provider", "name", "tag", "quantization", "remarks", "context_length",
        "max_output_tokens", "max_prompt_tokens", "max_prompt_images", *_PRICES, "pricing",
        "trains", "retains_prompts", "retention_days", "is_zdr", "is_free", "is_disabled",
        "limit_rpm", "limit_rpd", "uptime_ratio", "abilities", "source", "gone_at", "modified_at",
        "history", "wire",
    ]  # fmt: skip

    @admin.display(description="notes")
    def remarks(self, row: CatalogueEndpoint) -> SafeString | str:
        """Show remarks and doubts, one a line."""
        return _lines(row.notes)

    @admin.display(description="history")
    def history(self, row: CatalogueEndpoint) -> SafeString | str:
        """Show what syncs changed, newest first."""
        return history_of("endpoint", row.key)


@admin.register(CatalogueProvider)
class CatalogueProviderAdmin(ReadOnlyAdmin[CatalogueProvider]):
    """Companies that serve models, and what they do with what they are sent."""

    list_display = [
        "slug", "name", "display_name", "headquarters", "trains", "retains_prompts",
        "retention_days", "source", "gone_at",
    ]  # fmt: skip
    list_filter = ["trains", "retains_prompts", "byok_enabled", "source", _GONE]
    search_fields = ["slug", "name", "display_name"]
    fields = [
        "slug", "name", "display_name", "headquarters", "remarks", "trains", "retains_prompts",
        "retention_days", "requires_user_ids", "has_chat_completions", "is_abortable",
        "moderation_required", "byok_enabled", "privacy_url", "terms_url", "data_policy_url",
        "status_url", "source", "gone_at", "modified_at", "serves", "history", "wire",
    ]  # fmt: skip

    @admin.display(description="notes")
    def remarks(self, row: CatalogueProvider) -> SafeString | str:
        """Show remarks and doubts, one a line."""
        return _lines(row.notes)

    @admin.display(description="endpoints")
    def serves(self, row: CatalogueProvider) -> SafeString:
        """Link to what it serves."""
        return link_to("ai_catalogueendpoint_changelist", "All endpoints", provider=row.pk)

    @admin.display(description="history")
    def history(self, row: CatalogueProvider) -> SafeString | str:
        """Show what syncs changed, newest first."""
        return history_of("provider", row.pk)


@admin.register(CatalogueSync)
class CatalogueSyncAdmin(ReadOnlyAdmin[CatalogueSync]):
    """Readings of the lists, each with its report."""

    list_display = ["created_at", "source", "status", "headline", "seconds"]
    list_reads = ("report",)
    list_filter = ["status", "source"]
    search_fields = ["=id", "report"]
    ordering = ["-created_at", "-id"]
    date_hierarchy = "created_at"
    fields = [
        "created_at", "source", "status", "seconds", "counts", "report", "problems", "changed",
    ]  # fmt: skip

    @admin.display(description="report")
    def headline(self, row: CatalogueSync) -> str:
        """Show the report's first line."""
        return row.report.split("\n", 1)[0]

    @admin.display(description="changes")
    def changed(self, row: CatalogueSync) -> SafeString:
        """Show the first changes, with the way to all of them."""
        every = link_to("ai_cataloguechange_changelist", "All changes", sync=row.pk)
        rows = CatalogueChange.objects.filter(sync=row).order_by("kind", "key", "field")
        return format_html("{}{}", every, _changes(rows[:MOST_CHANGES]))


@admin.register(CatalogueChange)
class CatalogueChangeAdmin(ReadOnlyAdmin[CatalogueChange]):
    """What syncs changed, value by value."""

    list_display = ["created_at", "kind", "key", "field", "before", "after"]
    list_filter = ["kind", "sync__status"]
    search_fields = ["key", "=field"]
    ordering = ["-created_at", "-id"]
    date_hierarchy = "created_at"
