"""The backend that `DATABASES` names; Django looks for this module and this class."""

import re
import sqlite3
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from django.db.backends.sqlite3 import base

from canvas.core.sqlite import like
from canvas.core.sqlite.gate import Gate, gate_of
from canvas.core.sqlite.pool import File, file_of, pool

_WRITES: Final = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|REPLACE|CREATE|ALTER|DROP)\b", re.I)


class Cursor(base.SQLiteCursorWrapper):
    """Puts SQLite's holes into a statement once, not at every call."""

    def convert_query(self, query: str, *, param_names: list[str] | None = None) -> str:
        """Write `?` for `%s`; named parameters are left to Django."""
        if param_names is not None:
            return str(super().convert_query(query, param_names=param_names))
        return _with_question_marks(query)


@lru_cache(maxsize=2_000)
def _with_question_marks(query: str) -> str:
    return base.FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%")


_Parent: Any = base.DatabaseWrapper  # the stubs leave out what a backend may override


class DatabaseWrapper(_Parent):  # type: ignore[misc] # as said above
    """Queues its writers, and gives its connection back instead of closing it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 Django's shape
        super().__init__(*args, **kwargs)
        self._inside: Gate | None = None
        self._file: File | None = None
        self.execute_wrappers.append(self._gated)

    def get_new_connection(self, conn_params: dict[str, Any]) -> sqlite3.Connection:
        """Take an idle connection, or open one."""
        path = str(conn_params["database"])
        idle = None if self.is_in_memory_db() else pool.take(file_of(path))
        fresh: sqlite3.Connection = idle or super().get_new_connection(conn_params)
        if idle is None:
            like.teach(fresh)
        self._file = file_of(path)  # opening it may have made it
        return fresh

    def create_cursor(self, name: str | None = None) -> "Cursor":
        """Give a cursor that remembers the statements it has rewritten."""
        cursor: Cursor = self.connection.cursor(factory=Cursor)
        return cursor

    def _close(self) -> None:
        connection: sqlite3.Connection | None = self.connection
        # Inside a transaction Django goes on holding the object; nobody else may have it then.
        is_kept = self.in_atomic_block or self.is_in_memory_db() or self.errors_occurred
        try:
            if connection is not None and self._file is not None and not is_kept:
                with self.wrap_database_errors:
                    pool.give(self._file, connection)
            else:
                super()._close()
        finally:
            self._leave()

    def _start_transaction_under_autocommit(self) -> None:
        self._enter()
        try:
            super()._start_transaction_under_autocommit()
        except BaseException:
            self._leave()
            raise

    def _commit(self) -> None:
        super()._commit()
        self._leave()  # a commit that failed is followed by a rollback

    def _rollback(self) -> None:
        try:
            super()._rollback()
        finally:
            self._leave()

    def _gated(
        self,
        execute: Callable[..., Any],
        sql: str,
        params: Any,  # noqa: ANN401 Django's shape
        many: bool,  # noqa: FBT001 Django's shape
        context: dict[str, Any],
    ) -> Any:  # noqa: ANN401 Django's shape
        """Let a write that stands alone wait for its turn, too."""
        if self._inside is not None or self.in_atomic_block or not _WRITES.match(sql):
            return execute(sql, params, many, context)
        self._enter()
        try:
            return execute(sql, params, many, context)
        finally:
            self._leave()

    def _enter(self) -> None:
        if self._inside is None and not self.is_in_memory_db():
            gate = gate_of(str(self.settings_dict["NAME"]))
            with self.wrap_database_errors:
                gate.enter(float(self.settings_dict["OPTIONS"].get("timeout", 5.0)))
            self._inside = gate

    def _leave(self) -> None:
        gate, self._inside = self._inside, None
        if gate is not None:
            gate.leave()
