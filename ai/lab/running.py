"""Doing a run: cell by cell, each result kept as soon as it is there.

The rows are the state. A run that dies, waits or is tried again asks only what has no result yet.
A model that rests is left for later: the run does the others first, and then waits for it.
"""

import time
from collections.abc import Iterator
from typing import Any, Final

from django.conf import settings
from django.utils import timezone

from ai.jobs import runner
from ai.jobs.registry import Store
from ai.lab import scoring, wordings
from ai.lab.asking import Outcome, Question, RestsError, ask
from ai.lab.expectations import checks_of
from ai.models import CallStatus, Job, LabResult, LabRun, UpstreamCall
from ai.openrouter.errors import OpenRouterError, StoppedError
from canvas.core.errors import Missing

LONGEST_ANSWER: Final = 20_000
LONGEST_ERROR: Final = 2_000
# Of the time that one claim may take: a run that needs more makes room for other work before.
SHARE_OF_CLAIM: Final = 0.5

Cell = tuple[str, str, str]


def work(job: Job) -> Store:
    """Ask every cell of the job's run that has no result yet.

    Raises:
        Missing: the run is gone.
        Unaffordable, OpenRouterError: what ended or interrupted it; what was done stays.
    """
    run = LabRun.objects.filter(pk=job.subject_id).first() if job.subject_id else None
    if run is None:
        raise Missing("The lab run is gone.")
    _adopt(job, run)
    done: set[Cell] = set(run.results.values_list("case", "model_slug", "wording"))
    rests: dict[str, OpenRouterError] = {}
    until_s = time.monotonic() + settings.JOB_LONGEST_S * SHARE_OF_CLAIM
    questions, asked = list(_questions(run)), 0
    for question in questions:
        if _cell(question) in done or question.slug in rests:
            continue
        if asked and time.monotonic() > until_s:
            raise StoppedError("shutdown")  # queued again at once, behind what others wait for
        began, asked = timezone.now(), asked + 1
        try:
            outcome = ask(job, question)
        except RestsError as exc:
            rests[question.slug] = exc.cause
            continue
        done.add(_cell(question))
        result = _result(run, question, outcome, _calls(job, began))
        with runner.guarded(job):
            result.save(force_insert=True)
            words = f"{question.case['key']}: {question.slug}"
            runner.progress(job, done=len(done), total=len(questions), words=words)
    if rests:
        raise min(rests.values(), key=lambda exc: exc.retry_after_s or 0)
    return lambda: _summed(run)


def size(run: LabRun) -> int:
    """Count the cells of a run."""
    return len(run.cases["cases"]) * len(run.model_slugs) * max(len(run.wordings), 1)


def _questions(run: LabRun) -> Iterator[Question]:
    """Give the cells, models side by side: what changes by the hour touches all of them alike."""
    worded = wordings.of_run(run.task, run.wordings)
    for case in run.cases["cases"]:
        for name, wording in worded.items():
            for slug in run.model_slugs:
                yield Question(run.task, case, slug, name, wording)


def _cell(question: Question) -> Cell:
    return question.case["key"], question.slug, question.wording_name


def _adopt(job: Job, run: LabRun) -> None:
    """Let the run name the job that does it now: a retry is another one."""
    with runner.guarded(job):
        if run.job_id != job.pk:
            LabRun.objects.filter(pk=run.pk).update(job=job)


def _calls(job: Job, began: Any) -> list[UpstreamCall]:  # noqa: ANN401 an aware time
    """List the calls of one question; a run asks one after the other."""
    rows = UpstreamCall.objects.filter(job=job, fence=job.fence, created_at__gte=began)
    return list(rows.order_by("created_at", "id"))


def _result(
    run: LabRun, question: Question, outcome: Outcome, calls: list[UpstreamCall]
) -> LabResult:
    checks = checks_of(run.task, question.case.get("expect") or [])
    met = [] if outcome.is_valid is None else scoring.score(checks, outcome.given)
    last = calls[-1] if calls else None
    case, slug, wording = _cell(question)
    return LabResult(
        run=run,
        case=case,
        model_slug=slug,
        wording=wording,
        prompt_digest=question.wording.digest,
        is_valid=outcome.is_valid,
        repairs=list(outcome.repairs),
        tries=outcome.tries,
        score=scoring.share(met),
        expectations=[one.as_json() for one in met],
        latency_s=_sum([call.latency_s for call in calls]),
        first_token_s=next((c.first_token_s for c in calls if c.first_token_s is not None), None),
        prompt_tokens=_sum([call.prompt_tokens for call in _billed(calls)]),
        completion_tokens=_sum([call.completion_tokens for call in _billed(calls)]),
        cost_nusd=_sum([call.cost_nusd for call in calls]),
        call=last,
        model_served=last.model_served if last else "",
        simulated=any(call.simulated for call in calls),
        answer=_storable(outcome.answer)[:LONGEST_ANSWER],
        error=_storable(outcome.error)[:LONGEST_ERROR],
    )


def _billed(calls: list[UpstreamCall]) -> list[UpstreamCall]:
    """Leave out calls that charged nothing, and so count no tokens."""
    return [call for call in calls if call.status != CallStatus.FAILED]


def _sum(values: list[Any]) -> Any:  # noqa: ANN401 numbers of one kind, or None
    """Add them up; None when there are none or one is not known."""
    return sum(values) if values and None not in values else None


def _storable(text: str) -> str:
    """Take out what PostgreSQL cannot keep."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _summed(run: LabRun) -> dict[str, Any]:
    """Say how it went; runs inside the job's guarded finish."""
    rows = list(run.results.values_list("is_valid", flat=True))
    return {
        "runId": str(run.pk),
        "results": len(rows),
        "valid": rows.count(True),
        "invalid": rows.count(False),
        "unanswered": rows.count(None),
    }
