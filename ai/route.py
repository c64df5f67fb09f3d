"""A job's route: each model that was tried, left or passed over, and why, in time.

It is put together from the ledger's rows and the job's timeline; nothing is kept twice. A call that
failed has a row and a line: they are one stop. A line without a row is a model that nobody asked,
because it rested or its free calls were used up.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from ai.models import Job, JobStep, UpstreamCall
from canvas.core.prepared import Select

OUTCOMES: Final = ("answered", "left", "refused", "skipped", "pending")
SKIPPED: Final = "model-skipped"
LEFT: Final = "model-left"
MODE_LEFT: Final = "mode-left"
MENDED: Final = "request-mended"
LONGEST_REASON: Final = 500
_LINES: Final = (SKIPPED, LEFT, MODE_LEFT, MENDED)
_COLUMNS: Final = (
    "id", "job_id", "model_slug", "provider", "chosen_as", "status", "error_code", "error_detail",
    "verdict", "cost_nusd", "created_at", "ended_at",
)  # fmt: skip

_calls: Final = Select(
    lambda job: UpstreamCall.objects.filter(job=job).only(*_COLUMNS).order_by("created_at", "id"),
    job=UUID,
)
_lines: Final = Select(
    lambda job: JobStep.objects.filter(job=job, name__in=_LINES).order_by("created_at", "id"),
    job=UUID,
)


@dataclass(frozen=True, slots=True)
class Stop:
    """One model on the way. `cost_nusd` is None while it is not known, 0 where nobody was asked."""

    model: str
    provider: str
    chosen_as: str
    outcome: str
    reason: str
    at: datetime
    cost_nusd: int | None
    call_id: UUID | None


def attach(job: Job) -> None:
    """Give one job its `route`, in two statements; in none before its first attempt."""
    route: list[Stop] = []
    if job.attempts:
        route = stops(_calls.all(job=job.pk), _lines.all(job=job.pk))
    job.route = route  # type: ignore[attr-defined] # for who shows it


def prefetched(jobs: QuerySet[Job]) -> QuerySet[Job]:
    """Let jobs come with their `route`, in two statements for all of them."""
    calls = UpstreamCall.objects.only(*_COLUMNS).order_by("created_at", "id")
    lines = JobStep.objects.filter(name__in=_LINES).order_by("created_at", "id")
    return jobs.prefetch_related(
        Prefetch("calls", calls, to_attr="route_calls"),
        Prefetch("steps", lines, to_attr="route_lines"),
    )


def of(job: Job) -> Sequence[Stop]:
    """Give the route of a job that was read in one of these ways."""
    if "route" in vars(job):
        found: Sequence[Stop] = vars(job)["route"]
        return found
    return stops(vars(job).get("route_calls", ()), vars(job).get("route_lines", ()))


def stops(calls: Iterable[UpstreamCall], lines: Iterable[JobStep]) -> list[Stop]:
    """Join rows and lines, both in time."""
    both: list[UpstreamCall | JobStep] = [*calls, *lines]
    events = sorted(both, key=lambda one: (one.created_at, isinstance(one, JobStep)))
    route: list[Stop] = []
    unexplained: dict[str, int] = {}  # the place of a model's failed call that has no line yet
    for event in events:
        if isinstance(event, UpstreamCall):
            stop = _of_call(event)
            if stop.outcome == "left":
                unexplained[stop.model] = len(route)
            route.append(stop)
            continue
        slug, _, reason = event.note.partition(": ")
        place = unexplained.pop(slug, None)
        if place is None or event.name == SKIPPED:
            if event.name in {SKIPPED, LEFT}:
                route.append(_of_line(event, slug, reason))
        elif event.name != LEFT:  # the same model was asked again, in another way
            route[place] = replace(route[place], outcome="refused", reason=reason)
    return route


def _of_call(call: UpstreamCall) -> Stop:
    outcome, reason = "answered", ""
    if call.verdict:
        outcome, reason = "refused", call.verdict
    elif call.error_code:
        outcome, reason = "left", call.error_detail or call.error_code
    elif call.ended_at is None:
        outcome = "pending"
    return Stop(
        model=call.model_slug,
        provider=call.provider,
        chosen_as=call.chosen_as,
        outcome=outcome,
        reason=reason[:LONGEST_REASON],
        at=call.created_at,
        cost_nusd=call.cost_nusd,
        call_id=call.pk,
    )


def _of_line(line: JobStep, slug: str, reason: str) -> Stop:
    outcome = "skipped" if line.name == SKIPPED else "left"
    return Stop(slug, "", "", outcome, reason, line.created_at, 0, None)
