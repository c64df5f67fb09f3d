"""What tokens cost today, and what is assumed of a request as long as there is no history.

The assumptions are written down in docs/estimates.md; none of them is a measurement. They are made
to be rather too high: p95 is what the limits of the house allow.
"""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ai.director.turn import MOST_ROUNDS
from ai.estimates.figures import Forecast, Span
from ai.estimates.sizing import Size
from ai.gateway import MOST_PAID_TRIES
from ai.models import CatalogueChange, JobKind
from ai.routing import Choice

MILLION: Final = 1_000_000
THOUSAND: Final = 1_000
UNKNOWN: Final = "price-unknown"
_BILLED: Final = ("pricing.prompt", "pricing.completion", "pricing.request", "pricing.image")
# Of an answer's limit, by how much a model is asked to think.
# Source: OpenRouter, "Reasoning Tokens", effort levels.
_THOUGHT: Final = {"none": 0.0, "minimal": 0.1, "low": 0.2, "medium": 0.5, "high": 0.8}
_ALL: Final = 0.95
# Assumed answers in tokens: of one round of a turn, of one analysis.
_ROUND: Final = Span(300, 900)
_ANALYSIS: Final = Span(250, 500)
_ROUNDS: Final = Span(2, MOST_ROUNDS)
_TRIES: Final = Span(1, MOST_PAID_TRIES)
_OUTLINE_MORE: Final = 1.5  # by how much an outline may be longer than wanted
_COUNT_MORE: Final = 1.3  # by how much a prompt may have more tokens than were counted
# Assumed speed: seconds until an answer begins, tokens a second after that.
_WAIT_S: Final = Span(1.5, 6.0)
_TOKENS_A_SECOND: Final = Span(60.0, 20.0)


@dataclass(frozen=True, slots=True)
class Rates:
    """The prices of one model, in nano-dollars; None is unknown."""

    prompt_per_m: int | None
    completion_per_m: int | None
    request_per_k: int = 0
    image_per_k: int = 0

    @property
    def is_known(self) -> bool:
        """Say whether a cost can be worked out."""
        return self.prompt_per_m is not None and self.completion_per_m is not None

    def cost_nusd(
        self, prompt: float, completion: float, *, calls: float = 1, pictures: float = 0
    ) -> float:
        """Price tokens, pictures and requests; to be asked only when prices are known."""
        tokens = prompt * (self.prompt_per_m or 0) + completion * (self.completion_per_m or 0)
        return (
            tokens / MILLION + (calls * self.request_per_k + pictures * self.image_per_k) / THOUSAND
        )


def rates_of(choice: Choice) -> Rates:
    """Read a model's prices out of the catalogue."""
    entry = choice.entry
    if entry is None:
        return Rates(None, None)
    return Rates(
        entry.prompt_nusd_per_m,
        entry.completion_nusd_per_m,
        entry.request_nusd_per_k or 0,
        entry.image_nusd_per_k or 0,
    )


def repriced_at(choice: Choice) -> datetime | None:
    """Say when a price of the model changed last; what was billed before says too little."""
    if choice.entry is None:
        return None
    changes = CatalogueChange.objects.filter(
        kind="model", key=choice.entry.slug, field__in=_BILLED
    ).order_by("-created_at")
    return changes.values_list("created_at", flat=True).first()


def from_prices(kind: JobKind, choice: Choice, size: Size, *, count: int = 1) -> Forecast:
    """Say what a request will use, from its prompt, its target and the limits of the house.

    Several jobs cost so many times as much as one: how far luck evens out, nobody has measured.
    """
    calls = _ROUNDS if kind == JobKind.CHAT else _TRIES
    answer = _answer(kind, choice, size)
    prompt = Span.of(
        count * _prompts(size.prompt, answer.p50, calls.p50),
        count * _prompts(size.prompt * _COUNT_MORE, answer.p95, calls.p95),
    )
    completion = Span.of(count * answer.p50 * calls.p50, count * answer.p95 * calls.p95)
    calls = Span.of(count * calls.p50, count * calls.p95)
    rates = rates_of(choice)
    pictures = calls if kind == JobKind.VISION else Span(0, 0)
    low = rates.cost_nusd(prompt.p50, completion.p50, calls=calls.p50, pictures=pictures.p50)
    high = rates.cost_nusd(prompt.p95, completion.p95, calls=calls.p95, pictures=pictures.p95)
    return Forecast(
        prompt=prompt,
        completion=completion,
        cost_nusd=Span.of(round(low), math.ceil(round(high, 3))) if rates.is_known else None,
        seconds=Span.of(
            calls.p50 * _WAIT_S.p50 + completion.p50 / _TOKENS_A_SECOND.p50,
            calls.p95 * _WAIT_S.p95 + completion.p95 / _TOKENS_A_SECOND.p95,
        ),
        basis="prices",
        reason="" if rates.is_known else UNKNOWN,
    )


def _prompts(first: float, answer: int, calls: int) -> int:
    """Add up the prompts of several calls: each carries what was answered before."""
    return round(calls * first + answer * calls * (calls - 1) / 2)


def _answer(kind: JobKind, choice: Choice, size: Size) -> Span[int]:
    """Guess the answer of one call in tokens, thoughts included, within the model's limit."""
    most = choice.max_output_tokens
    words = {
        JobKind.CHAT: _ROUND,
        JobKind.VISION: _ANALYSIS,
    }.get(kind) or Span(round(size.answer), round(size.answer * _OUTLINE_MORE))
    thinks = choice.reasoning_effort if "reasoning" in choice.parameters else ""
    thought = _THOUGHT.get(thinks, _ALL if thinks else 0.0) * most
    return Span.of(min(round(words.p50 + thought / 2), most), min(round(words.p95 + thought), most))
