"""`LIKE` that knows capitals of every language; SQLite's own knows those of English alone."""

import re
import sqlite3
from functools import lru_cache
from typing import Final

_JOKERS: Final = {"%": ".*", "_": "."}


def teach(connection: sqlite3.Connection) -> None:
    """Put our `LIKE` in the place of SQLite's, with and without `ESCAPE`."""
    for arguments in (2, 3):
        connection.create_function("like", arguments, like, deterministic=True)


def like(pattern: object, text: object, escape: str = "") -> bool | None:
    """Say whether a text is like a pattern; nothing when one of them is NULL."""
    if pattern is None or text is None:
        return None
    return _compiled(str(pattern), escape).fullmatch(str(text)) is not None


@lru_cache(maxsize=200)
def _compiled(pattern: str, escape: str) -> re.Pattern[str]:
    parts, letters = [], iter(pattern)
    for letter in letters:
        if letter == escape:
            parts.append(re.escape(next(letters, "")))
        else:
            parts.append(_JOKERS.get(letter) or re.escape(letter))
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)
