"""Reads of lab runs, each scoped to the caller's workspace."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Count, QuerySet

from ai.models import LabResult, LabRun, UpstreamCall
from canvas.core.errors import Missing
from canvas.workspaces.access import Access


def list_runs(*, access: Access, task: str | None = None) -> QuerySet[LabRun]:
    """The workspace's runs, newest first, each with its job and how many results it has."""
    rows = LabRun.objects.filter(workspace=access.workspace).select_related("job")
    rows = rows.annotate(result_count=Count("results"))
    return rows.filter(task=task) if task is not None else rows


def get_run(*, access: Access, run_id: UUID) -> LabRun:
    """One run, with what `list_runs` adds.

    Raises:
        Missing: absent, or another workspace's.
    """
    run = list_runs(access=access).filter(pk=run_id).first()
    if run is None:
        raise Missing("There is no lab run with this id in your workspace.")
    return run


def list_results(
    *, access: Access, run_id: UUID, model: str | None = None, case: str | None = None
) -> QuerySet[LabResult]:
    """The results of one run, oldest first, answers and all."""
    run = get_run(access=access, run_id=run_id)
    wanted = {"model_slug": model, "case": case}
    named = {name: value for name, value in wanted.items() if value is not None}
    return LabResult.objects.filter(run=run, **named).select_related("call")


def results_of(run: LabRun) -> list[LabResult]:
    """All results of a run without their answers, their costs as the ledger knows them now."""
    rows = LabResult.objects.filter(run_id=run.pk).defer("answer").select_related("call")
    found = list(rows)
    complete_costs(found)
    return found


def complete_costs(results: Iterable[LabResult]) -> None:
    """Fill in, on the rows in hand, the costs that came to be known after the result was kept.

    A run asks one question after the other, so the calls of a result are those of its job's try and
    model from behind the last call of the result before it up to `call`.
    """
    open_rows = [row for row in results if row.cost_nusd is None and row.call is not None]
    if not open_rows:
        return
    jobs = {row.call.job_id for row in open_rows if row.call}
    last = set(LabResult.objects.filter(call__job__in=jobs).values_list("call_id", flat=True))
    costs: dict[UUID, int | None] = {}
    sums: dict[tuple[object, ...], int | None] = {}
    for call in UpstreamCall.objects.filter(job__in=jobs).order_by("created_at", "id"):
        key = (call.job_id, call.fence, call.model_slug)
        before = sums.get(key, 0)
        both = None if before is None or call.cost_nusd is None else before + call.cost_nusd
        if call.pk in last:
            costs[call.pk] = both
            both = 0
        sums[key] = both
    for row in open_rows:
        row.cost_nusd = costs.get(row.call_id) if row.call_id else None
