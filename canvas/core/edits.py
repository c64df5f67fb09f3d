"""One guarded edit of one row: the version rises, or the caller learns that it had an old one."""

from typing import Any, TypeVar

from django.db.models import F
from django.utils import timezone

from canvas.core.errors import Missing
from canvas.core.etag import stale
from canvas.core.rows import Row

_Row = TypeVar("_Row", bound=Row)


def edit_row(row: _Row, *, expected_version: int | None = None, **changes: Any) -> _Row:  # noqa: ANN401 column values
    """Write columns in one conditional UPDATE, raise `version` by one and return the row afresh.

    Args:
        row: the row to edit; it is refreshed from its table.
        expected_version: the version the caller has seen; None edits any.
        changes: new column values. Without any, nothing is written and the version stays.

    Raises:
        Stale: the version is not the expected one any more.
        Missing: the row is gone.
    """
    rows = type(row)._default_manager.filter(pk=row.pk)
    if expected_version is not None:
        rows = rows.filter(version=expected_version)
    if changes:
        written = rows.update(version=F("version") + 1, modified_at=timezone.now(), **changes)
    else:
        written = rows.count()
    if not written:
        _refuse(row)
    row.refresh_from_db()
    return row


def _refuse(row: Row) -> None:
    now = type(row)._default_manager.filter(pk=row.pk).first()
    if now is None:
        raise Missing("This is gone.")
    raise stale(now)
