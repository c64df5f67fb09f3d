"""Trying a job again: once at a time, within the budget, and one turn at a time."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from ai.jobs import service
from ai.models import ChatMessage, Job, JobStatus
from canvas.workspaces.access import inside
from canvas.workspaces.models import SecondMessage, Workspace
from tests.ai.conftest import run, scenes_of
from tests.ai.factories import make_job, make_message

DAWN = '{"title": "Dawn", "description": "She waits."}'


def retry(api, job):
    return api.post(f"/api/v1/jobs/{job.pk}/retry/")


def failed(project, **over):
    return make_job(project, status=JobStatus.FAILED, **over)


@pytest.mark.parametrize("kind", ["chat", "outline"])
def test_asking_twice_for_a_retry_answers_with_the_one_that_is_open(api, project, kind):
    job = failed(project, kind=kind)

    first, second = retry(api, job), retry(api, job)

    assert (first.status_code, second.status_code) == (202, 202)
    assert second.json()["id"] == first.json()["id"]
    assert second.headers["Location"] == first.headers["Location"]
    assert Job.objects.filter(retry_of=job).count() == 1


def test_a_retry_that_failed_can_be_followed_by_another(api, project):
    job = failed(project, kind="outline")
    failed(project, kind="outline", retry_of=job)

    answer = retry(api, job)

    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    assert Job.objects.filter(retry_of=job).count() == 2


def test_retries_at_once_make_one_job(api, project):
    job, together = failed(project, kind="outline"), Barrier(4)

    def press(_):
        try:
            together.wait()
            return service.retry(job=job, access=inside(api.workspace)).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as presses:
        made = set(presses.map(press, range(4)))

    assert made == {Job.objects.get(retry_of=job).pk}


def test_a_turn_is_not_tried_again_while_another_is_open(api, project):
    job, running = failed(project), make_job(project)

    answer = retry(api, job)

    assert (answer.status_code, answer.json()["code"]) == (409, "turn-in-progress")
    assert answer.json()["jobId"] == str(running.pk)
    assert Job.objects.count() == 2


def test_a_turn_that_is_tried_again_waits_where_turns_may_wait(api, project):
    Workspace.objects.update(second_message=SecondMessage.QUEUE)
    job = failed(project)
    make_job(project)

    assert retry(api, job).status_code == 202
    assert Job.objects.filter(retry_of=job).count() == 1


def test_an_open_turn_does_not_keep_other_work_from_being_tried_again(api, project):
    job = failed(project, kind="outline")
    make_job(project)

    assert retry(api, job).status_code == 202


def test_nothing_is_tried_again_on_a_used_up_budget(api, project):
    job = failed(project, kind="outline")
    Workspace.objects.update(budget_nusd_a_month=0)

    answer = retry(api, job)

    assert (answer.status_code, answer.json()["code"]) == (402, "budget-exhausted")
    assert Job.objects.count() == 1


def test_a_file_that_asks_no_model_is_tried_again_on_a_used_up_budget(api, project):
    job = failed(project, kind="export", payload={"format": "json", "baseUrl": "http://testserver"})
    Workspace.objects.update(budget_nusd_a_month=0)

    answer = retry(api, job)

    assert answer.status_code == 202
    assert run(answer.json()["id"]).status == "succeeded"


def test_a_turn_that_is_tried_again_knows_what_its_first_try_did(api, project, openrouter):
    said = api.post(f"/api/v1/projects/{project.pk}/messages/", {"content": "Add a scene."})
    openrouter.will_call(("create_scene", DAWN))
    openrouter.will_fail(401)
    openrouter.will_say("It is there.")

    first = run(said.json()["job"]["id"])
    second = run(retry(api, first).json()["id"])

    assert (first.status, second.status) == ("failed", "succeeded")
    assert scenes_of(project) == ["Dawn"]
    heard = openrouter.heard[2]["messages"]
    assert [message["role"] for message in heard] == ["system", "user", "assistant", "tool"]


def test_words_that_were_stopped_are_not_carried_on_by_the_next_try(api, project, openrouter):
    question = make_message(project, content="Tell me.")
    job = make_job(project, status=JobStatus.CANCELLED, subject_id=question.pk)
    make_message(project, role="assistant", status="stopped", job=job, parent=question)
    openrouter.will_say("All of it.")

    run(retry(api, job).json()["id"])

    heard = openrouter.heard[0]["messages"][1:]
    assert heard == [{"role": "user", "content": "Tell me."}]
    assert ChatMessage.objects.filter(project=project).count() == 3
