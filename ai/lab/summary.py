"""A run side by side: each model with each wording, and how it stands to the baseline.

Shares are of the cases that were judged or failed, so a model that does not answer does not look
valid. Money and latency are means and medians of what is known; None when nothing is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from statistics import median
from typing import Final

from ai.lab.scoring import CALL_CHECKS
from ai.models import LabResult, LabRun

_ROUNDED: Final = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Ratios:
    """This model's figure divided by the baseline's; None when one is not known, or is 0."""

    validity: str | None
    score: str | None
    latency: str | None
    cost: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """One model with one wording over all its cases so far."""

    model: str
    wording: str
    prompt_digest: str
    is_baseline: bool
    cases: int
    answered: int
    valid: int
    repaired: int
    tries: int
    validity_rate: float | None
    score: float | None
    calls_right: int | None
    calls_expected: int | None
    p50_latency_s: float | None
    p50_first_token_s: float | None
    prompt_tokens: int | None
    completion_tokens: int | None
    cost_nusd: int | None
    mean_cost_nusd: Decimal | None
    simulated: bool
    ratios: Ratios | None = None


def side_by_side(run: LabRun, results: Iterable[LabResult]) -> list[Row]:
    """Sum up each model and wording, in the order of the run, beside the baseline's figures."""
    cells: dict[tuple[str, str], list[LabResult]] = {}
    for result in results:
        cells.setdefault((result.wording, result.model_slug), []).append(result)
    names = [one["name"] for one in run.wordings] or [""]
    rows = [
        _row(run, model, wording, cells.get((wording, model), []))
        for wording in names
        for model in run.model_slugs
    ]
    base = {row.wording: row for row in rows if row.is_baseline}
    return [_beside(row, base.get(row.wording)) for row in rows]


def _row(run: LabRun, model: str, wording: str, results: Sequence[LabResult]) -> Row:
    answered = [one for one in results if one.is_valid is not None]
    valid = sum(one.is_valid is True for one in results)
    scores = [one.score for one in answered if one.score is not None]
    checks = [
        check
        for one in answered
        for check in one.expectations
        if check["expected"]["check"] in CALL_CHECKS
    ]
    costs = [one.cost_nusd for one in answered]
    known = [cost for cost in costs if cost is not None]
    return Row(
        model=model,
        wording=wording,
        prompt_digest=results[0].prompt_digest if results else "",
        is_baseline=model == run.baseline,
        cases=len(results),
        answered=len(answered),
        valid=valid,
        repaired=sum(bool(one.repairs) for one in answered),
        tries=sum(one.tries for one in results),
        validity_rate=valid / len(results) if results else None,
        score=sum(scores) / len(scores) if scores else None,
        calls_right=sum(check["met"] for check in checks) if checks else None,
        calls_expected=len(checks) or None,
        p50_latency_s=_middle(one.latency_s for one in answered),
        p50_first_token_s=_middle(one.first_token_s for one in answered),
        prompt_tokens=_sum([one.prompt_tokens for one in answered]),
        completion_tokens=_sum([one.completion_tokens for one in answered]),
        cost_nusd=_sum([one.cost_nusd for one in results if one.call_id is not None]),
        mean_cost_nusd=Decimal(sum(known)) / len(known) if len(known) == len(costs) > 0 else None,
        simulated=any(one.simulated for one in results),
    )


def _beside(row: Row, base: Row | None) -> Row:
    if base is None:
        return row
    return replace(
        row,
        ratios=Ratios(
            validity=_ratio(row.validity_rate, base.validity_rate),
            score=_ratio(row.score, base.score),
            latency=_ratio(row.p50_latency_s, base.p50_latency_s),
            cost=_ratio(row.mean_cost_nusd, base.mean_cost_nusd),
        ),
    )


def _ratio(one: float | Decimal | None, other: float | Decimal | None) -> str | None:
    if one is None or not other:
        return None
    exact = Decimal(str(one)) / Decimal(str(other))
    near = exact.quantize(_ROUNDED, ROUND_HALF_UP)
    return format(near.normalize() if near or not exact else Decimal(f"{exact:.3g}"), "f")


def _middle(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _sum(values: Sequence[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None
