"""Comparisons and plan costs on the wire. USD are decimal strings; null is unknown, never 0."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ai.api.catalogue_shapes import GoneField, PricingSerializer, ResolvedSerializer, resolved
from ai.catalogue import ratios, shown
from ai.catalogue.compare import Comparison
from ai.catalogue.plans import PlanCost
from ai.catalogue.ratios import Ratio
from ai.models import CatalogueEntry
from canvas.core.money import usd_text
from canvas.core.serializers import CamelModelSerializer, CamelSerializer, writer
from canvas.workspaces.models import Plan


@extend_schema_field(serializers.CharField())
class RatioField(serializers.Field[Any, Any, str | None, Any]):
    """A ratio with six digits behind the point."""

    def to_representation(self, value: Decimal) -> str:
        """Write the ratio; a small one keeps its first six digits."""
        return ratios.shown(value)


@extend_schema_field(serializers.CharField())
class UsdTextField(serializers.Field[Any, Any, str, Any]):
    """Dollars as a decimal string."""

    def to_representation(self, value: Decimal) -> str:
        """Write dollars without an exponent or idle zeros."""
        return ratios.plain(value)


@extend_schema_field(serializers.CharField())
class NusdField(serializers.Field[Any, Any, str | None, Any]):
    """Nano-dollars as a decimal string of dollars."""

    def to_representation(self, value: int) -> str | None:
        """Write dollars without an exponent or idle zeros."""
        return usd_text(value)


class PriceRatioSerializer(CamelSerializer[Ratio]):
    """A price against the baseline's."""

    usd = UsdTextField(source="ours", read_only=True, allow_null=True)
    baseline_usd = UsdTextField(source="baseline", read_only=True, allow_null=True)
    ratio = RatioField(
        read_only=True, allow_null=True, help_text="Null when unknown, or the baseline is free."
    )
    words = serializers.CharField(read_only=True, help_text="16.7x more expensive, free, …")


class ContextRatioSerializer(CamelSerializer[Ratio]):
    """A context against the baseline's."""

    tokens = serializers.IntegerField(source="ours", read_only=True, allow_null=True)
    baseline_tokens = serializers.IntegerField(source="baseline", read_only=True, allow_null=True)
    ratio = RatioField(read_only=True, allow_null=True)
    words = serializers.CharField(read_only=True)


class BaselineSerializer(CamelModelSerializer[CatalogueEntry]):
    """What others are compared to."""

    id = serializers.CharField(source="slug", read_only=True)
    pricing = serializers.SerializerMethodField()
    is_gone = GoneField()

    class Meta:
        model = CatalogueEntry
        fields = ["id", "name", "context_length", "pricing", "is_gone"]
        read_only_fields = fields

    @extend_schema_field(PricingSerializer)
    def get_pricing(self, row: CatalogueEntry) -> dict[str, Any]:
        """Give the prices."""
        return writer(PricingSerializer)(shown.pricing(row))


def _abilities(which: str, help_text: str) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(),
        source=f"abilities.{which}",
        read_only=True,
        help_text=help_text,
    )


class ComparisonSerializer(CamelSerializer[Comparison]):
    """One model against the baseline. Prices: a million tokens, or a thousand pictures."""

    id = serializers.CharField(source="entry.pk", read_only=True)
    name = serializers.CharField(source="entry.name", read_only=True)
    is_gone = serializers.SerializerMethodField()
    resolved_from = serializers.SerializerMethodField()
    input = PriceRatioSerializer(source="figures.input", read_only=True)
    output = PriceRatioSerializer(source="figures.output", read_only=True)
    image = PriceRatioSerializer(source="figures.image", read_only=True)
    image_output = PriceRatioSerializer(source="figures.image_output", read_only=True)
    context = ContextRatioSerializer(  # type: ignore[assignment] # a member of the wire
        source="figures.context", read_only=True
    )
    same = _abilities("same", "What both are known to do.")
    more = _abilities("more", "What only this model is known to do.")
    less = _abilities("less", "What only the baseline is known to do.")
    sentence = serializers.CharField(read_only=True)

    def get_is_gone(self, one: Comparison) -> bool:
        """Say whether the model is not offered any more."""
        return one.entry.gone_at is not None

    @extend_schema_field(ResolvedSerializer(allow_null=True))
    def get_resolved_from(self, one: Comparison) -> dict[str, Any] | None:
        """Say how another name led here."""
        return resolved(one.asked)


