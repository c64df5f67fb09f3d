"""Every job says why each model was tried and left."""

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ai.jobs.service import note
from ai.models import Job, ModelHealth
from tests.ai.conftest import run, run_after_wait
from tests.ai.factories import make_call, make_job
from tests.ai.jobs.test_runner import OUTLINE, outline
from tests.ai.routing.conftest import make_model, route_of, say, stack_of


def stops_of(api, job_id):
    return api.get(f"/api/v1/jobs/{job_id}/").json()["route"]


def test_a_job_that_tried_three_models_says_why_it_left_two(api, project, models, openrouter):
    stack_of(project.workspace, fallback_slugs=["maker/second", "maker/third"])
    make_model("maker/third")
    openrouter.will_fail(503, "the first is down")
    openrouter.will_fail(429, "the second is busy")
    openrouter.will_say("Yes.", cost="0.0004")

    job_id = say(api, project)
    before = stops_of(api, job_id)
    run(job_id)

    route = stops_of(api, job_id)
    assert before == []
    assert [(s["model"], s["chosenAs"], s["outcome"], s["costUsd"]) for s in route] == [
        ("maker/first", "plan", "left", "0"),
        ("maker/second", "fallback 1", "left", "0"),
        ("maker/third", "fallback 2", "answered", "0.0004"),
    ]
    assert "the first is down" in route[0]["reason"]
    assert "the second is busy" in route[1]["reason"]
    assert (route[2]["reason"], route[2]["provider"]) == ("", "Fake")
    assert len({stop["callId"] for stop in route}) == 3
    assert [s["at"] for s in route] == sorted(s["at"] for s in route)
    listed = api.get("/api/v1/jobs/").json()["results"]
    assert listed[0]["route"] == route


def test_a_model_that_rests_is_left_without_a_call(api, project, models, openrouter):
    until = timezone.now() + timedelta(seconds=40)
    ModelHealth.objects.create(slug="maker/first", failures=3, closed_until=until)
    openrouter.will_say("Yes.")

    job = run(say(api, project))

    route = stops_of(api, job.pk)
    assert [(s["model"], s["outcome"], s["callId"] is None) for s in route] == [
        ("maker/first", "left", True),
        ("maker/second", "answered", False),
    ]
    assert route[0]["reason"] == "maker/first rests"


def test_an_answer_that_breaks_its_contract_is_refused_with_the_verdict(
    api, project, models, openrouter
):
    openrouter.will_say("No JSON at all.")
    openrouter.will_answer(OUTLINE)

    job = run(outline(api, project))

    route = stops_of(api, job.pk)
    assert [(s["model"], s["outcome"]) for s in route] == [
        ("maker/first", "refused"),
        ("maker/first", "answered"),
    ]
    assert route[0]["reason"]


def test_a_way_of_asking_that_is_refused_does_not_leave_the_model(api, project, models, openrouter):
    openrouter.will_fail(400, "no schemas here")
    openrouter.will_answer(OUTLINE)

    job = run(outline(api, project))

    route = stops_of(api, job.pk)
    assert route_of(api, job.pk) == [
        ("maker/first", "plan", "refused"),
        ("maker/first", "plan", "answered"),
    ]
    assert route[0]["reason"].startswith("strict_schema: ")


def test_each_attempt_of_a_job_that_waits_is_part_of_its_route(api, project, models, openrouter):
    stack_of(project.workspace, fallback_slugs=[])
    job_id = say(api, project)
    openrouter.will_fail(503)
    run(job_id)
    openrouter.will_say("Yes.")
    run_after_wait(job_id)

    assert route_of(api, job_id) == [
        ("maker/first", "plan", "left"),
        ("maker/first", "plan", "answered"),
    ]


def test_a_call_that_is_under_way_is_pending_and_one_without_a_bill_is_unknown(api, project):
    job = make_job(
        project, status="running", attempts=1, lease_until=timezone.now(), fence=project.pk
    )
    make_call(job, status="sent", ended_at=None, cost_nusd=None)
    make_call(job, status="unknown", cost_nusd=None)

    route = stops_of(api, job.pk)

    assert [(stop["outcome"], stop["costUsd"]) for stop in route] == [
        ("pending", None),
        ("answered", None),
    ]


def test_the_list_asks_as_much_for_many_jobs_as_for_one(api, project):
    def job():
        made = make_job(project, status="succeeded", attempts=1)
        make_call(made)
        note(made, "model-skipped", "maker/gone: gone since 2026-01-01")

    def statements():
        with CaptureQueriesContext(connection) as queries:
            found = api.get("/api/v1/jobs/").json()["results"]
        assert all(len(one["route"]) == 2 for one in found)
        return len(queries)

    job()
    statements()
    one = statements()
    for _ in range(9):
        job()

    assert statements() == one
    assert Job.objects.count() == 10
