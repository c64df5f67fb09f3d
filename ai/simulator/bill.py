"""What every answered request cost: the judge of our own ledger."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from ai.simulator.wire import Json, plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the bill."""

    generation_id: str
    model: str
    prompt_tokens: int
    completion_tokens: int
    cost_usd: Decimal
    endpoint: str
    streamed: bool
    completed: bool
    cancelled: bool
    call_id: str | None
    finish_reason: str | None = None
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def shown(self) -> dict[str, Json]:
        """Return the line as the control door shows it, camelCase."""
        row = {_camel(name): value for name, value in asdict(self).items()}
        return row | {"costUsd": plain(self.cost_usd), "at": self.at.isoformat()}


class Bill:
    """All lines since the last reset, in order."""

    def __init__(self) -> None:
        self._lines: dict[str, Line] = {}
        self._asked: dict[str, int] = {}
        self._hidden: dict[str, int] = {}

    def hide(self, generation_id: str, polls: int) -> None:
        """Let GET /generation not know this generation for so many questions."""
        self._hidden[generation_id] = polls

    def hidden(self, generation_id: str) -> int:
        """Return how many questions about a generation find nothing."""
        return self._hidden.get(generation_id, 0)

    def add(self, line: Line) -> None:
        """Write a line; one generation has one line."""
        self._lines.setdefault(line.generation_id, line)

    def find(self, generation_id: str) -> Line | None:
        """Return the line of a generation, or None."""
        return self._lines.get(generation_id)

    def asked(self, generation_id: str) -> int:
        """Count this question about a generation and return how many there were before."""
        before = self._asked.get(generation_id, 0)
        self._asked[generation_id] = before + 1
        return before

    def total_usd(self) -> Decimal:
        """Return the sum of all lines."""
        return sum((line.cost_usd for line in self), Decimal(0))

    def __iter__(self) -> Iterator[Line]:
        return iter(self._lines.values())

    def clear(self) -> None:
        """Forget every line."""
        self._lines.clear()
        self._asked.clear()
        self._hidden.clear()


def _camel(name: str) -> str:
    """Turn snake_case into camelCase."""
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)
