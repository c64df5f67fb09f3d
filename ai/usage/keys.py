"""What sums can be made by. An absent id or a blank text is one group of its own: null outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import F, UUIDField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

NOBODY: Final = UUID(int=0)
"""Stands for an absent id inside statements: cursors cannot compare with NULL."""
PREFIX: Final = "key_"


@dataclass(frozen=True, slots=True)
class Key:
    """One way to tell groups apart: a column, and the members that it has on the wire."""

    column: str
    members: tuple[str, ...]
    is_id: bool = False

    def expression(self) -> Combinable:
        """Give the key inside a statement, never NULL."""
        if not self.is_id:
            return F(self.column)
        return Coalesce(F(self.column), Value(NOBODY, output_field=UUIDField()))

    def read(self, text: str) -> str | UUID:
        """Read a value out of a cursor.

        Raises:
            ValueError: it is not an id.
        """
        return UUID(text) if self.is_id else text


KEYS: Final[Mapping[str, Key]] = {
    "day": Key("day", ("day",)),
    "model": Key("model_slug", ("model",)),
    "served": Key("model_served", ("model_served",)),
    "provider": Key("provider", ("provider",)),
    "task": Key("task", ("task",)),
    "payer": Key("payer", ("payer",)),
    "project": Key("project_id", ("project_id", "project_title", "project_is_deleted"), is_id=True),
    "person": Key("user_id", ("person_id", "person_name"), is_id=True),
    "token": Key("token_id", ("token_id", "token_name"), is_id=True),
}
"""What the API sums by, by the word in `by`."""
WORKSPACE: Final = Key("workspace_id", ("workspace_id", "workspace_name"), is_id=True)
"""For the operator's own pages; a caller of the API is in one workspace."""
_ALL: Final = {**KEYS, "workspace": WORKSPACE}


def key_of(name: str) -> Key:
    """Give the key of a word."""
    return _ALL[name]


def columns(by: Sequence[str]) -> dict[str, Combinable]:
    """Give what a statement groups by, each under a name that no column has."""
    return {PREFIX + name: _ALL[name].expression() for name in by}


def values_of(row: Mapping[str, Any], by: Sequence[str]) -> tuple[Any, ...]:
    """Give the keys of one group."""
    return tuple(row[PREFIX + name] for name in by)
