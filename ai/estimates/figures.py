"""What an estimate says."""

from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

N = TypeVar("N", int, float)
Basis = Literal["history", "prices"]


@dataclass(frozen=True, slots=True)
class Span(Generic[N]):
    """What half of such requests stay below, and what 95 % of them do."""

    p50: N
    p95: N

    @classmethod
    def of(cls, p50: N, p95: N) -> "Span[N]":
        """Make a span; what nearly all stay below is never less than what half do."""
        return cls(p50, max(p50, p95))


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one request will use. `cost_nusd` is None when a price is not known: `reason` says it.

    `samples` is the number of earlier jobs that it rests on; 0 when it rests on prices.
    """

    prompt: Span[int]
    completion: Span[int]
    cost_nusd: Span[int] | None
    seconds: Span[float]
    basis: Basis
    samples: int = 0
    where: str | None = None
    simulated: bool = False
    reason: str = ""
