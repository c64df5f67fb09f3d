"""p50 and p95 of one request: from history where there is enough, from prices where not."""

import math
from collections.abc import Sequence
from datetime import datetime

from ai.estimates.asks import Ask
from ai.estimates.figures import Forecast, Span
from ai.estimates.history import History, Used
from ai.estimates.packed import Packed
from ai.estimates.prices import Rates, from_prices, rates_of, repriced_at
from ai.estimates.quantiles import MIDDLE, NEARLY_ALL, middle, sum_below
from ai.estimates.sizing import Size, size_of, sizes_of
from ai.models import JobKind
from ai.routing import Choice


def forecast(ask: Ask, choice: Choice, packed: Packed, history: History) -> Forecast:
    """Say what a request will use, all its jobs together."""
    size = size_of(ask, packed, history)
    if history.where is None:
        return from_prices(ask.kind, choice, size, count=ask.count)
    return _from_history(ask, choice, size, history, sizes_of(ask, packed, history))


def _from_history(
    ask: Ask, choice: Choice, size: Size, history: History, sizes: Sequence[Size]
) -> Forecast:
    """Scale what earlier jobs used, each in proportion to its size, to the size of this one."""
    jobs = history.jobs
    prompts = [job.prompt_tokens / its.prompt for job, its in zip(jobs, sizes, strict=True)]
    answers = [job.completion_tokens / its.answer for job, its in zip(jobs, sizes, strict=True)]
    times = [job.seconds / its.answer for job, its in zip(jobs, sizes, strict=True) if job.is_timed]
    measure = _Measure(ask.kind, rates_of(choice), middle(prompts), middle(answers))
    costs = [
        cost / measure.of(its)
        for cost, its in zip(_costs(jobs, measure, repriced_at(choice)), sizes, strict=True)
    ]
    prompt = _span(prompts, size.prompt, ask.count)
    completion = _span(answers, size.answer, ask.count)
    cost = _span(costs, measure.of(size), ask.count)
    return Forecast(
        prompt=Span.of(round(prompt.p50), _up(prompt.p95)),
        completion=Span.of(round(completion.p50), _up(completion.p95)),
        cost_nusd=Span.of(round(cost.p50), _up(cost.p95)),
        seconds=_span(times, size.answer, ask.count)
        if times
        else from_prices(ask.kind, choice, size, count=ask.count).seconds,
        basis="history",
        samples=len(jobs),
        where=history.where,
        simulated=history.is_simulated,
    )


def _span(ratios: Sequence[float], scale: float, count: int) -> Span[float]:
    return Span.of(
        sum_below(ratios, count, MIDDLE) * scale,
        sum_below(ratios, count, NEARLY_ALL) * scale,
    )


def _up(figure: float) -> int:
    """Round up, but not for the noise of a float."""
    return math.ceil(round(figure, 3))


class _Measure:
    """What a job of a size usually costs: the unit in which costs are compared.

    Without a price, or at a price of nothing, the prompt is the unit.
    """

    def __init__(self, kind: JobKind, rates: Rates, prompts: float, answers: float) -> None:
        self.rates = rates
        self._prompts, self._answers = prompts, answers
        self.pictures = int(kind == JobKind.VISION)

    def of(self, size: Size) -> float:
        """Give the unit for a job of this size; never 0."""
        prompt, answer = size.prompt * self._prompts, size.answer * self._answers
        priced = 0.0
        if self.rates.is_known:
            priced = self.rates.cost_nusd(prompt, answer, pictures=self.pictures)
        return priced or size.prompt


def _costs(jobs: Sequence[Used], measure: _Measure, repriced: datetime | None) -> list[float]:
    """Give what each job cost; those from before the last change of prices at those of today."""
    return [
        _cost_today(job, measure)
        if repriced and measure.rates.is_known and job.finished_at < repriced
        else float(job.cost_nusd)
        for job in jobs
    ]


def _cost_today(job: Used, measure: _Measure) -> float:
    billed = sum(not call.is_failed for call in job.calls)
    return measure.rates.cost_nusd(
        job.prompt_tokens,
        job.completion_tokens,
        calls=billed,
        pictures=billed * measure.pictures,
    )
