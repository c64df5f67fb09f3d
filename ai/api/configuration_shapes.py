"""The director's configuration on the wire; its rules live in ai.services.configurations."""

from typing import Any, Final, get_args

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ai.models import Configuration, Revision
from ai.models.stack import EFFORTS
from ai.routing.preferences import MOST_PROVIDERS, PROVIDER_PATTERN, Quantization, Sort
from ai.services.configurations import LONGEST_PROMPT, Effective, effective
from canvas.core.serializers import (
    CamelModelSerializer,
    CamelSerializer,
    StrictBooleanField,
    StrictCharField,
    StrictChoiceField,
    StrictFloatField,
    StrictIntegerField,
    camel,
)

LONGEST_SLUG: Final = 200
LONGEST_PROVIDER: Final = 120
# Members whose name on the wire is not their column's: the front end calls the chat's model so.
_WIRE: Final = {"chat_model": "textModel"}


@extend_schema_field({"type": "string", "pattern": PROVIDER_PATTERN, "examples": ["deepinfra"]})
class _ProviderField(StrictCharField):
    """A provider's slug; what is none is refused by the preferences."""


def _providers() -> serializers.ListField:
    return serializers.ListField(
        child=_ProviderField(max_length=LONGEST_PROVIDER),
        max_length=MOST_PROVIDERS,
        required=False,
        allow_null=True,
    )


@extend_schema_field({"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$", "examples": ["2.50"]})
class _PriceField(StrictCharField):
    """A decimal text of USD; what is none is refused by the preferences."""


def _price(help_text: str) -> _PriceField:
    return _PriceField(
        max_length=20, required=False, allow_null=True, help_text=f"USD as a decimal: {help_text}"
    )


class MaxPriceSerializer(CamelSerializer[Any]):
    """The most that may be paid."""

    prompt = _price("a million tokens read.")
    completion = _price("a million tokens written.")
    request = _price("one request.")
    image = _price("one picture.")


class ProviderSerializer(CamelSerializer[Any]):
    """Wishes for the choice of a provider. `deny` and `zdr` of a wider scope cannot be loosened."""

    order = _providers()
    only = _providers()
    ignore = _providers()
    allow_fallbacks = StrictBooleanField(required=False, allow_null=True)
    data_collection = StrictChoiceField(["allow", "deny"], required=False, allow_null=True)
    zdr = StrictBooleanField(
        required=False, allow_null=True, help_text="Only where nothing is kept."
    )
    quantizations = serializers.ListField(
        child=StrictChoiceField(get_args(Quantization)), required=False, allow_null=True
    )
    sort = StrictChoiceField(get_args(Sort), required=False, allow_null=True)
    max_price = MaxPriceSerializer(required=False, allow_null=True)


def _model(task: str) -> StrictCharField:
    return StrictCharField(
        source=f"{task}_model", max_length=LONGEST_SLUG, required=False, allow_null=True
    )


def _text() -> StrictCharField:
    return StrictCharField(
        max_length=LONGEST_PROMPT, trim_whitespace=False, required=False, allow_null=True
    )


@extend_schema_field(
    {
        "type": "object",
        "description": "What counts for the next call, by member.",
        "additionalProperties": {
            "type": "object",
            "properties": {
                "value": {},
                "from": {
                    "type": "string",
                    "nullable": True,
                    "enum": ["project", "workspace", "plan"],
                },
            },
            "required": ["value", "from"],
        },
    }
)
class EffectiveField(serializers.Field[Any, Any, dict[str, Any], Any]):
    """Each value that counts, beside the scope that it comes from."""

    def to_representation(self, value: dict[str, Effective]) -> dict[str, Any]:
        """Write values by their names on the wire."""
        return {
            _WIRE.get(name, camel(name)): {"value": _on_wire(one.value), "from": one.source}
            for name, one in value.items()
        }


class DirectorSerializer(CamelModelSerializer[Configuration]):
    """What a workspace or a project wants of the director; null is as in the scope above it."""

    text_model = _model("chat")
    outline_model = _model("outline")
    vision_model = _model("vision")
    image_model = _model("image")
    reasoning_effort = StrictChoiceField(EFFORTS, required=False, allow_null=True)
    temperature = StrictFloatField(required=False, allow_null=True, help_text="From 0 to 2.")
    extra_prompt = _text()
    override_prompt = _text()
    provider = ProviderSerializer(required=False, allow_null=True)
    effective = EffectiveField(source="*", read_only=True)

    class Meta:
        model = Configuration
        fields = [
            "text_model", "outline_model", "vision_model", "image_model", "reasoning_effort",
            "temperature", "extra_prompt", "override_prompt", "provider", "effective",
        ]  # fmt: skip

    def to_representation(self, instance: Configuration) -> dict[str, Any]:
        """Write blanks as null, and what counts beside them."""
        own = {
            "textModel": instance.chat_model,
            "outlineModel": instance.outline_model,
            "visionModel": instance.vision_model,
            "imageModel": instance.image_model,
            "reasoningEffort": instance.reasoning_effort,
            "temperature": instance.temperature,
            "extraPrompt": instance.extra_prompt,
            "overridePrompt": instance.override_prompt,
            "provider": _on_wire(instance.provider),
        }
        counts = effective(workspace=instance.workspace, project=instance.project)
        shown = self.fields["effective"].to_representation(counts)
        blank: tuple[object, ...] = ("", {})
        return {n: None if v in blank else v for n, v in own.items()} | {"effective": shown}


class RevisionSerializer(CamelModelSerializer[Revision]):
    """One past or present state."""

    user_id = serializers.UUIDField(read_only=True, allow_null=True)
    values = serializers.SerializerMethodField()

    class Meta:
        model = Revision
        fields = ["number", "values", "user_id", "note", "created_at"]
        read_only_fields = fields

    @extend_schema_field({"type": "object", "additionalProperties": {}})
    def get_values(self, row: Revision) -> dict[str, Any]:
        """Write the values as the configuration's members."""
        return {
            _WIRE.get(name, camel(name)): None if value in ("", {}) else _on_wire(value)
            for name, value in row.values.items()
        }


class RollbackSerializer(CamelSerializer[Any]):
    """Which revision to go back to."""

    number = StrictIntegerField(min_value=1, max_value=2**31 - 1)


def _on_wire(value: Any) -> Any:  # noqa: ANN401 a value of a column
    """Write the names inside `provider` in camelCase; the rest stays."""
    if isinstance(value, dict):
        return {camel(name): _on_wire(one) for name, one in value.items()}
    return value
