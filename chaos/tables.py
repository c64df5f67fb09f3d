"""The tables, read with plain SQL behind the service's back, on SQLite and PostgreSQL."""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tables:
    """One database by its URL. Ids come as 32 hex digits from both."""

    url: str

    @property
    def is_sqlite(self) -> bool:
        """Say which of the two it is."""
        return self.url.startswith("sqlite")

    def rows(self, statement: str, *values: object) -> list[Row]:
        """Run a SELECT with `?` for each value."""
        if self.is_sqlite:
            with closing(self._sqlite()) as connection:
                connection.row_factory = sqlite3.Row
                return [dict(row) for row in connection.execute(statement, values)]
        with psycopg.connect(self.url, row_factory=dict_row) as connection:
            found = connection.execute(statement.replace("?", "%s").encode(), values)
            return [{name: plain(value) for name, value in row.items()} for row in found]

    def one(self, statement: str, *values: object) -> Any:  # noqa: ANN401 whatever the column holds
        """Run a SELECT of one value."""
        return next(iter(self.rows(statement, *values)[0].values()))

    def write(self, statement: str, *values: object) -> None:
        """Change rows: limits of a plan, which nobody else can set from outside."""
        if self.is_sqlite:
            with closing(self._sqlite()) as connection, connection:
                connection.execute(statement, values)
            return
        with psycopg.connect(self.url) as server:
            server.execute(statement.replace("?", "%s").encode(), values)

    def _sqlite(self) -> sqlite3.Connection:
        return sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=30)


def plain(value: Any) -> Any:  # noqa: ANN401 whatever a driver gives
    """Give ids as SQLite keeps them."""
    return value.hex if isinstance(value, UUID) else value


def key_of(text: str) -> str:
    """Write an id of the API as `Tables` gives it; PostgreSQL takes this form, too."""
    return text.replace("-", "")


def unpacked(value: Any) -> Any:  # noqa: ANN401 JSON
    """Read a JSON column: text on SQLite, read already on PostgreSQL."""
    return json.loads(value) if isinstance(value, str) else value
