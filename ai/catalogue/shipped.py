"""What a fresh installation knows without asking anybody: the figures of the product's research.

They are data beside this module. `shipped.json` has the shape of /models and is what the simulator
serves; `search_models.json` has models of which little more than one price is known; `notes.json`
holds remarks and doubts by model; the others hold one table each.
"""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from ai.catalogue import abilities, frontend, prices, wire
from ai.catalogue.records import Record
from ai.catalogue.values import Json

FOLDER: Final = Path(__file__).parent
SOURCE: Final = "shipped"
MODELS: Final = ("shipped.json", "search_models.json")

Table = Callable[[str], Any]


def fill(table: Table) -> None:
    """Write the shipped rows: new ones, and those that no list has told better since.

    Args:
        table: gives a table of `ai` by its name, as it was at a migration.
    """
    _write(table("CatalogueEntry"), "slug", entries())
    _write(table("CatalogueProvider"), "slug", providers())
    _write(table("CatalogueEndpoint"), "key", endpoints())
    _write(table("CatalogueAlias"), "alias", aliases())
    _write(table("PriceTier"), "key", tiers())


def clear(table: Table) -> None:
    """Take the rows out again that nothing but this module wrote."""
    table("CatalogueEndpoint").objects.filter(source=SOURCE).delete()
    table("CatalogueProvider").objects.filter(source=SOURCE).delete()
    slugs = [row["id"] for row in _read("search_models.json")["data"]]
    table("CatalogueEntry").objects.filter(source=SOURCE, slug__in=slugs).delete()
    table("CatalogueAlias").objects.filter(alias__in=[row["alias"] for row in aliases()]).delete()
    table("PriceTier").objects.filter(key__in=[row["key"] for row in tiers()]).delete()


def entries() -> list[Json]:
    """Give the columns of every model."""
    notes = _read("notes.json")
    rows = [raw for name in MODELS for raw in _read(name)["data"]]
    return [_entry(wire.model(raw), notes.get(raw["id"], [])) for raw in rows]


def providers() -> list[Json]:
    """Give the columns of every provider."""
    return [_provider(raw) for raw in _read("providers.json")]


def endpoints() -> list[Json]:
    """Give the columns of every endpoint; those that name no provider have none."""
    return [_endpoint(raw) for raw in _read("endpoints.json")]


def aliases() -> list[Json]:
    """Give dated ids of the models, and common wrong ids."""
    slugs = {row["slug"] for row in entries()}
    dated: dict[str, str] = {}
    for row in sorted(entries(), key=lambda one: (":" in one["slug"], one["slug"])):
        other = row.get("canonical_slug", "")
        if other and other not in slugs:
            dated.setdefault(other, row["slug"])
    known = [{"alias": alias, "slug": slug, "kind": "dated"} for alias, slug in dated.items()]
    return [*known, *_read("aliases.json")]


def tiers() -> list[Json]:
    """Give the scale of prices."""
    return [
        {
            "key": raw["key"],
            "name": raw["name"],
            "order": order,
            "most_nusd_per_m": _nusd(raw["most_usd_per_m"]),
            "note": raw["note"],
        }
        for order, raw in enumerate(_read("tiers.json"))
    ]


def _entry(record: Record, notes: list[str]) -> Json:
    columns = record.columns
    return columns | _priced(record.pricing) | {
        "slug": record.key,
        "abilities": abilities.line(
            columns.get("input_modalities", ()),
            columns.get("output_modalities", ()),
            columns.get("supported_parameters", ()),
        ),
        "notes": notes,
        "source": SOURCE,
        "wire": record.wire,
    }  # fmt: skip


def _provider(raw: Json) -> Json:
    record = frontend.provider(raw)
    return record.columns | {
        "slug": record.key,
        "notes": raw.get("notes", []),
        "source": SOURCE,
    }


def _endpoint(raw: Json) -> Json:
    pricing: dict[str, str] = raw["pricing"]
    return _priced(pricing) | {
        "key": wire.endpoint_key(raw["slug"], raw["key"], None),
        "entry_id": raw["slug"],
        "provider_id": raw["provider"],
        "name": raw["name"],
        "is_free": wire.is_free(pricing),
        "notes": raw["notes"],
        "source": SOURCE,
    }


def _priced(pricing: dict[str, str]) -> Json:
    names = frozenset(column for column, _ in prices.COLUMNS.values())
    return {"pricing": pricing, **prices.columns(pricing, names=names)}


def _nusd(usd: str | None) -> int | None:
    return None if usd is None else prices.nusd(Decimal(usd), 1)


def _write(table: Any, key: str, rows: list[Json]) -> None:  # noqa: ANN401 as it was then
    """Write rows with the columns that the table has; rows that a list told stay as they are."""
    fields = {field.attname for field in table._meta.concrete_fields}
    told: set[str] = set()
    if "source" in fields:
        heard = table.objects.exclude(source=SOURCE)
        told = set(heard.values_list(key, flat=True))
    kept = [
        table(**{name: value for name, value in row.items() if name in fields})
        for row in rows
        if row[key] not in told
    ]
    if "source" not in fields:
        table.objects.bulk_create(kept, ignore_conflicts=True)
        return
    keys = {key, table._meta.pk.attname}
    names = [field.name for field in table._meta.concrete_fields if field.name not in keys]
    table.objects.bulk_create(kept, update_conflicts=True, unique_fields=[key], update_fields=names)


def _read(name: str) -> Any:  # noqa: ANN401 JSON of our own
    return json.loads((FOLDER / name).read_text(encoding="utf-8"), parse_float=Decimal)
