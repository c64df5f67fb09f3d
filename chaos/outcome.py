"""What an experiment found: its figures, and what was broken."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

HEAD: Final = ["", "experiment", "size", "seed", "seconds", "measured", ""]


@dataclass(slots=True, kw_only=True)
class Outcome:
    """One experiment's result; it passed if nothing is broken.

    Args:
        key: its name in the list of targets, like F1.
        title: what was done, in words.
        size: how much of it.
        measured: figures by name.
        broken: one sentence for each thing that is not as it must be.
    """

    key: str
    title: str
    size: str
    measured: dict[str, Any] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    seed: int = 0
    seconds: float = 0.0

    def require(self, holds: object, sentence: str) -> None:
        """Note the sentence as broken unless the condition holds."""
        if not holds:
            self.broken.append(sentence)

    @property
    def verdict(self) -> str:
        """`passed` or `FAILED`."""
        return "FAILED" if self.broken else "passed"

    def shown(self) -> dict[str, Any]:
        """Give the outcome as JSON has it."""
        return {
            "key": self.key,
            "title": self.title,
            "size": self.size,
            "seed": self.seed,
            "seconds": round(self.seconds, 1),
            "measured": self.measured,
            "broken": self.broken,
            "verdict": self.verdict,
        }

    def cells(self) -> list[str]:
        """Give the outcome as the table has it."""
        measured = ", ".join(f"{name} {value}" for name, value in self.measured.items())
        seconds = f"{self.seconds:.0f}"
        return [self.key, self.title, self.size, str(self.seed), seconds, measured, self.verdict]


def table(outcomes: Sequence[Outcome]) -> str:
    """Write the outcomes as a Markdown table."""
    rows = [HEAD, ["---"] * len(HEAD), *(outcome.cells() for outcome in outcomes)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
