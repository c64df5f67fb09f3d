"""Jobs over HTTP: shape, cost, filters, cancel, retry, roles."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ai.models import CallStatus, Job, JobStatus
from canvas.workspaces.models import Role
from tests.ai.factories import make_call, make_job
from tests.factories import browser_for, client_for, make_member
from tests.scenes.factories import make_project

JOBS = "/api/v1/jobs/"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def url(job, verb=""):
    return f"{JOBS}{job.pk}/{verb}"


def test_a_job_says_everything_about_itself(api, project):
    first = make_job(project, status=JobStatus.FAILED)
    subject = uuid4()
    job = make_job(
        project,
        status=JobStatus.SUCCEEDED,
        subject_id=subject,
        progress_done=2,
        progress_total=6,
        progress_note="The director is working",
        attempts=1,
        retry_of=first,
        queued_at=NOON,
        run_after=NOON,
        started_at=NOON,
        finished_at=NOON,
        created_at=NOON,
        result={"scene_1": "kept"},
    )
    first_call = make_call(job, cost_nusd=1_500_000, model_served="maker/first", prompt_tokens=7)
    second_call = make_call(
        job,
        cost_nusd=20,
        model_served="maker/second",
        simulated=True,
        prompt_tokens=3,
        completion_tokens=2,
    )

    answer = api.get(url(job))

    assert answer.status_code == 200
    assert answer.headers["ETag"] == f'"{job.pk}-1"'
    assert answer.json() == {
        "id": str(job.pk),
        "kind": "chat",
        "status": "succeeded",
        "projectId": str(project.pk),
        "subjectId": str(subject),
        "progress": {"done": 2, "total": 6, "note": "The director is working"},
        "attempts": 1,
        "retryOf": str(first.pk),
        "queuedAt": "2026-11-21T12:00:00Z",
        "runAfter": "2026-11-21T12:00:00Z",
        "startedAt": "2026-11-21T12:00:00Z",
        "finishedAt": "2026-11-21T12:00:00Z",
        "error": None,
        "result": {"scene_1": "kept"},
        "costUsd": "0.00150002",
        "tokens": {"prompt": 10, "completion": 2},
        "model": "maker/second",
        "simulated": True,
        "route": [
            {
                "model": "maker/asked",
                "provider": None,
                "chosenAs": None,
                "outcome": "answered",
                "reason": "",
                "at": call.created_at.isoformat().replace("+00:00", "Z"),
                "costUsd": cost,
                "callId": str(call.pk),
            }
            for call, cost in ((first_call, "0.0015"), (second_call, "0.00000002"))
        ],
        "createdAt": "2026-11-21T12:00:00Z",
    }


@pytest.mark.parametrize(
    ("calls", "cost", "model"),
    [
        ([], "0", None),
        ([{"cost_nusd": 0}], "0", "maker/served"),
        ([{"cost_nusd": 5}, {"cost_nusd": None}], None, "maker/served"),
        (
            [
                {"cost_nusd": 7, "model_served": "maker/a"},
                {
                    "cost_nusd": None,
                    "ended_at": None,
                    "status": CallStatus.SENT,
                    "model_served": "",
                },
            ],
            None,
            "maker/a",
        ),
    ],
    ids=["no call", "free", "one cost is unknown", "one call is open"],
)
def test_the_cost_is_the_sum_of_the_calls_and_unknown_is_null(api, project, calls, cost, model):
    job = make_job(project)
    for call in calls:
        make_call(job, **call)

    body = api.get(url(job)).json()

    assert (body["costUsd"], body["model"], body["simulated"]) == (cost, model, False)


def test_a_job_that_is_known_answers_304(api, project):
    job = make_job(project)

    answer = api.get(url(job), headers={"If-None-Match": f'"{job.pk}-1"'})

    assert (answer.status_code, answer.content) == (304, b"")


def test_the_list_is_newest_first_and_can_be_filtered(api, project):
    other = make_project(api.workspace)
    chat = make_job(project)
    failed = make_job(project, kind="outline", status=JobStatus.FAILED)
    vision = make_job(other, kind="vision")

    def listed(**query):
        return [row["id"] for row in api.get(JOBS, query).json()["results"]]

    assert listed() == [str(vision.pk), str(failed.pk), str(chat.pk)]
    assert listed(status="failed") == [str(failed.pk)]
    assert listed(kind="vision") == [str(vision.pk)]
    assert listed(projectId=str(project.pk)) == [str(failed.pk), str(chat.pk)]
    assert listed(projectId=str(uuid4())) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("status", "done"), ("status", ""), ("kind", "CHAT"), ("projectId", "7"), ("limit", "0")],
)
def test_a_wrong_filter_is_named(api, name, value):
    answer = api.get(JOBS, {name: value})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == f"?{name}"


def test_the_list_asks_the_database_as_often_for_twenty_as_for_one(api, project):
    make_call(make_job(project), cost_nusd=1)
    api.get("/api/v1/me/")  # notes the use of the token
    with CaptureQueriesContext(connection) as one:
        assert len(api.get(JOBS).json()["results"]) == 1
    for _ in range(19):
        make_call(make_job(project), cost_nusd=1)

    with CaptureQueriesContext(connection) as twenty:
        assert len(api.get(JOBS).json()["results"]) == 20

    assert len(twenty) == len(one)


def test_cancelling_ends_a_job_once(api, project):
    job = make_job(project)

    first = api.post(url(job, "cancel/"))
    second = api.post(url(job, "cancel/"))

    assert (first.status_code, first.json()["status"]) == (200, "cancelled")
    assert first.json()["finishedAt"] is not None
    assert second.json() == first.json()
    assert [step.name for step in job.steps.all()] == ["cancelled"]


def test_a_finished_job_is_not_cancelled(api, project):
    job = make_job(project, status=JobStatus.SUCCEEDED)

    assert api.post(url(job, "cancel/")).json()["status"] == "succeeded"
    assert Job.objects.get().version == 1


def test_a_failed_job_is_tried_again_as_a_new_one(api, project):
    subject = uuid4()
    payload = {"source": "text", "text": "A woman waits.", "target": {}}
    job = make_job(
        project, kind="outline", status=JobStatus.FAILED, subject_id=subject, payload=payload
    )

    answer = api.post(url(job, "retry/"))

    again = answer.json()
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"{JOBS}{again['id']}/"
    assert (again["status"], again["retryOf"]) == ("queued", str(job.pk))
    row = Job.objects.get(pk=again["id"])
    assert (row.kind, row.subject_id, row.payload) == ("outline", subject, payload)


@pytest.mark.parametrize("status", [JobStatus.QUEUED, JobStatus.SUCCEEDED])
def test_only_a_failed_or_cancelled_job_is_tried_again(api, project, status):
    job = make_job(project, status=status)

    answer = api.post(url(job, "retry/"))

    assert (answer.status_code, answer.json()["code"]) == (409, "job-not-failed")
    assert Job.objects.count() == 1


def test_a_job_of_a_deleted_project_is_read_but_not_tried_again(api, project):
    job = make_job(project, status=JobStatus.FAILED)
    api.delete(f"/api/v1/projects/{project.pk}/")

    assert api.get(url(job)).status_code == 200
    assert api.post(url(job, "retry/")).status_code == 404
    assert Job.objects.count() == 1


def test_a_commenter_stops_what_they_have_asked_for_and_nothing_else(api, project):
    member = make_member(api.workspace, Role.COMMENTER)
    browser = browser_for(member.user)
    own = make_job(project, user_id=member.user.pk)
    other = make_job(project, user_id=api.user.pk)

    assert browser.post(url(own, "cancel/")).json()["status"] == "cancelled"
    refused = browser.post(url(other, "cancel/"))

    assert (refused.status_code, refused.json()["code"]) == (403, "role-too-low")
    other.refresh_from_db()
    assert other.status == JobStatus.QUEUED


@pytest.mark.parametrize("verb", ["cancel/", "retry/"])
def test_a_viewer_only_reads(api, project, verb):
    viewer = client_for(api.workspace, Role.VIEWER)
    job = make_job(project)

    assert viewer.get(url(job)).status_code == 200
    assert viewer.post(url(job, verb)).status_code == 403
    job.refresh_from_db()
    assert job.status == JobStatus.QUEUED


def test_ids_are_version_seven(api, project):
    assert UUID(api.get(url(make_job(project))).json()["id"]).version == 7
