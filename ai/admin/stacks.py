"""Which models plans use, and what is known of models."""

import re
from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.http import HttpRequest

from ai.models import CatalogueEntry, Stack
from canvas.core.admin import ReadOnlyAdmin, ShownAdmin

MOST_FALLBACKS: Final = 8
HOTTEST: Final = 2.0
_SLUG: Final = re.compile(r"~?[\w.-]+/[\w.-]+(:[\w.-]+)?")


def _check_slug(slug: str) -> str:
    if not _SLUG.fullmatch(slug):
        raise forms.ValidationError(f"“{slug}” is no model slug: write author/model.")
    return slug


class SlugLines(forms.CharField):
    """Model slugs, one a line, in the order in which they are tried."""

    widget = AdminTextareaWidget

    def prepare_value(self, value: Any) -> Any:  # noqa: ANN401 a list, or what was typed
        """Write a stored list in lines."""
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:  # noqa: ANN401 what was typed
        """Read the lines; blank ones do not count."""
        lines = [line.strip() for line in super().clean(value).splitlines()]
        slugs = [_check_slug(line) for line in lines if line]
        if len(slugs) > MOST_FALLBACKS:
            raise forms.ValidationError(f"At most {MOST_FALLBACKS} models are tried.")
        if len(set(slugs)) != len(slugs):
            raise forms.ValidationError("Name each model once.")
        return slugs

    def has_changed(self, initial: Any, data: Any) -> bool:  # noqa: ANN401 list and text
        """Compare what is stored with the lines."""
        lines = [line.strip() for line in (data or "").splitlines()]
        return [line for line in lines if line] != list(initial or ())


class StackForm(forms.ModelForm[Stack]):
    """One plan's choice for one task."""

    fallback_slugs = SlugLines(
        required=False, label="Fallbacks", help_text="One slug a line, tried in this order."
    )
    temperature = forms.FloatField(min_value=0, max_value=HOTTEST)
    max_output_tokens = forms.IntegerField(min_value=1)

    class Meta:
        model = Stack
        fields = [
            "plan", "task", "model_slug", "fallback_slugs", "max_output_tokens", "temperature",
            "reasoning_effort",
        ]  # fmt: skip

    def clean_model_slug(self) -> str:
        """Check the spelling of the first model."""
        return _check_slug(self.cleaned_data["model_slug"])


@admin.register(Stack)
class StackAdmin(ShownAdmin[Stack]):
    """The models of each plan and task; a change takes effect on the next call."""

    form = StackForm
    list_display = [
        "plan", "task", "model_slug", "fallback_slugs", "max_output_tokens", "temperature",
        "reasoning_effort",
    ]  # fmt: skip
    list_display_links = ["plan", "task"]
    list_filter = ["task", "plan"]
    list_select_related = ["plan"]
    search_fields = ["plan__name", "model_slug"]
    autocomplete_fields = ["plan"]

    def save_model(
        self,
        request: HttpRequest,
        obj: Stack,
        form: Any,  # noqa: ANN401 Django's shape
        change: bool,  # noqa: FBT001 Django's shape
    ) -> None:
        """Save, and say which of the models the catalogue does not know."""
        super().save_model(request, obj, form, change)
        slugs = [obj.model_slug, *obj.fallback_slugs]
        known = set(CatalogueEntry.objects.filter(slug__in=slugs).values_list("slug", flat=True))
        for slug in slugs:
            if slug not in known:
                said = f"{slug} is not in the catalogue: its price is unknown."
                self.message_user(request, said, messages.WARNING)


@admin.register(CatalogueEntry)
class CatalogueEntryAdmin(ReadOnlyAdmin[CatalogueEntry]):
    """OpenRouter's models as we know them; a sync keeps them, so nobody edits them."""

    list_display = [
        "slug", "name", "context_length", "max_output_tokens", "prompt_nusd_per_m",
        "completion_nusd_per_m", "image_nusd_per_k", "modified_at",
    ]  # fmt: skip
    list_filter = [
        ("prompt_nusd_per_m", admin.EmptyFieldListFilter),
        ("image_nusd_per_k", admin.EmptyFieldListFilter),
    ]
    search_fields = ["slug", "name"]
