"""What a record says otherwise than its row, field by field.

What a record does not tell stays as it is known. Where it says that a price varies, a known price
stays, too, and the report says so.
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from ai.catalogue import abilities, prices
from ai.catalogue.records import EndpointRecord, Record
from ai.models import CatalogueEndpoint, CatalogueEntry, CatalogueProvider

Row = CatalogueEntry | CatalogueProvider | CatalogueEndpoint

TRACKED: Final = frozenset(
    {
        "context_length", "max_output_tokens", "input_modalities", "output_modalities",
        "supported_parameters", "reasoning", "expires_at", "trains", "retains_prompts",
        "retention_days", "requires_user_ids", "byok_enabled", "moderation_required",
        "quantization", "max_prompt_tokens", "max_prompt_images", "is_zdr", "is_free",
        "is_disabled", "limit_rpm", "limit_rpd",
    }
)  # fmt: skip
"""Columns whose changes are history; names, descriptions and uptimes are only kept fresh."""
KEPT_IN_WIRE: Final = ("images_api",)
NAME_ONLY: Final = frozenset({"name"})


@dataclass(slots=True)
class Difference:
    """What one record changed in its row; `fields` are history: name, before, after."""

    fields: list[tuple[str, Any, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    is_touched: bool = False

    @property
    def is_repriced(self) -> bool:
        """Whether a price changed."""
        return any(name.startswith("pricing.") for name, _, _ in self.fields)

    @property
    def is_changed(self) -> bool:
        """Whether something that is history changed, other than a price."""
        return any(not name.startswith("pricing.") for name, _, _ in self.fields)


def merge(row: Row, record: Record) -> Difference:
    """Put what a record tells into its row, unsaved, and say what that changed."""
    found = Difference()
    names = {column.name for column in row._meta.concrete_fields}
    _tell_partial(row, record, found)
    for name, value in record.columns.items():
        if name not in names or _is_kept(row, record, name):
            continue
        if not _is_same(before := getattr(row, name), value):
            setattr(row, name, value)
            found.is_touched = True
            if name in TRACKED:
                found.fields.append((name, as_json(before), as_json(value)))
    if not isinstance(row, CatalogueProvider):
        _merge_prices(row, record, found, names)
        _merge_abilities(row, record, found)
    _merge_wire(row, record, found)
    return found


def _tell_partial(row: Row, record: Record, found: Difference) -> None:
    for name, why in record.partial.items():
        end = "; kept as it was" if _is_kept(row, record, name) else ""
        found.problems.append(f"{record.key}: {why}{end}")


def _is_kept(row: Row, record: Record, name: str) -> bool:
    """Say whether a list stays because only a part of the new one could be read."""
    if isinstance(row, CatalogueEndpoint):  # its abilities are all that is kept of such a list
        return name in record.partial and " can:" in row.abilities
    return name in record.partial and bool(getattr(row, name))


def _is_same(before: Any, value: Any) -> bool:  # noqa: ANN401 any column
    """Compare two values of a column; the order of names says nothing."""
    is_list = isinstance(before, list) and isinstance(value, list)
    return bool(before == value or (is_list and sorted(before) == sorted(value)))


def _merge_prices(
    row: CatalogueEntry | CatalogueEndpoint, record: Record, found: Difference, names: set[str]
) -> None:
    known: dict[str, str] = row.pricing
    for unit in sorted(record.varies & set(known)):
        found.problems.append(f"{record.key}: its {unit} price is said to vary; kept as it was")
    changed = {
        unit: text
        for unit, text in record.pricing.items()
        if unit not in known or Decimal(known[unit]) != Decimal(text)
    }
    if not changed:
        return
    found.is_touched = True
    found.fields += [(f"pricing.{unit}", known.get(unit), text) for unit, text in changed.items()]
    row.pricing = known | changed
    for column, value in prices.columns(changed, names=frozenset(names)).items():
        setattr(row, column, value)


def _merge_abilities(
    row: CatalogueEntry | CatalogueEndpoint, record: Record, found: Difference
) -> None:
    if isinstance(row, CatalogueEntry):
        parameters = row.supported_parameters
        line = abilities.line(row.input_modalities, row.output_modalities, parameters)
    else:
        owner, parameters = row.entry, record.columns.get("parameters")
        if parameters is None or _is_kept(row, record, "supported_parameters"):
            return
        line = abilities.line(owner.input_modalities, owner.output_modalities, parameters)
    if set(line.split()) != set(row.abilities.split()):
        if isinstance(record, EndpointRecord):
            found.fields.append(("abilities", row.abilities, line))
        row.abilities = line
        found.is_touched = True


def _merge_wire(row: Row, record: Record, found: Difference) -> None:
    if not record.wire:
        return
    kept = {name: row.wire[name] for name in KEPT_IN_WIRE if name in row.wire}
    wire = kept | record.wire
    if wire != row.wire:
        row.wire = wire
        found.is_touched = True


def as_json(value: Any) -> Any:  # noqa: ANN401 any column
    """Write a column's value as history keeps it."""
    return value.isoformat() if isinstance(value, datetime) else value
