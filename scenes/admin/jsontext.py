"""JSON in forms: indented to read, checked on the way in."""

import json
from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django import forms
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db import models
from django.http import HttpRequest
from rest_framework import serializers

from canvas.core.errors import DomainError
from canvas.core.json import read_json

if TYPE_CHECKING:
    from rest_framework.fields import Field

M = TypeVar("M", bound=models.Model)


class JSONText(forms.JSONField):
    """JSON to edit: indented, through the one JSON door, empty means the column's default.

    Args:
        column: the column it is for.
        shape: the serializer field that an editor's value has to pass; None asks for a value
            of the default's type only.
    """

    def __init__(
        self,
        *,
        column: "models.JSONField[Any, Any]",
        shape: "Field[Any, Any, Any, Any] | None" = None,
        **options: Any,  # noqa: ANN401 a form field's own
    ) -> None:
        super().__init__(**options)
        self.column, self.shape = column, shape

    def to_python(self, value: Any) -> Any:  # noqa: ANN401 any JSON value
        """Read and check; what is no text was read before."""
        if not isinstance(value, str):
            return value
        empty = self.column.get_default() if self.column.has_default() else None
        if not value.strip():
            return empty
        try:
            read = read_json(value.encode("utf-8", "replace"))
            if self.shape is not None:
                return deepcopy(self.shape).run_validation(read)
        except DomainError as exc:
            told = [exc.detail, *(f"{fault.pointer}: {fault.detail}" for fault in exc.faults)]
            raise forms.ValidationError(told) from exc
        except serializers.ValidationError as exc:
            raise forms.ValidationError(list(_sentences(exc.detail))) from exc
        if empty is not None and not isinstance(read, type(empty)):
            kind = "a list" if isinstance(empty, list) else "an object"
            raise forms.ValidationError(f"Expected {kind}.")
        return read

    def bound_data(self, data: Any, initial: Any) -> Any:  # noqa: ANN401 Django's shape
        """Show again what was typed, as it was typed."""
        return initial if self.disabled else data

    def prepare_value(self, value: Any) -> Any:  # noqa: ANN401 any JSON value
        """Indent what is stored."""
        return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)

    def has_changed(self, initial: Any, data: Any) -> bool:  # noqa: ANN401 any JSON value
        """Compare values, not their writing; what cannot be read has changed."""
        try:
            return bool(self.to_python(data) != initial)
        except forms.ValidationError:
            return True


def _sentences(detail: Any, path: str = "") -> Iterable[str]:  # noqa: ANN401 nested errors
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _sentences(inner, f"{path}/{name}")
    elif isinstance(detail, list):
        for inner in detail:
            yield from _sentences(inner, path)
    else:
        yield f"{path}: {detail}" if path else str(detail)


class EditsJSON(BaseModelAdmin[M]):
    """A page whose JSON columns are edited as text; `shapes` says what each has to look like."""

    shapes: ClassVar[Mapping[str, "Field[Any, Any, Any, Any]"]] = {}

    def formfield_for_dbfield(
        self,
        db_field: models.Field[Any, Any],
        request: HttpRequest,
        **kwargs: Any,  # noqa: ANN401 Django's shape
    ) -> forms.Field | None:
        """Edit JSON through the JSON door."""
        if not isinstance(db_field, models.JSONField):
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        kwargs |= {"form_class": JSONText, "widget": AdminTextareaWidget}
        shape = self.shapes.get(db_field.name)
        return db_field.formfield(column=db_field, shape=shape, show_hidden_initial=False, **kwargs)


def patch_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Make the merge patch that turns one map into the other."""
    patch: dict[str, Any] = {name: None for name in before if name not in after}
    for name, value in after.items():
        old = before.get(name)
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            value = patch_between(old, value)  # noqa: PLW2901 the nested patch takes its place
            if not value:
                continue
        if value != old:
            patch[name] = value
    return patch
