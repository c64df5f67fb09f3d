"""Rows as CSV that a spreadsheet opens and does not run.

Source: RFC 4180; OWASP, "CSV Injection".
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, Final

_RUN: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def lines_of(rows: Iterable[Sequence[Any]]) -> bytes:
    """Write rows as lines that end with CRLF, in UTF-8; None is an empty cell."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows([cell(one) for one in row] for row in rows)
    return text.getvalue().encode()


def cell(value: Any) -> str:  # noqa: ANN401 any JSON value
    """Write one cell. A text that a spreadsheet would take for a formula begins with `'`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_RUN) else text
