"""A workspace whose models are known to the catalogue, and answers for the wire."""

import json

import pytest

from ai.models import CatalogueEntry, Job
from tests.ai.conftest import run

SHAPED = ["tools", "structured_outputs", "response_format", "temperature"]
SLUGS = ("maker/first", "maker/second", "maker/third")
OUTLINE_KEY = "outline-one-room"


@pytest.fixture
def models(project, settings):
    """Three models that can do everything; the first is the baseline."""
    settings.BASELINE_MODEL = SLUGS[0]
    for slug in SLUGS:
        make_entry(slug)
    return SLUGS


def make_entry(slug, **over):
    values = {
        "name": slug,
        "supported_parameters": SHAPED,
        "input_modalities": ["text", "image"],
        "output_modalities": ["text"],
        "prompt_nusd_per_m": 1_000_000_000,
        "completion_nusd_per_m": 2_000_000_000,
        **over,
    }
    return CatalogueEntry.objects.update_or_create(slug=slug, defaults=values)[0]


def an_outline(**over):
    """An outline that meets everything that `outline-one-room` expects."""
    return {
        "title": "The Interview",
        "logline": "A man asks for a job and gets an umbrella.",
        "characters": [
            {"name": "Leo", "description": "A tired man."},
            {"name": "Ms. Adeyemi", "description": "A woman behind a desk."},
        ],
        "locations": [{"name": "Office", "description": "No windows."}],
        "scenes": [
            {
                "title": "Reasons",
                "summary": "Leo leaves with her umbrella.",
                "location": "Office",
                "time_of_day": "day",
                "characters": ["Leo", "Ms. Adeyemi"],
                "beats": [{"summary": "She laughs, then understands.", "duration_s": 60.0}],
                "duration_s": 60.0,
                "purpose": "It is the film.",
            }
        ],
        **over,
    }


def ask_for(api, **body):
    """Ask for a run over HTTP; give its body and its job's id."""
    sent = {"task": "outline", "cases": [OUTLINE_KEY], "models": ["maker/first"], **body}
    answer = api.post("/api/v1/lab/runs/", {k: v for k, v in sent.items() if v is not None})
    assert answer.status_code == 202, answer.content
    made = answer.json()
    assert answer.headers["Location"] == f"/api/v1/jobs/{made['job']['id']}/"
    return made["run"], made["job"]["id"]


def done(api, **body):
    """Ask for a run, do it, and read it."""
    made, job_id = ask_for(api, **body)
    job = run(job_id)
    assert job.status == "succeeded", job.error
    return read(api, made["id"])


def read(api, run_id):
    answer = api.get(f"/api/v1/lab/runs/{run_id}/")
    assert answer.status_code == 200, answer.content
    return answer.json()


def cells(run_body):
    """Results by model, for runs of one case."""
    return {result["model"]: result for result in run_body["results"]}


def steps_of(job_id):
    return list(Job.objects.get(pk=job_id).steps.values_list("name", flat=True))


def as_text(value):
    return json.dumps(value)
