"""Backtest: finished jobs, oldest first, each estimated from what was before it only.

The estimate is made by the same functions as for a person's request; only the moment differs.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from uuid import UUID

from ai.estimates import asks, history
from ai.estimates.figures import Forecast
from ai.estimates.history import Used
from ai.estimates.packed import pack
from ai.estimates.quantiles import middle
from ai.estimates.service import expect
from ai.models import Job, JobStatus
from ai.routing import choice_of
from canvas.core.errors import Missing
from scenes import selectors

if TYPE_CHECKING:
    from scenes.models import Project

LEAST: Final = 0.90
MOST: Final = 0.99
ENOUGH_TO_JUDGE: Final = 50
# Of 50 jobs none is above a right p95 in 8 of 100 backtests; of 100 in less than one.
ENOUGH_TO_CALL_IDLE: Final = 100
FIGURES: Final = ("cost", "prompt", "completion", "seconds")


@dataclass(frozen=True, slots=True)
class Tried:
    """One job beside its estimate."""

    kind: str
    used: Used
    forecast: Forecast

    def held(self, figure: str) -> tuple[float, float, float] | None:
        """Give p50, p95 and what it was; None when one of them is not known."""
        if figure == "cost":
            cost = self.forecast.cost_nusd
            return None if cost is None else (cost.p50, cost.p95, self.used.cost_nusd)
        if figure == "seconds":
            if not self.used.is_timed:
                return None
            return self.forecast.seconds.p50, self.forecast.seconds.p95, self.used.seconds
        span = getattr(self.forecast, figure)
        return span.p50, span.p95, getattr(self.used, f"{figure}_tokens")


@dataclass(slots=True)
class Tally:
    """How often a figure stayed below its estimate."""

    jobs: int = 0
    below_p50: int = 0
    below_p95: int = 0
    widths: list[float] = field(default_factory=list)

    def add(self, p50: float, p95: float, actual: float) -> None:
        """Count one job."""
        self.jobs += 1
        self.below_p50 += actual <= p50
        self.below_p95 += actual <= p95
        if actual:
            self.widths.append(p95 / actual)

    @property
    def coverage_p50(self) -> float:
        """The share of jobs at or below p50."""
        return self.below_p50 / self.jobs

    @property
    def coverage_p95(self) -> float:
        """The share of jobs at or below p95."""
        return self.below_p95 / self.jobs

    @property
    def width(self) -> float | None:
        """How many times the actual figure p95 is, in the middle; None when all were 0."""
        return middle(self.widths) if self.widths else None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report."""

    kind: str
    basis: str
    figure: str
    tally: Tally

    @property
    def is_judged(self) -> bool:
        """Say whether it has to hold: costs, of enough jobs, that are not all free."""
        enough = self.tally.jobs >= ENOUGH_TO_JUDGE
        return self.figure == "cost" and enough and self.tally.width is not None

    @property
    def is_well(self) -> bool:
        """Say whether p95 held often enough and not too often.

        What rests on prices and limits may be too careful; that is what it is for.
        """
        may_be_idle = self.basis == "prices" or self.tally.jobs < ENOUGH_TO_CALL_IDLE
        most = 1.0 if may_be_idle else MOST
        return LEAST <= self.tally.coverage_p95 <= most


def replay(
    *, kind: str | None = None, project_id: UUID | None = None, last: int = 500
) -> Iterator[Tried]:
    """Estimate each of the last finished jobs; those whose figures are not known are left out."""
    rows = Job.objects.filter(
        kind__in=[kind] if kind else [one.value for one in asks.TASKS],
        status__in=(JobStatus.SUCCEEDED, JobStatus.FAILED),
        project__isnull=False,
        project__deleted_at=None,
    )
    rows = rows.filter(project_id=project_id) if project_id else rows
    newest = rows.select_related("workspace__plan").order_by("-created_at", "-id")[:last]
    projects: dict[UUID, Project] = {}
    for job in reversed(newest):
        used = history.of_one(job)
        if used is None or not used.is_known:
            continue
        if job.project_id not in projects and job.project_id is not None:
            projects[job.project_id] = selectors.project_of_job(project_id=job.project_id)
        tried = _try(job, used, projects[used.project_id])
        if tried is not None:
            yield tried


def report(tried: Iterable[Tried]) -> list[Line]:
    """Count how often p50 and p95 held, by kind and basis, and over all."""
    tallies: dict[tuple[str, str, str], Tally] = defaultdict(Tally)
    for one in tried:
        for figure in FIGURES:
            if (found := one.held(figure)) is not None:
                tallies[one.kind, one.forecast.basis, figure].add(*found)
                tallies["all", "all", figure].add(*found)
    return [Line(*key, tally) for key, tally in tallies.items()]


def _try(job: Job, used: Used, project: "Project") -> Tried | None:
    try:
        ask = asks.of_job(job, project, at=job.queued_at)
    except Missing:  # what it was about is gone
        return None
    choice = choice_of(used.model, ask.task)
    payer = used.calls[0].payer
    return Tried(job.kind, used, expect(ask, choice, pack(ask, choice), payer=payer))
