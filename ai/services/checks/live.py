"""Every capability of the service once, for a few cents: what answers, and what it cost.

This does not go through the ledger: it is nobody's job, and the money is the operator's own. What
keeps it small is an explicit `max_tokens`, and a purse that is asked before anything is sent.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Final
from uuid import uuid4

from ai import exchange
from ai.jobs.watchdog import Limits, watchdog
from ai.models import Stack
from ai.openrouter.errors import OpenRouterError
from ai.services.checks import asking, painting, reading
from ai.services.checks.findings import CheckFailedError, Finding, Tell, Verdict
from ai.services.checks.purse import Purse
from ai.services.checks.stacks import check_stacks, slugs_of
from ai.services.checks.visit import Visit

LONGEST_STEP_S: Final = 180.0
_LIMITS: Final = Limits(LONGEST_STEP_S, LONGEST_STEP_S, LONGEST_STEP_S)

Step = Callable[[Visit], str]
STEPS: Final[dict[str, Step]] = {
    "key": reading.key,
    "credits": reading.credits_left,
    "models": reading.models,
    "model": reading.model,
    "endpoints": reading.endpoints,
    "providers": reading.providers,
    "chat": asking.chat,
    "stream": asking.stream,
    "tools": asking.tools,
    "structure": asking.structure,
    "vision": asking.vision,
    "picture": painting.picture,
    "generation": reading.generation,
    "cancel": asking.cancel,
}
_SIMULATED: Final = "no model was asked: these answers are simulated"


def check_live(*, most_usd: Decimal, tell: Tell, look_up_s: float = 60.0) -> list[Finding]:
    """Try every capability once; a failure keeps none of the others from being tried.

    Args:
        most_usd: nothing is sent that could bring the cost above this.
        tell: gets each finding as soon as it is there.
        look_up_s: how long a bill may stay unknown.
    """
    slugs = slugs_of(list(Stack.objects.all()))
    with exchange.new_client() as api:
        visit = Visit(api=api, purse=Purse(most_usd), slugs=slugs, look_up_s=look_up_s)
        return _visited(visit, tell)


def _visited(visit: Visit, tell: Tell) -> list[Finding]:
    findings: list[Finding] = []

    def found(finding: Finding) -> None:
        findings.append(finding)
        tell(finding)

    for what, step in STEPS.items():
        found(_tried(visit, what, step))
    if visit.known:
        for finding in check_stacks(visit.known):
            found(finding)
    if visit.is_simulated:
        found(Finding("simulated", Verdict.NOTE, _SIMULATED))
    return findings


def _tried(visit: Visit, what: str, step: Step) -> Finding:
    verdict = Verdict.OK
    try:
        with watchdog.watching(uuid4(), visit.api.abort, _LIMITS):
            detail = step(visit)
    except CheckFailedError as exc:
        verdict, detail = Verdict.FAILED, str(exc)
    except OpenRouterError as exc:
        verdict, detail = Verdict.FAILED, f"{type(exc).__name__}: {exc}"
    return Finding(what, verdict, detail, visit.purse.spent_usd)
