"""What was read of one model, provider or endpoint: only what was told, ready for a table.

`columns` lacks whatever was not told or could not be read: what the table knows of it stays.
"""

import json
from dataclasses import dataclass, field
from typing import Any, Final

from ai.catalogue.values import Json, storable

MOST_WIRE_CHARS: Final = 60_000


@dataclass(slots=True, kw_only=True)
class Record:
    """One record of a list."""

    key: str
    columns: Json = field(default_factory=dict)
    pricing: dict[str, str] = field(default_factory=dict)
    varies: set[str] = field(default_factory=set)
    """Units whose price is said to depend on what is asked."""
    wire: Json = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    partial: dict[str, str] = field(default_factory=dict)
    """Lists of names of which some could not be read, each with its problem in words."""


@dataclass(slots=True, kw_only=True)
class ModelRecord(Record):
    """A model; `key` is its slug. An alias names the model it leads to."""

    alias_target: str = ""


@dataclass(slots=True, kw_only=True)
class ProviderRecord(Record):
    """A provider; `key` is its slug."""


@dataclass(slots=True, kw_only=True)
class EndpointRecord(Record):
    """A model at a provider; `key` tells it from the model's others."""

    slug: str
    provider: ProviderRecord | None = None
    is_listed: bool = True
    """False for one that only the list of ZDR endpoints told."""


@dataclass(slots=True)
class Listing:
    """All that one reading of the lists found."""

    models: dict[str, ModelRecord] = field(default_factory=dict)
    providers: dict[str, ProviderRecord] = field(default_factory=dict)
    endpoints: dict[str, EndpointRecord] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    """Ids of models that were named at all, those whose record was refused included."""
    endpoints_of: set[str] = field(default_factory=set)
    """Models all of whose endpoints were told."""
    zdr: set[str] | None = None
    """Keys of the endpoints that keep nothing; None when nobody said."""
    has_all_models: bool = False
    has_all_providers: bool = False
    is_simulated: bool = False
    refused: int = 0
    problems: list[str] = field(default_factory=list)
    failure: str = ""
    """Why nothing of it may be used."""

    def refuse(self, what: str, why: str) -> None:
        """Note a record that could not be read at all."""
        self.refused += 1
        self.problems.append(f"{what}: {why}; it was left as it was")

    def add_model(self, record: ModelRecord) -> None:
        """Take a model in; of two with one id the first counts."""
        self.seen.add(record.key)
        if record.key in self.models:
            self.refuse(record.key, "listed twice, the first one was taken")
            return
        self.models[record.key] = record

    def add_provider(self, record: ProviderRecord) -> None:
        """Take a provider in; of two with one slug the first counts."""
        if record.key in self.providers:
            self.refuse(f"provider {record.key}", "listed twice, the first one was taken")
            return
        self.providers[record.key] = record

    def add_endpoint(self, record: EndpointRecord) -> None:
        """Take an endpoint in; another with the same key gets a number."""
        key, number = record.key, 1
        while record.key in self.endpoints:
            number += 1
            record.key = f"{key}#{number}"
        self.endpoints[record.key] = record

    def all_problems(self) -> list[str]:
        """Give every problem, those of single values with the name of their record."""
        records: list[Record] = [
            *self.models.values(), *self.providers.values(), *self.endpoints.values(),
        ]  # fmt: skip
        return self.problems + [
            f"{record.key}: {problem}" for record in records for problem in record.problems
        ]


def told(**columns: Any) -> Json:  # noqa: ANN401 any column
    """Give the columns that were told."""
    return {name: value for name, value in columns.items() if value is not None}


def kept_wire(raw: Json, problems: list[str]) -> Json:
    """Keep a record as it was read, or say that it is too long to be kept."""
    wire: Json = storable(raw)
    if len(json.dumps(wire)) > MOST_WIRE_CHARS:
        problems.append("the record is too long to be kept whole")
        return {"id": wire.get("id"), "too_long": True}
    return wire
