"""Estimating a request: its models, its prompt, what it will use, and who would refuse it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ai import ledger
from ai.accounts import payer_of
from ai.estimates import history
from ai.estimates.afford import Affordable, look
from ai.estimates.asks import Ask
from ai.estimates.figures import Forecast
from ai.estimates.forecast import forecast
from ai.estimates.packed import Packed, pack
from ai.ledger.purses import Need
from ai.models import JobKind
from ai.routing import OF_TASK, Choice, Scope, chain
from canvas.core.errors import Conflict, Unavailable


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is known of a request before it is made. `need_nusd` is what has to be left for it."""

    ask: Ask
    forecast: Forecast
    choices: Sequence[Choice]
    affordable: Affordable
    need_nusd: int


def estimate(ask: Ask) -> Estimate:
    """Say what a request will cost and how long it will take; nothing is written.

    Raises:
        Conflict: `no-model`, an editor has to mend the stack.
    """
    choices = choices_for(ask)
    packed = pack(ask, choices[0])
    found = expect(ask, choices[0], packed, payer=payer_of(ask.workspace.pk))
    need = _need(ask, choices[0], packed, found)
    affordable = look(ask.workspace, ask.project.pk, need)
    return Estimate(ask, found, choices, affordable, need.nusd)


def expect(ask: Ask, choice: Choice, packed: Packed, *, payer: str) -> Forecast:
    """Say what a request to one model will use; the same here and in the backtest."""
    return forecast(ask, choice, packed, history.read(ask, model=choice.slug, payer=payer))


def choices_for(ask: Ask) -> list[Choice]:
    """List the models that would be asked, the first first: the one place that asks for them.

    Raises:
        Conflict: `no-model`, an editor has to mend the stack.
    """
    needs = replace(OF_TASK[ask.task], structured=ask.kind != JobKind.CHAT)
    try:
        return chain(Scope(ask.workspace, ask.project.pk, ask.model), ask.task, needs=needs)
    except Unavailable as exc:  # nothing here is broken: it would be the job that fails
        raise Conflict(exc.detail, code=exc.code) from exc


def _need(ask: Ask, choice: Choice, packed: Packed, whole: Forecast) -> Need:
    """Say what must be left: the whole at p95, and no less than what the first call will hold."""
    hold = ledger.worst_case_nusd(
        choice.entry,
        prompt_tokens=packed.most_tokens,
        max_tokens=choice.max_output_tokens,
        images=int(ask.kind == JobKind.VISION),
    )
    tokens = packed.most_tokens + choice.max_output_tokens
    return Need(
        nusd=max(hold, whole.cost_nusd.p95 if whole.cost_nusd else 0),
        tokens=max(tokens, whole.prompt.p95 + whole.completion.p95),
        images=ask.count if ask.kind == JobKind.VISION else 0,
    )
