"""A figure: what was measured again and again, against a target and against its peer."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

REPEATS: Final = 5
_LARGE: Final = 100
_SMALL: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table.

    Args:
        key: the figure's name in the list of targets, like S2.
        name: what was measured, in words.
        unit: of the values.
        values: one per repeat.
        target: what the median is to reach; None when there is none.
        at_least: the target is a floor, not a ceiling.
        peer: what it is compared with, in words.
        peer_values: the same measured on the peer, in the same run and unit.
    """

    key: str
    name: str
    unit: str
    values: Sequence[float]
    target: float | None = None
    at_least: bool = False
    peer: str = ""
    peer_values: Sequence[float] = field(default_factory=tuple)

    @property
    def median(self) -> float:
        """The median of the repeats."""
        return statistics.median(self.values)

    @property
    def ratio(self) -> float | None:
        """The median over the peer's median; None without a peer."""
        return self.median / statistics.median(self.peer_values) if self.peer_values else None

    @property
    def verdict(self) -> str:
        """`met`, `MISSED`, or nothing when there is no target."""
        if self.target is None:
            return ""
        is_met = self.median >= self.target if self.at_least else self.median <= self.target
        return "met" if is_met else "MISSED"

    def shown(self) -> dict[str, Any]:
        """Give the figure as JSON has it."""
        return {
            "key": self.key,
            "name": self.name,
            "unit": self.unit,
            "median": self.median,
            "min": min(self.values),
            "max": max(self.values),
            "values": list(self.values),
            "target": self.target,
            "isFloor": self.at_least,
            "peer": self.peer,
            "peerValues": list(self.peer_values),
            "ratio": self.ratio,
            "verdict": self.verdict,
        }

    def cells(self) -> list[str]:
        """Give the figure as the table has it."""
        peer = statistics.median(self.peer_values) if self.peer_values else None
        sign = "≥" if self.at_least else "≤"
        return [
            self.key,
            self.name,
            f"{_number(self.median)} {self.unit}",
            f"{_number(min(self.values))} to {_number(max(self.values))}",
            "" if self.target is None else f"{sign} {_number(self.target)}",
            self.verdict,
            "" if peer is None else f"{self.peer}: {_number(peer)}",
            "" if self.ratio is None else f"{_number(self.ratio)}x",
        ]


HEAD: Final = ["", "figure", "median", "min to max", "target", "", "peer in the same run", "ratio"]


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


def _number(value: float) -> str:
    if abs(value) >= _LARGE or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= _SMALL else f"{value:.2f}"
