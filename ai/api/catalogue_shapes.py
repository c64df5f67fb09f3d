"""The catalogue on the wire. Shape only; unknown figures are null, never 0."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ai.api.serializers import NamedField
from ai.catalogue import shown, tiers
from ai.catalogue.resolve import Resolved
from ai.models import (
    CatalogueAlias,
    CatalogueChange,
    CatalogueEndpoint,
    CatalogueEntry,
    CatalogueProvider,
    PriceTier,
)
from canvas.core.serializers import CamelModelSerializer, CamelSerializer, writer

if TYPE_CHECKING:
    from ai.catalogue.page import ModelPage


def _texts(**options: Any) -> serializers.ListField:  # noqa: ANN401 DRF's options
    return serializers.ListField(child=serializers.CharField(), read_only=True, **options)


def _usd(help_text: str = "") -> serializers.CharField:
    return serializers.CharField(read_only=True, allow_null=True, help_text=help_text)


@extend_schema_field(serializers.BooleanField())
class GoneField(serializers.Field[Any, Any, bool, Any]):
    """Whether a row is not offered any more."""

    def __init__(self) -> None:
        super().__init__(source="*", read_only=True)

    def to_representation(self, value: Any) -> bool:  # noqa: ANN401 any row
        """Look at the row's time."""
        return value.gone_at is not None


class PricingSerializer(CamelSerializer[Mapping[str, str | None]]):
    """Prices in exact USD, as decimal strings; null is unknown, "0" is free."""

    prompt = _usd("A token read.")
    completion = _usd("A token written.")
    image = _usd("A picture read.")
    image_output = _usd("A picture made, at the smallest size.")
    request = _usd("A request.")
    web_search = _usd("A web search.")
    internal_reasoning = _usd("A token of reasoning.")
    input_cache_read = _usd("A token read from the cache.")
    input_cache_write = _usd("A token written to the cache.")
    audio = _usd("A token of audio read.")
    audio_output = _usd("A token of audio made.")
    prompt_usd_per_m = _usd("A million tokens read.")
    completion_usd_per_m = _usd("A million tokens written.")
    image_usd_per_k = _usd("A thousand pictures read.")
    image_output_usd_per_k = _usd("A thousand pictures made.")
    request_usd_per_k = _usd("A thousand requests.")


@extend_schema_field(PricingSerializer)
class PricingField(serializers.Field[Any, Any, dict[str, Any], Any]):
    """The prices of a model or an endpoint."""

    def __init__(self) -> None:
        super().__init__(source="*", read_only=True)

    def to_representation(self, value: CatalogueEntry | CatalogueEndpoint) -> dict[str, Any]:
        """Write all prices of the row."""
        return writer(PricingSerializer)(shown.pricing(value))


