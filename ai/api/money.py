"""Money on its way in: decimal strings of USD, exact to the nano-dollar."""

import re
from decimal import Decimal
from typing import Any, ClassVar, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ai.ledger.prices import nusd_of
from canvas.core.money import DIGITS, usd_text

MOST_USD: Final = 1_000_000
_PATTERN: Final = r"^[0-9]{1,7}(\.[0-9]{1,9})?$"
_SHAPE: Final = re.compile(r"(-?)([0-9]{1,40})(?:\.([0-9]{1,40}))?")


@extend_schema_field({"type": "string", "pattern": _PATTERN, "examples": ["12.50"]})
class UsdField(serializers.Field[int, str, str, int]):
    """An amount of USD: a decimal string on the wire, nano-dollars inside."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": 'Send an amount of USD as a string, like "12.50".',
        "min_value": "An amount is not below zero.",
        "max_value": f"An amount is at most {MOST_USD} USD.",
        "max_decimal_places": f"An amount has at most {DIGITS} digits behind the point.",
    }

    def to_internal_value(self, data: Any) -> int:  # noqa: ANN401 any JSON value
        """Read the amount in nano-dollars."""
        found = _SHAPE.fullmatch(data) if isinstance(data, str) and data.isascii() else None
        if found is None:
            self.fail("invalid")
        amount = Decimal(data)
        if found[1] and amount:
            self.fail("min_value")
        if amount > MOST_USD:
            self.fail("max_value")
        if len(found[3] or "") > DIGITS:
            self.fail("max_decimal_places")
        return nusd_of(amount)

    def to_representation(self, value: int) -> str:
        """Write nano-dollars as USD."""
        return usd_text(value) or ""
