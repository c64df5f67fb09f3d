"""Who spent what on which model, read once: the dearest rows, and what they add up to.

One pass over the ledger makes the table, its models, its places and its total. Rows come as a
stream; what is kept is bounded by the number of models, places and shown rows.
"""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ai.usage.keys import PREFIX
from ai.usage.lines import Lines
from ai.usage.sums import MEASURES, sum_by

WHO: Final = ("workspace", "person", "model")
SHOWN_ROWS: Final = 100
_CHUNK: Final = 2_000
Row = dict[str, Any]


@dataclass(slots=True)
class Tally:
    """Rows of the table, the dearest first, and sums of all rows by one key or by none."""

    total: Row = field(default_factory=lambda: dict.fromkeys(MEASURES))
    sums: dict[str, dict[Any, Row]] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    has_more: bool = False

    def dearest(self, name: str, count: int) -> list[Row]:
        """Give the sums by a key, the dearest first."""
        return heapq.nlargest(count, self.sums[name].values(), key=_dear)

    def counted(self, rows: Iterator[Row]) -> Iterator[Row]:
        """Let rows through, and add each up."""
        for row in rows:
            _add(self.total, row)
            for name, sums in self.sums.items():
                key = row[PREFIX + name]
                _add(sums.setdefault(key, {PREFIX + name: key, **_NOTHING}), row)
            yield row


_NOTHING: Final[Row] = dict.fromkeys(MEASURES)
_COUNTS: Final = [name for name, sum_ in MEASURES.items() if sum_.empty_result_set_value == 0]


def tally_of(lines: Lines, place: str) -> Tally:
    """Read who spent what; sums are kept by model and by `place`, a key of the table."""
    tally = Tally(sums={"model": {}, place: {}})
    stream = sum_by(lines, WHO).iterator(chunk_size=_CHUNK)
    found = heapq.nlargest(SHOWN_ROWS + 1, tally.counted(stream), key=_dear)
    for name in _COUNTS:
        tally.total[name] = tally.total[name] or 0
    tally.rows, tally.has_more = found[:SHOWN_ROWS], len(found) > SHOWN_ROWS
    return tally


def _dear(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Put rows in order by cost, then by calls; equals by their keys, so that none moves."""
    keys = [str(row[PREFIX + name]) for name in WHO if PREFIX + name in row]
    return row["known_nusd"] or 0, row["calls"], keys


def _add(sums: Row, row: Row) -> None:
    """Add one row; a sum that no row told stays None."""
    for name in MEASURES:
        if row[name] is not None:
            sums[name] = row[name] + (sums[name] or 0)
