"""Estimates on the wire: what is asked, one shape for each kind, and the answer."""

from typing import Any, Final

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from ai.api.serializers import NewMessageSerializer, NewOutlineSerializer, asked_model
from canvas.core.serializers import (
    CamelSerializer,
    StrictChoiceField,
    StrictIntegerField,
    StrictUUIDField,
)

MOST_PICTURES: Final = 500
KINDS: Final = ("chat", "outline", "vision")


class ChatAskSerializer(NewMessageSerializer):
    """A message to the director. What it points at is accepted and does not change the price."""

    kind = StrictChoiceField(choices=["chat"])
    project_id = StrictUUIDField()


class OutlineAskSerializer(NewOutlineSerializer):
    """An outline of the conversation or of a text."""

    kind = StrictChoiceField(choices=["outline"])
    project_id = StrictUUIDField()


class VisionAskSerializer(CamelSerializer[Any]):
    """The analysis of pictures: stored ones, or so many as shall be uploaded."""

    kind = StrictChoiceField(choices=["vision"])
    project_id = StrictUUIDField()
    asset_id = StrictUUIDField(required=False, allow_null=True)
    asset_ids = serializers.ListField(
        child=StrictUUIDField(), min_length=1, max_length=MOST_PICTURES, required=False
    )
    count = StrictIntegerField(min_value=1, max_value=MOST_PICTURES, required=False)
    model = asked_model()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Take one way of saying which pictures, and only one."""
        ways = [name for name in ("assetId", "assetIds", "count") if attrs.get(_PYTHON[name])]
        if len(ways) > 1:
            raise serializers.ValidationError(
                {ways[1]: [f"Send {ways[0]} or {ways[1]}, not both."]}, code="one-of"
            )
        return attrs


class RetryAskSerializer(CamelSerializer[Any]):
    """Another try of a failed or cancelled job."""

    kind = StrictChoiceField(choices=["retry"])
    job_id = StrictUUIDField()
    project_id = StrictUUIDField(required=False, allow_null=True)


class KindSerializer(serializers.Serializer[Any]):
    """What is to be estimated; the further members depend on it."""

    kind = StrictChoiceField(choices=["chat", "outline", "vision", "retry"])


_PYTHON: Final = {"assetId": "asset_id", "assetIds": "asset_ids", "count": "count"}
SHAPES: Final[dict[str, type[serializers.Serializer[Any]]]] = {
    "chat": ChatAskSerializer,
    "outline": OutlineAskSerializer,
    "vision": VisionAskSerializer,
    "retry": RetryAskSerializer,
}
ASK: Final = PolymorphicProxySerializer(
    component_name="NewEstimate", serializers=dict(SHAPES), resource_type_field_name="kind"
)


class TokenSpanSerializer(CamelSerializer[Any]):
    """What half of such requests stay below, and what 95 % of them do."""

    p50 = serializers.IntegerField(read_only=True)
    p95 = serializers.IntegerField(read_only=True)


class SecondsSpanSerializer(CamelSerializer[Any]):
    """The same in seconds, from when a worker begins."""

    p50 = serializers.FloatField(read_only=True)
    p95 = serializers.FloatField(read_only=True)


class UsdSpanSerializer(CamelSerializer[Any]):
    """The same in USD, as decimal strings."""

    p50 = serializers.CharField(read_only=True)
    p95 = serializers.CharField(read_only=True)


class EstimatedTokensSerializer(CamelSerializer[Any]):
    """Of all calls of the request together."""

    prompt = TokenSpanSerializer(read_only=True)
    completion = TokenSpanSerializer(read_only=True)


class EstimatedBudgetSerializer(CamelSerializer[Any]):
    """Whether the request would be admitted now."""

    fits = serializers.BooleanField(read_only=True)
    left_usd = serializers.CharField(
        read_only=True, allow_null=True, help_text="Of the tightest purse; null: no limit."
    )
    need_usd = serializers.CharField(
        read_only=True, help_text="What has to be left: p95, or what the first call holds."
    )
    refused_by = serializers.ChoiceField(
        choices=["project", "day", "month", "tokens", "pictures"], read_only=True, allow_null=True
    )
    detail = serializers.CharField(read_only=True, help_text="Why it would be refused, if it was.")


class EstimateSerializer(CamelSerializer[Any]):
    """An estimate."""

    kind = serializers.ChoiceField(choices=KINDS, read_only=True)
    count = serializers.IntegerField(read_only=True, help_text="How many jobs it is.")
    tokens = EstimatedTokensSerializer(read_only=True)
    cost_usd = UsdSpanSerializer(
        read_only=True, allow_null=True, help_text="Null when a price is not known: see `reason`."
    )
    seconds = SecondsSpanSerializer(read_only=True)
    basis = serializers.ChoiceField(choices=["history", "prices"], read_only=True)
    where = serializers.ChoiceField(
        choices=["project", "workspace"],
        read_only=True,
        allow_null=True,
        help_text="Whose history it rests on.",
    )
    samples = serializers.IntegerField(
        read_only=True, help_text="How many finished jobs it rests on."
    )
    simulated = serializers.BooleanField(
        read_only=True, help_text="Those jobs were answered by a simulator."
    )
    reason = serializers.ChoiceField(choices=["price-unknown"], read_only=True, allow_null=True)
    model = serializers.CharField(read_only=True, help_text="The model that is asked first.")
    fallbacks = serializers.ListField(child=serializers.CharField(), read_only=True)
    budget = EstimatedBudgetSerializer(read_only=True)
