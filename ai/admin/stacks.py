"""Which models plans use, and what is known of models."""

import re
from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from ai.admin.revisions import history_table
from ai.models import Stack
from ai.routing.proposals import propose
from ai.services import revisions, stacks
from canvas.core.admin import ShownAdmin, on_each
from canvas.core.errors import DomainError
from canvas.workspaces.admin import person

_SLUG: Final = re.compile(r"~?[\w.-]+/[\w.-]+(:[\w.-]+)?")


def _check_slug(slug: str) -> str:
    if not _SLUG.fullmatch(slug):
        raise forms.ValidationError(f"“{slug}” is no model slug: write author/model.")
    return slug


def _default(column: str) -> Any:  # noqa: ANN401 of any column
    return getattr(Stack(), column)


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
        if len(slugs) > stacks.MOST_FALLBACKS:
            raise forms.ValidationError(f"At most {stacks.MOST_FALLBACKS} models are tried.")
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
    temperature = forms.FloatField(
        min_value=0, max_value=stacks.HOTTEST, initial=_default("temperature")
    )
    max_output_tokens = forms.IntegerField(min_value=1, initial=_default("max_output_tokens"))
    provider = forms.JSONField(
        required=False, help_text='Wishes for providers, such as {"data_collection": "deny"}.'
    )

    class Meta:
        model = Stack
        fields = ["plan", "task", *stacks.COLUMNS]

    def clean_model_slug(self) -> str:
        """Check the spelling of the first model."""
        return _check_slug(self.cleaned_data["model_slug"])

    def clean(self) -> dict[str, Any]:
        """Have the service look at the values; its refusals are shown at their fields."""
        cleaned: dict[str, Any] = super().clean() or {}
        cleaned["provider"] = cleaned.get("provider") or {}
        task = cleaned.get("task") or self.instance.task
        if not self.errors and task:
            try:
                stacks.check(task, {name: cleaned[name] for name in stacks.COLUMNS})
            except DomainError as exc:
                self.add_error(stacks.column_of(exc.faults[0].pointer), exc.detail)
        return cleaned


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
    actions = ["suggest", "take_suggestion"]

    def get_fields(self, request: HttpRequest, obj: Stack | None = None) -> list[Any]:
        """Show the history below the values."""
        return ["plan", "task", *stacks.COLUMNS, *(["history"] if obj else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: Stack | None = None) -> list[Any]:
        """Keep whose it is: another plan or task is another stack."""
        return ["plan", "task", "history"] if obj else []

    @admin.display(description="history")
    def history(self, row: Stack) -> SafeString | str:
        """Show the revisions."""
        return history_table(revisions.STACK, row.pk)

    @admin.action(description="Suggest fallbacks", permissions=["act"])
    def suggest(self, request: HttpRequest, rows: QuerySet[Stack]) -> HttpResponse | None:
        """Say what the catalogue proposes; nothing is changed."""

        def act(row: Stack) -> str:
            found = propose(row.model_slug, row.task)
            return ", ".join(f"{one.slug} ({one.why})" for one in found) or "nothing is known"

        return on_each(self, request, rows, act)

    @admin.action(description="Take the suggested fallbacks", permissions=["act"])
    def take_suggestion(self, request: HttpRequest, rows: QuerySet[Stack]) -> HttpResponse | None:
        """Replace the fallbacks by what the catalogue proposes."""

        def act(row: Stack) -> str:
            now = stacks.take_proposal(stack=row, user_id=person(request).pk)
            return f"falls back to {', '.join(now.fallback_slugs)}"

        return on_each(self, request, rows, act)

    def save_model(
        self,
        request: HttpRequest,
        obj: Stack,
        form: Any,  # noqa: ANN401 Django's shape
        change: bool,  # noqa: FBT001 Django's shape
    ) -> None:
        """Save through the service, and say which of the models the catalogue does not know."""
        values = {
            name: form.cleaned_data[name]
            for name in stacks.COLUMNS
            if not change or name in form.changed_data
        }
        stacks.edit_stack(stack=obj, user_id=person(request).pk, **values)
        for slug in stacks.unknown_of([obj.model_slug, *obj.fallback_slugs]):
            said = f"{slug} is not in the catalogue: its price is unknown."
            self.message_user(request, said, messages.WARNING)
