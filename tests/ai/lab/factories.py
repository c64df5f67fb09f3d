"""Rows of the lab for tests: a run with its job and results, nothing asked."""

from typing import Any

from ai.models import JobKind, JobStatus, LabResult, LabRun
from scenes.models import Project
from tests.ai.factories import make_call, make_job


def make_run(project: Project, *models: str, words: str = "A film", **over: Any) -> LabRun:
    """Make a run of one case; results are made with `make_result`."""
    job = make_job(project, kind=JobKind.LAB, status=over.pop("status", JobStatus.SUCCEEDED))
    slugs = list(models) or ["maker/first", "maker/second"]
    values = {
        "name": words,
        "task": "outline",
        "cases": {"set": None, "cases": [{"key": "given", "about": words, "expect": []}]},
        "model_slugs": slugs,
        "baseline": slugs[0],
        **over,
    }
    return LabRun.objects.create(workspace=project.workspace, project=project, job=job, **values)


def make_result(run: LabRun, model: str, **over: Any) -> LabResult:
    """Make one result with its call."""
    values = {
        "case": "given",
        "prompt_digest": "0123456789ab",
        "is_valid": True,
        "tries": 1,
        "score": 1.0,
        "latency_s": 2.0,
        "first_token_s": 0.5,
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "cost_nusd": 100_000,
        "answer": "An answer.",
        **over,
    }
    call = make_call(run.job, model_slug=model, cost_nusd=values["cost_nusd"])
    return LabResult.objects.create(run=run, model_slug=model, call=call, **values)
