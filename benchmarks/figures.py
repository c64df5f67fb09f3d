"""A figure: what was measured again and again, against a target and against its peer."""

import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

# Fewer for those who work on the harness: `--quick`. Children read the same variable.
REPEATS_NAME: Final = "BENCH_REPEATS"
REPEATS: Final = int(os.environ.get(REPEATS_NAME, "5"))
_LARGE: Final = 100
_SMALL: Final = 1
_WIDEST: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table.

    Args:
        key: the figure's name in the list of targets, like S2.
        name: what was measured, in words.
        unit: of the values.
        values: one per repeat.
        target: what the median is to reach; None when there is none.
        target_ratio: what the median over the peer's median is to reach.
        at_least: the targets are floors, not ceilings.
        peer: what it is compared with, in words.
        peer_values: the same measured on the peer, in the same run and unit.
        failure: why the figure, or its peer, could not be measured.
        load: the machine's load when its measuring began.
    """

    key: str
    name: str
    unit: str
    values: Sequence[float]
    target: float | None = None
    target_ratio: float | None = None
    at_least: bool = False
    peer: str = ""
    peer_values: Sequence[float] = field(default_factory=tuple)
    failure: str = ""
    load: float | None = None

    @property
    def median(self) -> float | None:
        """The median of the repeats; None when there are none."""
        return statistics.median(self.values) if self.values else None

    @property
    def peer_median(self) -> float | None:
        """The median of the peer's repeats; None without a peer."""
        return statistics.median(self.peer_values) if self.peer_values else None

    @property
    def ratio(self) -> float | None:
        """The median over the peer's median; None when there is nothing to divide."""
        if self.median is None or self.peer_median is None or self.peer_median <= 0:
            return None
        return self.median / self.peer_median

    @property
    def has_failed(self) -> bool:
        """Say whether something that was to be measured was not."""
        return bool(self.failure) or self.median is None or self._lacks_ratio

    @property
    def verdict(self) -> str:
        """`met`, `MISSED` with what was missed, `FAILED` with the reason, or nothing to reach."""
        if self.has_failed:
            return f"FAILED: {self.failure or 'nothing was measured'}"
        wanted = {"target": (self.median, self.target), "ratio": (self.ratio, self.target_ratio)}
        asked = {name: pair for name, pair in wanted.items() if pair[1] is not None}
        missed = [name for name, pair in asked.items() if not self._reaches(*pair)]
        if not missed:
            return "met" if asked else ""
        return "MISSED" if len(asked) == 1 else f"MISSED: {' and '.join(missed)}"

    def shown(self) -> dict[str, Any]:
        """Give the figure as JSON has it."""
        return {
            "key": self.key,
            "name": self.name,
            "unit": self.unit,
            "median": self.median,
            "min": min(self.values, default=None),
            "max": max(self.values, default=None),
            "values": list(self.values),
            "target": self.target,
            "targetRatio": self.target_ratio,
            "isFloor": self.at_least,
            "peer": self.peer,
            "peerMedian": self.peer_median,
            "peerValues": list(self.peer_values),
            "ratio": self.ratio,
            "verdict": self.verdict,
            "load": self.load,
        }

    def cells(self) -> list[str]:
        """Give the figure as the table has it."""
        return [
            self.key,
            self.name,
            "" if self.median is None else f"{_number(self.median)} {self.unit}",
            f"{_number(min(self.values))} to {_number(max(self.values))}" if self.values else "",
            self._aim(self.target),
            self.peer + ("" if self.peer_median is None else f": {_number(self.peer_median)}"),
            "" if self.ratio is None else f"{_number(self.ratio)}x",
            self._aim(self.target_ratio, "x"),
            _clipped(self.verdict),
        ]

    @property
    def _lacks_ratio(self) -> bool:
        return self.target_ratio is not None and self.ratio is None

    def _reaches(self, value: float | None, aim: float | None) -> bool:
        assert value is not None  # noqa: S101 a figure without one has failed
        assert aim is not None  # noqa: S101 only what has an aim is asked
        return value >= aim if self.at_least else value <= aim

    def _aim(self, aim: float | None, unit: str = "") -> str:
        return "" if aim is None else f"{'≥' if self.at_least else '≤'} {_number(aim)}{unit}"


HEAD: Final = [
    "", "figure", "median", "min to max", "target", "peer in the same run", "ratio", "target", "",
]  # fmt: skip


def table(figures: Sequence[Figure]) -> str:
    """Write the figures as a Markdown table that can be read on a terminal too."""
    rows = [HEAD, *(figure.cells() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    rows.insert(1, ["-" * max(width, 3) for width in widths])
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """Give the value below which so many percent of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def ms(seconds: float) -> float:
    """Turn seconds into milliseconds."""
    return seconds * 1_000


def _clipped(text: str) -> str:
    """Keep a cell a cell: one line, not too wide; the JSON has all of it."""
    line = " ".join(text.replace("|", "/").split())
    return line if len(line) <= _WIDEST else line[: _WIDEST - 1] + "…"


def _number(value: float) -> str:
    if abs(value) >= _LARGE or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= _SMALL else f"{value:.2f}"
