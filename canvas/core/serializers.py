"""The base of every serializer: camelCase on the wire, unknown members refused, types strict.

Fields are renamed where they are declared, so errors, the OpenAPI document and hooks agree with
the wire, and the keys inside free-form JSON stay as they are. A read-only member that a client
sends back is accepted and ignored: clients send what they got.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, ClassVar, Final, TypeVar

from django.db import models
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.utils import html

_Instance = TypeVar("_Instance")
_Model = TypeVar("_Model", bound=models.Model)
_LOW_LINE: Final = re.compile(r"(?<=[a-z0-9])_([a-z0-9])")


def camel(name: str) -> str:
    """Turn a Python name into the name it has on the wire."""
    return _LOW_LINE.sub(lambda match: match[1].upper(), name)


class StrictCharField(serializers.CharField):
    """Text that arrives as text. NUL and half surrogates are refused by DRF's own validators."""

    def to_internal_value(self, data: Any) -> str:  # noqa: ANN401 any JSON value
        """Refuse anything but a string."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictChoiceField(serializers.ChoiceField):
    """A choice whose value arrives as text."""

    def to_internal_value(self, data: Any) -> Any:  # noqa: ANN401 DRF's shape
        """Refuse anything but a string."""
        if not isinstance(data, str):
            self.fail("invalid_choice", input=data)
        return super().to_internal_value(data)


class StrictIntegerField(serializers.IntegerField):
    """A whole number that arrives as a number; forms may send its digits."""

    def to_internal_value(self, data: Any) -> int:  # noqa: ANN401 any JSON value
        """Refuse booleans, and texts outside of forms."""
        is_whole = isinstance(data, int) or (isinstance(data, float) and data.is_integer())
        if isinstance(data, bool) or not (is_whole or _in_form(self)):
            self.fail("invalid")
        return super().to_internal_value(int(data) if is_whole else data)


class StrictFloatField(serializers.FloatField):
    """A number that arrives as a number; forms may send its digits."""

    def to_internal_value(self, data: Any) -> float:  # noqa: ANN401 any JSON value
        """Refuse booleans, what is not finite, and texts outside of forms."""
        if isinstance(data, bool) or not (isinstance(data, int | float) or _in_form(self)):
            self.fail("invalid")
        value = super().to_internal_value(data)
        if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124 NaN differs from itself
            self.fail("invalid")
        return value


class StrictBooleanField(serializers.BooleanField):
    """True or false that arrives as such; forms may send words."""

    def to_internal_value(self, data: Any) -> bool:  # noqa: ANN401 any JSON value
        """Refuse numbers, and words outside of forms."""
        if not isinstance(data, bool) and not _in_form(self):
            self.fail("invalid", input=data)
        return super().to_internal_value(data)


class StrictUUIDField(serializers.UUIDField):
    """An id that arrives as text."""

    def to_internal_value(self, data: Any) -> Any:  # noqa: ANN401 DRF's shape
        """Refuse anything but a string."""
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class CamelFields:
    """Gives a serializer camelCase names and refuses members it does not know."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Rename the declared fields; a `validate_<name>` hook follows its field."""
        declared: Mapping[str, Any] = super().get_fields()  # type: ignore[misc] # a serializer's
        return {self._on_the_wire(name, field): field for name, field in declared.items()}

    def to_internal_value(self, data: Any) -> Any:  # noqa: ANN401 DRF's shape
        """Validate the members, unknown ones included."""
        unknown = self._unknown(data)
        try:
            value = super().to_internal_value(data)  # type: ignore[misc] # a serializer's
        except serializers.ValidationError as exc:
            if unknown and isinstance(exc.detail, dict):
                raise serializers.ValidationError({**exc.detail, **unknown}) from exc
            raise
        if unknown:
            raise serializers.ValidationError(unknown)
        return value

    def _on_the_wire(self, name: str, field: Any) -> str:  # noqa: ANN401 any field
        wire = camel(name)
        if wire == name:
            return name
        if isinstance(field, serializers.SerializerMethodField):
            field.method_name = field.method_name or f"get_{name}"
        elif field.source is None:
            field.source = name
        hook: Callable[[Any], Any] | None = getattr(self, f"validate_{name}", None)
        if hook is not None:
            setattr(self, f"validate_{wire}", hook)
        return wire

    def _unknown(self, data: Any) -> dict[str, list[ErrorDetail]]:  # noqa: ANN401 any JSON value
        if not isinstance(data, Mapping):
            return {}
        known: Mapping[str, Any] = self.fields  # type: ignore[attr-defined] # a serializer's
        return {
            str(name): [ErrorDetail("There is no such member here.", code="unknown-field")]
            for name in data
            if name not in known
        }


class CamelSerializer(CamelFields, serializers.Serializer[_Instance]):
    """A shape on the wire that is no row."""


class CamelModelSerializer(CamelFields, serializers.ModelSerializer[_Model]):
    """A row on the wire. Shape only: uniqueness is the table's, rules are the services'."""

    serializer_field_mapping: ClassVar[dict[Any, Any]] = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.CharField: StrictCharField,
        models.TextField: StrictCharField,
        models.IntegerField: StrictIntegerField,
        models.BigIntegerField: StrictIntegerField,
        models.PositiveIntegerField: StrictIntegerField,
        models.PositiveBigIntegerField: StrictIntegerField,
        models.PositiveSmallIntegerField: StrictIntegerField,
        models.SmallIntegerField: StrictIntegerField,
        models.FloatField: StrictFloatField,
        models.BooleanField: StrictBooleanField,
        models.UUIDField: StrictUUIDField,
    }
    serializer_choice_field = StrictChoiceField

    def get_unique_together_validators(self) -> list[Any]:
        """Leave uniqueness to the table, which cannot be raced."""
        return []


@cache
def writer(shape: type[serializers.BaseSerializer[Any]]) -> Callable[[Any], dict[str, Any]]:
    """Give what writes rows in a shape that asks nothing of its request.

    Its fields are made once: making them takes ten times as long as writing a row.
    """
    write: Callable[[Any], dict[str, Any]] = shape().to_representation
    return write


def _in_form(field: serializers.Field[Any, Any, Any, Any]) -> bool:
    root = field.root
    return html.is_html_input(getattr(root, "initial_data", None))
