"""What workspaces and projects want of the director."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from ai.admin.revisions import history_table
from ai.models import Configuration
from ai.services import configurations, revisions
from canvas.core.admin import ShownAdmin
from canvas.core.errors import DomainError
from canvas.workspaces.admin import person

COLUMNS = (
    "chat_model", "outline_model", "vision_model", "image_model", "reasoning_effort",
    "temperature", "extra_prompt", "override_prompt", "provider",
)  # fmt: skip


class ConfigurationForm(forms.ModelForm[Configuration]):
    """One scope's wishes; blank is as in the scope above."""

    provider = forms.JSONField(required=False)

    class Meta:
        model = Configuration
        fields = ["workspace", "project", *COLUMNS]

    def clean(self) -> dict[str, Any]:
        """Have the service look at the values; its refusals are shown at their fields."""
        cleaned: dict[str, Any] = super().clean() or {}
        cleaned["provider"] = cleaned.get("provider") or {}
        workspace = cleaned.get("workspace") or self._of("workspace")
        project = cleaned.get("project") or self._of("project")
        if project is not None and workspace is not None and project.workspace_id != workspace.pk:
            self.add_error("project", "It belongs to another workspace.")
        elif not self.errors and workspace is not None:
            self._check(workspace, project, cleaned)
        return cleaned

    def _of(self, name: str) -> Any:  # noqa: ANN401 a row or None
        is_new = self.instance._state.adding  # noqa: SLF001 Django documents it
        return None if is_new else getattr(self.instance, name)

    def _check(self, workspace: Any, project: Any, cleaned: dict[str, Any]) -> None:  # noqa: ANN401 rows
        values = {name: cleaned[name] for name in COLUMNS if name in self.changed_data}
        try:
            cleaned |= configurations.checked(workspace=workspace, project=project, **values)
        except DomainError as exc:
            column = configurations.column_of(exc.faults[0].pointer) if exc.faults else None
            self.add_error(column if column in self.fields else None, exc.detail)


@admin.register(Configuration)
class ConfigurationAdmin(ShownAdmin[Configuration]):
    """The director's configuration of workspaces and projects; counts from the next call on."""

    form = ConfigurationForm
    list_display = [
        "workspace", "project", "chat_model", "outline_model", "vision_model", "image_model",
        "reasoning_effort", "temperature",
    ]  # fmt: skip
    list_display_links = ["workspace", "project"]
    list_select_related = ["workspace", "project"]
    search_fields = ["workspace__name", "project__title", "chat_model"]
    autocomplete_fields = ["workspace", "project"]

    def get_fields(self, request: HttpRequest, obj: Configuration | None = None) -> list[Any]:
        """Show the history below the values."""
        return ["workspace", "project", *COLUMNS, *(["history"] if obj else [])]

    def get_readonly_fields(
        self, request: HttpRequest, obj: Configuration | None = None
    ) -> list[Any]:
        """Keep whose it is."""
        return ["workspace", "project", "history"] if obj else []

    @admin.display(description="history")
    def history(self, row: Configuration) -> SafeString | str:
        """Show the revisions."""
        return history_table(revisions.CONFIGURATION, row.pk)

    def has_delete_permission(self, request: HttpRequest, obj: Configuration | None = None) -> bool:
        """Nobody deletes one: its history says how it came to be."""
        return False

    def save_model(
        self,
        request: HttpRequest,
        obj: Configuration,
        form: Any,  # noqa: ANN401 Django's shape
        change: bool,  # noqa: FBT001 Django's shape
    ) -> None:
        """Save through the service, which keeps the history."""
        values = {name: form.cleaned_data[name] for name in COLUMNS if name in form.changed_data}
        if "provider" in values:  # the form holds it whole, and the service takes a patch
            gone = dict.fromkeys(form.initial.get("provider") or {})
            values["provider"] = {**gone, **values["provider"]}
        saved = configurations.edit_configuration(
            workspace=obj.workspace, project=obj.project, user_id=person(request).pk, **values
        )
        obj.pk = saved.pk
