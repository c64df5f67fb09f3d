"""Shapes inside rows: they are stored as they are on the wire, keys included."""

import json
from typing import Any, ClassVar, Final, get_args

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.fields import empty

from canvas.core.serializers import (
    CamelSerializer,
    StrictCharField,
    StrictChoiceField,
    StrictFloatField,
    StrictIntegerField,
    camel,
)
from scenes.models import OriginKind
from scenes.prompts.slots import Workflow

SHORT_CHARS: Final = 200
SLOT_CHARS: Final = 500
TEXT_CHARS: Final = 20_000
MAP_BYTES: Final = 16 * 1024


def texts(
    *,
    most: int = 100,
    longest: int = SHORT_CHARS,
    **options: Any,  # noqa: ANN401 a field's own
) -> serializers.ListField:
    """Make a field for a list of non-empty texts."""
    child = StrictCharField(max_length=longest)
    return serializers.ListField(child=child, max_length=most, **options)


def optional(longest: int = SHORT_CHARS) -> StrictCharField:
    """Make a field for a text inside a patched map: "" empties it, null takes it out."""
    return StrictCharField(max_length=longest, required=False, allow_blank=True, allow_null=True)


class WireShape(CamelSerializer[Any]):
    """A map whose stored keys are those of the wire; what is not stored is not shown."""

    def to_representation(self, instance: Any) -> dict[str, Any]:  # noqa: ANN401 a stored map
        """Show what is stored."""
        shown: dict[str, Any] = super().to_representation(instance)
        return {name: value for name, value in shown.items() if value is not None}

    def _on_the_wire(self, name: str, field: Any) -> str:  # noqa: ANN401 the base's shape
        return camel(name)


class WholeShape(WireShape):
    """A map inside a list: lists are replaced whole, so a PATCH must name its members as well."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for what a PATCH may else leave out, and fill in the defaults."""
        fields = {name: field for name, field in self.fields.items() if name not in attrs}
        missing = [name for name, field in fields.items() if field.required]
        if missing:
            fault = ErrorDetail("This field is required.", code="required")
            raise serializers.ValidationError({name: [fault] for name in missing})
        return {
            **{name: f.default for name, f in fields.items() if f.default is not empty},
            **attrs,
        }


@extend_schema_field({"type": "object", "additionalProperties": True})
class FreeMapField(serializers.JSONField):
    """A JSON object with whatever members, of a bounded size."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "not_a_map": "Expected an object.",
        "too_large": f"At most {MAP_BYTES} bytes of JSON.",
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:  # noqa: ANN401 any JSON value
        """Refuse anything but an object, and large ones."""
        if not isinstance(data, dict):
            self.fail("not_a_map")
        if len(json.dumps(data, ensure_ascii=False).encode("utf-8", "replace")) > MAP_BYTES:
            self.fail("too_large")
        return data


class CharacterRefSerializer(WholeShape):
    """Who a character is, for prompts that know no bible."""

    name = StrictCharField(max_length=SHORT_CHARS)
    description = StrictCharField(max_length=TEXT_CHARS, allow_blank=True)
    image_url = StrictCharField(max_length=2_000, required=False, allow_blank=True)


class GlobalStyleSerializer(WireShape):
    """What holds for every scene of a project. In a PATCH it is a merge patch."""

    palette = texts(required=False, allow_null=True)
    brand_guidelines = optional(TEXT_CHARS)
    visual_theme = optional(TEXT_CHARS)
    consistency_notes = optional(TEXT_CHARS)
    # No `many=True`: it would allow null for each item as well.
    character_refs = serializers.ListField(
        child=CharacterRefSerializer(), required=False, allow_null=True
    )


class AestheticSerializer(WireShape):
    """How the film looks and feels. In a PATCH null empties a member."""

    palette = texts(required=False, allow_null=True)
    mood = texts(required=False, allow_null=True)
    era = optional()
    tone = optional(1_000)
    visual_style = optional(1_000)
    references = texts(longest=1_000, required=False, allow_null=True)


class SlotsCameraSerializer(WireShape):
    """The camera of a prompt."""

    angle = optional(SLOT_CHARS)
    movement = optional(SLOT_CHARS)
    lens = optional(SLOT_CHARS)
    shot_type = optional(SLOT_CHARS)


class SlotsLightingSerializer(WireShape):
    """The light of a prompt."""

    mood = optional(SLOT_CHARS)
    direction = optional(SLOT_CHARS)
    color = optional(SLOT_CHARS)
    time_of_day = optional(SLOT_CHARS)


class SlotsStyleSerializer(WireShape):
    """The style of a prompt."""

    aesthetic = optional(SLOT_CHARS)
    era = optional(SLOT_CHARS)
    influences = texts(most=50, longest=SLOT_CHARS, required=False)


class SlotsAdvancedSerializer(WireShape):
    """What only some targets understand."""

    negative_prompt = optional(4_000)
    weights = serializers.DictField(child=StrictFloatField(), required=False)
    cfg_scale = StrictFloatField(required=False)
    steps = StrictIntegerField(required=False)


class SlotsSerializer(WireShape):
    """A scene's structured prompt, for the OpenAPI document; `scenes.prompts.slots` checks it."""

    subject = optional(4_000)
    camera = SlotsCameraSerializer(required=False)
    lighting = SlotsLightingSerializer(required=False)
    style = SlotsStyleSerializer(required=False)  # type: ignore[assignment] # DRF takes it out
    aspect_ratio = optional(40)
    workflow = StrictChoiceField(choices=get_args(Workflow), required=False, allow_null=True)
    reference_image = optional(8_000)
    advanced = SlotsAdvancedSerializer(required=False)


@extend_schema_field(SlotsSerializer)
class PromptSlotsField(serializers.JSONField):
    """A merge patch over a scene's prompt slots; the service checks what comes out of it."""

    default_error_messages: ClassVar[dict[str, Any]] = {"not_a_map": "Expected an object."}

    def to_internal_value(self, data: Any) -> dict[str, Any]:  # noqa: ANN401 any JSON value
        """Refuse anything but an object."""
        if not isinstance(data, dict):
            self.fail("not_a_map")
        return data


class OriginSerializer(WireShape):
    """Who made a value, and by which message or change."""

    kind = serializers.ChoiceField(choices=OriginKind.choices, default=OriginKind.HUMAN.value)
    message_id = serializers.UUIDField(required=False)
    change_id = serializers.UUIDField(required=False)
    source_span = serializers.JSONField(required=False)


class StateSerializer(WholeShape):
    """One state of a bible entry: older, wounded, by night. A bare text is read as its name."""

    name = StrictCharField(max_length=SHORT_CHARS)
    description = StrictCharField(
        max_length=TEXT_CHARS, required=False, default="", allow_blank=True
    )

    def to_internal_value(self, data: Any) -> Any:  # noqa: ANN401 DRF's shape
        """Read a state."""
        return super().to_internal_value({"name": data} if isinstance(data, str) else data)


class SwatchSerializer(WireShape):
    """One measured colour and its share of the picture, 0 to 1."""

    hex = serializers.CharField()
    share = serializers.FloatField()