class ComparisonsSerializer(CamelSerializer[Mapping[str, Any]]):
    """Models against a baseline, in the order they were named."""

    baseline = BaselineSerializer(read_only=True)
    results = ComparisonSerializer(many=True, read_only=True)


class ModelCostSerializer(CamelSerializer[Any]):
    """What one unit of work costs with one model."""

    model = serializers.CharField(source="slug", read_only=True)
    unit_cost_usd = NusdField(source="cost.nusd", read_only=True, allow_null=True)
    unknown_because = serializers.CharField(
        source="cost.reason", read_only=True, help_text="Blank when the cost is known."
    )
    to_baseline = PriceRatioSerializer(source="ratio", read_only=True)


class ServiceCostSerializer(CamelSerializer[Any]):
    """One service of a plan: its models in the order they are tried, and what a unit costs."""

    task = serializers.CharField(source="stack.task", read_only=True)
    model = serializers.CharField(source="stack.model_slug", read_only=True)
    unit_cost_usd = NusdField(source="first.cost.nusd", read_only=True, allow_null=True)
    unknown_because = serializers.CharField(source="first.cost.reason", read_only=True)
    to_baseline = PriceRatioSerializer(source="first.ratio", read_only=True)
    fallbacks = ModelCostSerializer(many=True, read_only=True)
    max_output_tokens = serializers.IntegerField(source="stack.max_output_tokens", read_only=True)
    temperature = serializers.FloatField(source="stack.temperature", read_only=True)
    reasoning_effort = serializers.CharField(source="stack.reasoning_effort", read_only=True)


class PlanStacksSerializer(CamelModelSerializer[Plan]):
    """The models of one plan, and what one unit of work costs with the first of each service.

    A unit: a million tokens read and a million written for chat, outline and vision, and a
    thousand pictures seen. A thousand pictures made are shown with `image` and are not in the
    total. An unknown price makes the total null.
    """

    plan = serializers.CharField(source="key", read_only=True)
    baseline = serializers.SerializerMethodField(help_text="What costs are compared to.")
    services = serializers.SerializerMethodField()
    total_usd = serializers.SerializerMethodField()
    unknown_because = serializers.SerializerMethodField()
    to_baseline = serializers.SerializerMethodField()

    class Meta:
        model = Plan
        fields = [
            "plan", "name", "services", "total_usd", "unknown_because", "baseline", "to_baseline",
        ]  # fmt: skip
        read_only_fields = fields

    def get_baseline(self, row: Plan) -> str:
        """Give the id of the baseline."""
        baseline: str = self.context["view"].baseline
        return baseline

    @extend_schema_field(ServiceCostSerializer(many=True))
    def get_services(self, row: Plan) -> list[dict[str, Any]]:
        """Give the services in their order."""
        return [writer(ServiceCostSerializer)(one) for one in self._cost(row).services]

    def get_total_usd(self, row: Plan) -> str | None:
        """Give what one unit of all services costs."""
        return usd_text(self._cost(row).total.nusd)

    def get_unknown_because(self, row: Plan) -> str:
        """Say which price is missing; blank when none is."""
        return self._cost(row).total.reason

    @extend_schema_field(PriceRatioSerializer)
    def get_to_baseline(self, row: Plan) -> dict[str, Any]:
        """Give the total against the baseline's."""
        return writer(PriceRatioSerializer)(self._cost(row).ratio)

    def _cost(self, row: Plan) -> PlanCost:
        costs: Mapping[str, PlanCost] = self.context["view"].costs
        return costs[row.pk]