class CatalogueModelSerializer(CamelModelSerializer[CatalogueEntry]):
    """One model of the catalogue."""

    id = serializers.CharField(source="slug", read_only=True, help_text="author/model[:variant]")
    author = serializers.SerializerMethodField()
    input_modalities = _texts()
    output_modalities = _texts()
    supported_parameters = _texts()
    tools = serializers.SerializerMethodField(help_text="Null while no parameter is known.")
    structured_output = serializers.SerializerMethodField()
    reasoning = serializers.SerializerMethodField()
    pricing = PricingField()
    tier = serializers.SerializerMethodField(help_text="Null while a price is unknown.")
    is_free = serializers.SerializerMethodField()
    is_gone = GoneField()
    notes = _texts()

    class Meta:
        model = CatalogueEntry
        fields = [
            "id", "name", "author", "description", "context_length", "max_output_tokens",
            "input_modalities", "output_modalities", "supported_parameters", "tools",
            "structured_output", "reasoning", "pricing", "tier", "is_free", "is_gone", "gone_at",
            "listed_at", "expires_at", "notes", "source", "modified_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_author(self, row: CatalogueEntry) -> str:
        """Give the author, which is the first part of the id when nobody said it."""
        return row.author or row.pk.partition("/")[0].removeprefix("~")

    def get_tools(self, row: CatalogueEntry) -> bool | None:
        """Say whether the model calls tools."""
        return shown.can(row, "tools")

    def get_structured_output(self, row: CatalogueEntry) -> bool | None:
        """Say whether the model keeps to a JSON schema."""
        return shown.can(row, "structured_outputs")

    def get_reasoning(self, row: CatalogueEntry) -> bool | None:
        """Say whether the model can think first."""
        return shown.can(row, "reasoning")

    def get_tier(self, row: CatalogueEntry) -> str | None:
        """Give the key of the price tier."""
        scale: Sequence[PriceTier] = self.context["view"].scale
        tier = tiers.tier_of(row, scale)
        return None if tier is None else tier.key

    def get_is_free(self, row: CatalogueEntry) -> bool | None:
        """Say whether the model costs nothing; null while too little is known."""
        return tiers.is_free(row)


class DataPolicySerializer(CamelSerializer[Mapping[str, Any]]):
    """What becomes of what is sent. Null is unknown: neither yes nor no."""

    trains = serializers.BooleanField(read_only=True, allow_null=True)
    retains_prompts = serializers.BooleanField(read_only=True, allow_null=True)
    retention_days = serializers.IntegerField(read_only=True, allow_null=True)
    zdr = serializers.BooleanField(
        read_only=True, allow_null=True, help_text="Zero data retention, as OpenRouter lists it."
    )


class CatalogueProviderSerializer(CamelModelSerializer[CatalogueProvider]):
    """One provider and its data policy; null is unknown."""

    id = serializers.CharField(source="slug", read_only=True)
    display_name = serializers.SerializerMethodField()
    headquarters = NamedField(read_only=True)
    privacy_url = NamedField(read_only=True)
    terms_url = NamedField(read_only=True)
    data_policy_url = NamedField(read_only=True)
    status_url = NamedField(read_only=True)
    is_gone = GoneField()
    notes = _texts()

    class Meta:
        model = CatalogueProvider
        fields = [
            "id", "name", "display_name", "headquarters", "trains", "retains_prompts",
            "retention_days", "requires_user_ids", "has_chat_completions", "is_abortable",
            "moderation_required", "byok_enabled", "privacy_url", "terms_url", "data_policy_url",
            "status_url", "is_gone", "gone_at", "notes", "source", "modified_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_display_name(self, row: CatalogueProvider) -> str:
        """Give the name for people."""
        return str(row)


class ListedProviderSerializer(CatalogueProviderSerializer):
    """One provider in the list of them, with how many models it serves."""

    model_count = serializers.IntegerField(read_only=True)
    zdr_model_count = serializers.IntegerField(
        read_only=True, help_text="Those it serves with zero data retention."
    )

    class Meta(CatalogueProviderSerializer.Meta):
        fields = [*CatalogueProviderSerializer.Meta.fields, "model_count", "zdr_model_count"]
        read_only_fields = fields


class ModelEndpointSerializer(CamelModelSerializer[CatalogueEndpoint]):
    """One model at one provider."""

    provider = CatalogueProviderSerializer(read_only=True, allow_null=True)
    data_policy = serializers.SerializerMethodField(
        help_text="The endpoint's own word; where it has none, its provider's."
    )
    tag = NamedField(read_only=True)
    quantization = NamedField(read_only=True)
    pricing = PricingField()
    is_gone = GoneField()
    notes = _texts()

    class Meta:
        model = CatalogueEndpoint
        fields = [
            "id", "name", "tag", "provider", "quantization", "context_length", "max_output_tokens",
            "max_prompt_tokens", "max_prompt_images", "pricing", "data_policy", "is_free",
            "is_disabled", "is_gone", "gone_at", "limit_rpm", "limit_rpd", "uptime_ratio", "notes",
            "source", "modified_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(DataPolicySerializer)
    def get_data_policy(self, row: CatalogueEndpoint) -> dict[str, Any]:
        """Give what is known of what becomes of data here."""
        return writer(DataPolicySerializer)(shown.data_policy(row))


class ModelAliasSerializer(CamelModelSerializer[CatalogueAlias]):
    """Another name of a model."""

    class Meta:
        model = CatalogueAlias
        fields = ["alias", "kind", "note"]
        read_only_fields = fields


class CatalogueChangeSerializer(CamelModelSerializer[CatalogueChange]):
    """One value that a reading of OpenRouter's lists changed."""

    at = serializers.DateTimeField(source="created_at", read_only=True)

    class Meta:
        model = CatalogueChange
        fields = ["field", "before", "after", "at"]
        read_only_fields = fields


class ResolvedSerializer(CamelSerializer[Resolved]):
    """How a name that is not the id led to the model."""

    name = serializers.CharField(read_only=True, help_text="As it was asked for.")
    kind = serializers.ChoiceField(choices=["dated", "alias", "shortcut"], read_only=True)
    variant = NamedField(read_only=True, help_text="The routing shortcut, such as `nitro`.")
    note = serializers.CharField(read_only=True)


def resolved(found: Resolved) -> dict[str, Any] | None:
    """Write how a name led to its model; None for the id itself."""
    return None if found.kind == "exact" else writer(ResolvedSerializer)(found)


class CatalogueModelPageSerializer(CatalogueModelSerializer):
    """One model with who serves it, its other names, and what changed of it, newest first."""

    resolved_from = ResolvedSerializer(read_only=True, allow_null=True)
    endpoints = ModelEndpointSerializer(many=True, read_only=True)
    aliases = ModelAliasSerializer(many=True, read_only=True)
    history = CatalogueChangeSerializer(many=True, read_only=True)
    history_goes_on = serializers.BooleanField(
        read_only=True, help_text="There are older changes than these."
    )

    class Meta(CatalogueModelSerializer.Meta):
        fields = [
            *CatalogueModelSerializer.Meta.fields,
            "resolved_from", "endpoints", "aliases", "history", "history_goes_on",
        ]  # fmt: skip
        read_only_fields = fields

    def to_representation(self, instance: Any) -> dict[str, Any]:  # noqa: ANN401 a ModelPage
        """Write the model, and beside it what the page adds."""
        page: ModelPage = instance
        return {
            **CatalogueModelSerializer(page.entry, context=self.context).data,
            "resolvedFrom": resolved(page.found),
            "endpoints": ModelEndpointSerializer(page.endpoints, many=True).data,
            "aliases": ModelAliasSerializer(page.aliases, many=True).data,
            "history": CatalogueChangeSerializer(page.history, many=True).data,
            "historyGoesOn": page.history_goes_on,
        }
