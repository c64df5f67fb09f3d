"""Pages of tables that are edited through their services, which record a change-set.

A refusal of a service (a locked scene, an old version) becomes an error in the form: everything
it touched is rolled back, and what was typed is still there.
"""

from contextvars import ContextVar
from copy import copy
from typing import Any, ClassVar, Final, TypeVar

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from canvas.core.admin import ShownAdmin, on_each
from canvas.core.errors import DomainError, Missing
from canvas.core.rows import Row
from canvas.core.serializers import camel
from canvas.workspaces.admin import person
from scenes.admin.jsontext import EditsJSON
from scenes.services.changes import Actor

R = TypeVar("R", bound=Row)

_refusal: Final[ContextVar[DomainError | None]] = ContextVar("refusal", default=None)


def by(request: HttpRequest) -> Actor:
    """Name the member of staff as the one who changes the canvas."""
    return Actor.human(person(request).pk)


class ServiceForm(forms.ModelForm[R]):
    """A row to edit. `expected` is the version that the person saw: a later one refuses the save.

    `stored` is the row as it was read; `instance` already bears what was typed.
    """

    expected = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 Django's shape
        super().__init__(*args, **kwargs)
        self.stored = copy(self.instance)
        self.initial["expected"] = self.instance.version

    def changes(self) -> dict[str, Any]:
        """Give the columns that the person changed."""
        names = [name for name in self.changed_data if name != "expected"]
        return {name: self.cleaned_data[name] for name in names}

    def clean(self) -> dict[str, Any] | None:
        """Show why the service refused, if it did, beside the fields it names."""
        cleaned = super().clean()
        refused = _refusal.get()
        if refused is not None:
            columns = {camel(name): name for name in self.fields}
            for fault in refused.faults:
                member, _, inside = fault.pointer.removeprefix("/").partition("/")
                place = f"/{inside}: " if inside else ""
                self.add_error(columns.get(member), f"{place}{fault.detail}")
            if not refused.faults:
                self.add_error(None, f"{refused.detail} ({refused.code})")
        return cleaned


class ServiceAdmin(EditsJSON[R], ShownAdmin[R]):
    """A table that is edited through its services; what was deleted softly is read-only."""

    form = ServiceForm  # type: ignore[assignment] # generic in the same row
    actions = ["remove"]
    parents: ClassVar[tuple[str, ...]] = ()
    """Columns that a new row is given and an old one keeps."""

    def add_row(self, request: HttpRequest, values: dict[str, Any]) -> R:
        """Add a row by its service. A page without it permits no adding."""
        raise NotImplementedError

    def edit_row(
        self, request: HttpRequest, row: R, expected: int | None, values: dict[str, Any]
    ) -> None:
        """Edit a row, as it was read, by its service."""
        raise NotImplementedError

    def remove_row(self, request: HttpRequest, row: R) -> None:
        """Delete a row by its service. A page without it permits no deleting."""
        raise NotImplementedError

    def get_fields(self, request: HttpRequest, obj: R | None = None) -> list[Any]:
        """Carry the version along when a row is edited; a new row has nothing to show yet."""
        names = list(super().get_fields(request, obj))
        if obj is not None:
            return [*names, "expected"] if self.has_change_permission(request, obj) else names
        return [name for name in names if name not in self._locked(request, obj)]

    def _locked(self, request: HttpRequest, obj: R | None) -> list[Any]:
        return [*super()._locked(request, obj), *(self.parents if obj is not None else ())]

    def save_model(
        self,
        request: HttpRequest,
        obj: R,
        form: Any,  # noqa: ANN401 a ServiceForm
        change: bool,  # noqa: FBT001 Django's shape
    ) -> None:
        """Call the service; what it refuses comes back into the form."""
        values = form.changes()
        if not change:
            obj.pk = self.add_row(request, values).pk
        elif values:
            self.edit_row(request, form.stored, form.cleaned_data["expected"], values)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 Django's shape
        """Show or save; a refusal has rolled everything back and is shown with what was typed."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as exc:
            token = _refusal.set(exc)
            try:
                return super().changeform_view(request, object_id, form_url, extra_context)
            finally:
                _refusal.reset(token)

    def has_change_permission(self, request: HttpRequest, obj: R | None = None) -> bool:
        """Refuse what lies in the bin."""
        alive = obj is None or getattr(obj, "deleted_at", None) is None
        return alive and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: R | None = None) -> bool:
        """Refuse what lies in the bin already."""
        alive = obj is None or getattr(obj, "deleted_at", None) is None
        return alive and super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> Any:  # noqa: ANN401 Django's shape
        """Leave Django's own deletion out: it knows no service."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    @admin.action(permissions=["delete"], description="Delete")
    def remove(self, request: HttpRequest, rows: QuerySet[R]) -> HttpResponse | None:
        """Delete each selected row by its service."""

        def act(row: R) -> str:
            if not self.has_delete_permission(request, row):
                raise Missing("This lies in the bin already.")
            self.remove_row(request, row)
            return "deleted"

        return on_each(self, request, rows, act)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:  # noqa: ANN401 Django's shape
        """Name the row alone: the service decides what goes with it."""
        names = [str(row) for row in objs]
        return names, {str(self.opts.verbose_name_plural): len(names)}, set(), []

    def delete_model(self, request: HttpRequest, obj: R) -> None:
        """Delete by the service."""
        self.remove_row(request, obj)

    def delete_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Ask, or delete; a refusal leads back to the row."""
        try:
            return super().delete_view(request, object_id, extra_context)
        except DomainError as exc:
            self.message_user(request, f"{exc.detail} ({exc.code})", messages.ERROR)
            address = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
            return HttpResponseRedirect(reverse(address, args=[object_id]))
