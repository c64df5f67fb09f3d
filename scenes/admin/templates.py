"""Scene templates: data that editors keep."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from rest_framework import serializers

from canvas.core.admin import ShownAdmin
from scenes.admin.jsontext import EditsJSON
from scenes.api.shapes import PromptSlotsField, texts
from scenes.models import SceneTemplate
from scenes.prompts.slots import SlotsError, blank_slots, check_slots, merge_patch


class TemplateSlotsField(PromptSlotsField):
    """Slots of a template: a patch over blank ones, so what comes out of it is what is checked."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:  # noqa: ANN401 any JSON value
        """Refuse slots that no scene could have."""
        patch = super().to_internal_value(data)
        try:
            check_slots(merge_patch(blank_slots(), patch))
        except SlotsError as exc:
            raise serializers.ValidationError(str(exc)) from exc
        return patch


@admin.register(SceneTemplate)
class SceneTemplateAdmin(EditsJSON[SceneTemplate], ShownAdmin[SceneTemplate]):
    """Starting points for scenes; a change shows in the next list of templates."""

    list_display = ["name", "key", "category", "difficulty", "is_pro", "order"]
    list_filter = ["category", "difficulty", "is_pro"]
    search_fields = ["name", "key", "description"]
    fields = [
        "key", "name", "order", "category", "difficulty", "is_pro", "description", "thumbnail",
        "default_prompt_slots", "recommended_models", "tags",
    ]  # fmt: skip
    shapes = {
        "default_prompt_slots": TemplateSlotsField(),
        "recommended_models": texts(),
        "tags": texts(most=50, longest=80),
    }

    def get_readonly_fields(
        self, request: HttpRequest, obj: SceneTemplate | None = None
    ) -> list[Any]:
        """Keep the key: clients name templates by it."""
        return [] if obj is None else ["key"]
