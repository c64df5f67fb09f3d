"""The writer of deltas: late workers are fenced off, and what fails alone is lost alone."""

import time
from uuid import uuid4

import pytest
from django.db import OperationalError

from ai.director.deltas import writer
from ai.jobs import runner, service
from ai.models import Job
from scenes.models import Event, FeedCounter
from scenes.services import feed
from tests.ai.conftest import run
from tests.scenes.factories import make_project


def claimed(api, project):
    answer = api.post(f"/api/v1/projects/{project.pk}/messages/", {"content": "Hello."})
    assert answer.status_code == 202, answer.content
    return runner.claim(answer.json()["job"]["id"])


def put(job, text):
    event = feed.NewEvent("text.delta", {"messageId": "m", "text": text}, job.pk)
    writer.put(job.project_id, event, fence=job.fence)


def words(project):
    events = Event.objects.filter(project=project, name="text.delta")
    return "".join(event.data["text"] for event in events)


def flush_s():
    started = time.monotonic()
    writer.flush()
    return time.monotonic() - started


def test_a_worker_that_lost_its_job_says_no_more(api, project, openrouter):
    job_id = api.post(f"/api/v1/projects/{project.pk}/messages/", {"content": "Hello."})
    job_id = job_id.json()["job"]["id"]

    def speak_and_lose(body):
        answer = openrouter._reply(body, {"content": "Once upon a time"}, "0.0001", "stop")
        first, second, rest = answer.content.decode().split("data: ", 3)[1:]

        def pieces():
            yield f"data: {first}".encode()
            writer.flush()
            Job.objects.filter(pk=job_id).update(fence=uuid4())
            yield f"data: {second}data: {rest}".encode()

        return type(answer)(200, headers=answer.headers, content=pieces())

    openrouter.will_do(speak_and_lose)

    job = run(job_id)

    assert job.status == "running"
    assert words(project) == "Once upo"


def test_a_late_twin_is_left_out_of_a_batch_and_the_others_stand(api, project):
    late, other = claimed(api, project), claimed(api, make_project(api.workspace))
    Job.objects.filter(pk=late.pk).update(fence=uuid4())

    with writer._changed:  # both in one batch
        put(late, "late")
        put(other, "in time")
    writer.flush()

    assert (words(project), words(other.project)) == ("", "in time")


def test_the_last_words_of_a_cancelled_job_are_written(api, project):
    job = claimed(api, project)
    service.cancel(job=Job.objects.get(pk=job.pk))

    put(job, "I was about to")
    writer.flush()

    assert words(project) == "I was about to"


def test_words_of_a_finished_job_are_not_written(api, project):
    job = claimed(api, project)
    Job.objects.filter(pk=job.pk).update(status="succeeded", finished_at=job.started_at)

    put(job, "too late")
    writer.flush()

    assert words(project) == ""


def test_a_project_whose_feed_is_gone_spoils_no_other_and_nobody_waits(api, project, caplog):
    job, gone = claimed(api, project), claimed(api, make_project(api.workspace))
    FeedCounter.objects.filter(project=gone.project).delete()

    with writer._changed:  # both in one batch
        put(gone, "lost")
        put(job, "kept")
    first_s = flush_s()
    put(job, " too")
    second_s = flush_s()

    assert words(project) == "kept too"
    assert (first_s < 5, second_s < 5) == (True, True)
    assert f"1 lost of project {gone.project_id}" in caplog.text


@pytest.mark.parametrize(("failures", "kept"), [(2, "said"), (99, "")])
def test_a_database_that_is_away_is_tried_a_few_times(api, project, monkeypatch, failures, kept):
    job = claimed(api, project)
    left, publish_all = [OperationalError("away")] * failures, feed.publish_all

    def failing(feeds):
        if left:
            raise left.pop()
        publish_all(feeds)

    monkeypatch.setattr(feed, "publish_all", failing)

    put(job, "said")
    waited_s = flush_s()
    left.clear()
    put(job, " and more")
    writer.flush()

    assert words(project) == f"{kept} and more"
    assert waited_s < 5
