"""Climb from the strictest way of asking down to the loosest until an answer is valid.

Pure: who asks, pays and keeps the raw answers is the caller's business.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from pydantic import BaseModel

from ai.structured.recover import Recovered, judge
from ai.structured.schema import Mode
from ai.structured.verdict import correction

MAX_PAID: Final = 3

_CUT_OFF: Final = "the answer was cut off at the length limit; write the whole answer, more briefly"

C = TypeVar("C", bound=BaseModel)


@dataclass(frozen=True)
class Rung:
    """One model asked in one way."""

    model: str
    mode: Mode


@dataclass(frozen=True)
class Said:
    """What a model answered to one paid call."""

    text: str
    truncated: bool
    """Whether the call ended at its length limit."""
    call_id: object = None


@dataclass(frozen=True)
class Try:
    """One paid call and what became of it."""

    rung: Rung
    said: Said
    verdict: str | None
    """Why the answer was not accepted; None if it was."""
    is_correction: bool


@dataclass(frozen=True)
class Answer(Generic[C]):
    """A valid answer, where it came from, and every call that was paid for it."""

    value: C
    rung: Rung
    repairs: tuple[str, ...]
    tries: tuple[Try, ...]


class NoValidAnswerError(Exception):
    """No paid call brought a valid answer. Carries each raw text with its verdict."""

    def __init__(self, tries: Sequence[Try]) -> None:
        self.tries = tuple(tries)
        last = f": {self.tries[-1].verdict}" if self.tries else ""
        super().__init__(f"no valid answer in {len(self.tries)} calls{last}")


def climb(
    contract: type[C],
    *,
    ask: Callable[[Rung, str | None], Said],
    rungs: Sequence[Rung],
    max_paid: int = MAX_PAID,
    on_verdict: Callable[[Said, str | None], None] | None = None,
) -> Answer[C]:
    """Ask until an answer satisfies the contract; each rung is asked again once, with its errors.

    Args:
        contract: what the answer has to satisfy.
        ask: makes one paid call; its second argument is the correction to send along, or None.
        rungs: what to try, in order.
        max_paid: how many calls may be made in all.
        on_verdict: told after each call what came of it, None meaning accepted.

    Raises:
        NoValidAnswerError: all calls are used up. Whatever `ask` raises passes through.
    """
    tries: list[Try] = []
    errors: tuple[str, ...] = ()
    for rung, again in _asks(rungs, max_paid):
        said = ask(rung, correction(errors) if again else None)
        outcome = _judged(said, contract)
        accepted = isinstance(outcome, Recovered)
        errors = () if isinstance(outcome, Recovered) else outcome
        verdict = None if accepted else "; ".join(errors)
        tries.append(Try(rung, said, verdict, is_correction=again))
        if on_verdict:
            on_verdict(said, verdict)
        if isinstance(outcome, Recovered):
            return Answer(outcome.value, rung, outcome.repairs, tuple(tries))
    raise NoValidAnswerError(tries)


def _asks(rungs: Sequence[Rung], max_paid: int) -> Iterator[tuple[Rung, bool]]:
    """Yield the calls that may be made: each rung, then the same once more with its errors."""
    planned = [(rung, again) for rung in rungs for again in (False, True)]
    yield from planned[:max_paid]


def _judged(said: Said, contract: type[C]) -> Recovered[C] | tuple[str, ...]:
    """Return the whole answer or the errors; a part of an answer is not an answer."""
    if said.truncated:
        return (_CUT_OFF,)
    found = judge(said.text, contract)
    if not isinstance(found, Recovered):
        return found.errors
    if found.dropped:
        return tuple(f"{place}: is cut off; write the whole answer" for place in found.dropped)
    return found
