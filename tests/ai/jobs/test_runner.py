"""A job from its row: claimed once, finished once, brought back when its worker dies."""

import threading
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from ai import ledger
from ai.jobs import bills, lease, runner, service, sweeper
from ai.jobs.watchdog import watchdog
from ai.models import Job, JobStep, UpstreamCall
from ai.openrouter.errors import StoppedError
from ai.services import outlines
from canvas.workspaces.access import inside
from scenes.models import Event
from tests.ai.conftest import run, run_after_wait

OUTLINE = {
    "title": "The Ferry",
    "logline": "A courier crosses.",
    "characters": [{"name": "Mara", "description": "A courier."}],
    "locations": [{"name": "Quay", "description": "A quay in fog."}],
    "scenes": [
        {
            "title": "Dawn",
            "summary": "Mara waits.",
            "location": "Quay",
            "time_of_day": "dawn",
            "characters": ["Mara"],
            "beats": [{"summary": "She counts her coins.", "duration_s": 12.5}],
            "duration_s": 12.5,
            "purpose": "We meet her.",
        }
    ],
}


def outline(api, project, **body):
    answer = api.post(
        f"/api/v1/projects/{project.pk}/outlines/",
        {"source": "text", "text": "Mara waits at the quay.", **body},
    )
    assert answer.status_code == 202, answer.content
    return answer.json()["id"]


def lose_lease(job_id):
    Job.objects.filter(pk=job_id).update(lease_until=timezone.now() - timedelta(seconds=1))


def steps(job):
    return list(JobStep.objects.filter(job=job).values_list("name", flat=True))


def test_a_job_is_claimed_once_however_often_it_is_delivered(api, project, openrouter):
    job_id = outline(api, project)
    openrouter.will_answer(OUTLINE)

    first = run(job_id)
    second = run(job_id)

    assert (first.status, first.attempts) == ("succeeded", 1)
    assert (second.version, second.result) == (first.version, first.result)
    assert len(openrouter.heard) == 1
    assert steps(job_id) == ["queued", "claimed", "succeeded"]


def test_a_cancelled_job_is_not_begun(api, project, openrouter):
    job_id = outline(api, project)

    cancelled = api.post(f"/api/v1/jobs/{job_id}/cancel/", {}).json()
    job = run(job_id)

    assert (cancelled["status"], job.status) == ("cancelled", "cancelled")
    assert openrouter.heard == []


def test_a_job_that_is_cancelled_meanwhile_stores_nothing_and_its_cost_is_booked(
    api, project, openrouter
):
    job_id = outline(api, project)
    openrouter.will_answer(OUTLINE, cost="0.002")
    openrouter.before = lambda: service.cancel(job=Job.objects.get(pk=job_id))

    job = run(job_id)
    openrouter.bills["gen-1"] = {"id": "gen-1", "total_cost": 0.002}
    UpstreamCall.objects.update(look_up_at="2020-01-01T00:00:00Z")
    bills.look_up_due()  # the call was cut, so only the bill can tell

    assert (job.status, job.result) == ("cancelled", None)
    assert project.outlines.count() == 0
    call = UpstreamCall.objects.get()
    assert (call.status, call.cost_nusd) == ("settled", 2_000_000)


def test_whoever_lost_the_fence_changes_nothing(api, project, openrouter):
    job_id = outline(api, project)
    openrouter.will_answer(OUTLINE)
    openrouter.before = lambda: Job.objects.filter(pk=job_id).update(fence=uuid4())

    job = run(job_id)

    assert (job.status, job.result) == ("running", None)
    assert project.outlines.count() == 0


def test_a_lost_lease_brings_the_job_back_and_its_open_call_is_owed(api, project, openrouter):
    job_id = outline(api, project)
    job = runner.claim(job_id)
    call = UpstreamCall.objects.create(
        workspace=api.workspace,
        job=job,
        fence=job.fence,
        recipe="outline",
        day="2026-01-01",
        status="sent",
        model_slug="maker/first",
    )
    Job.objects.filter(pk=job_id).update(lease_until=timezone.now() - timedelta(seconds=1))

    brought = sweeper.requeue_lost()
    openrouter.will_answer(OUTLINE)
    done = run(job_id)

    call.refresh_from_db()
    assert brought == 1
    assert (call.status, call.error_code) == ("unknown", "worker-lost")
    assert (done.status, done.attempts, done.crashes) == ("succeeded", 2, 1)
    assert steps(job_id) == ["queued", "claimed", "lost", "claimed", "succeeded"]


def test_a_job_that_kills_its_worker_three_times_fails_with_the_reason(api, project):
    job_id = outline(api, project)

    for crash in range(3):
        assert runner.claim(job_id, suspect=crash > 0) is not None
        lose_lease(job_id)
        sweeper.requeue_lost()
        Job.objects.filter(pk=job_id).update(run_after="2020-01-01T00:00:00Z")

    job = Job.objects.get(pk=job_id)
    assert (job.status, job.error["code"], job.crashes) == ("failed", "worker-lost", 3)


def test_a_living_worker_keeps_its_lease(api, project):
    job = runner.claim(outline(api, project))
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))

    with lease.held(job):
        lease.renew()

    assert sweeper.requeue_lost() == 0
    assert Job.objects.get(pk=job.pk).status == "running"


def test_the_sweeper_rings_again_for_what_nobody_came_for(api, project, monkeypatch):
    rung = []
    monkeypatch.setattr("ai.queue.ring", lambda job_id: rung.append(job_id) or True)
    job_id = outline(api, project)
    rung.clear()

    at_once = sweeper.dispatch()
    Job.objects.filter(pk=job_id).update(ring_at=timezone.now() - timedelta(seconds=1))
    later = sweeper.dispatch()
    again = sweeper.dispatch()

    assert (at_once, later, again) == (0, 1, 0)
    assert [str(key) for key in rung] == [job_id]


def test_a_busy_upstream_is_asked_again_when_it_said(api, project, openrouter):
    job_id = outline(api, project)
    openrouter.will_fail(429, "slow down", **{"Retry-After": "120"})
    openrouter.will_fail(503)
    openrouter.will_answer(OUTLINE)

    waiting = run(job_id)
    early = run(job_id)
    done = run_after_wait(job_id)

    assert (waiting.status, early.status, done.status) == ("queued", "queued", "succeeded")
    wait_s = (waiting.run_after - timezone.now()).total_seconds()
    assert 0 < wait_s <= 120
    assert waiting.ring_at == waiting.run_after


def test_a_refused_key_is_not_tried_again(api, project, openrouter):
    job_id = outline(api, project)
    openrouter.will_fail(401, "No auth credentials found")

    job = run(job_id)

    assert (job.status, job.error["status"], job.waits) == ("failed", 502, 0)
    assert len(openrouter.heard) == 1
    assert UpstreamCall.objects.get().status == "failed"


def test_a_bug_of_ours_ends_the_job_and_says_no_more_than_that(api, project, openrouter, caplog):
    job_id = outline(api, project)
    openrouter.will_do(lambda _: 1 / 0)

    job = run(job_id)

    assert (job.status, job.error["code"]) == ("failed", "internal")
    assert "ZeroDivisionError" not in str(job.error)
    assert "ZeroDivisionError" in caplog.text


def test_a_retry_is_a_new_job_and_the_old_one_stays(api, project, openrouter):
    job_id = outline(api, project)
    openrouter.will_fail(401)
    failed = run(job_id)

    answer = api.post(f"/api/v1/jobs/{job_id}/retry/", {})
    openrouter.will_answer(OUTLINE)
    retried = run(answer.json()["id"])

    assert answer.status_code == 202
    assert answer.json()["retryOf"] == job_id
    assert retried.status == "succeeded"
    assert Job.objects.get(pk=job_id).version == failed.version


def test_what_went_well_cannot_be_retried(api, project, openrouter):
    job_id = outline(api, project)
    openrouter.will_answer(OUTLINE)
    run(job_id)

    answer = api.post(f"/api/v1/jobs/{job_id}/retry/", {})

    assert (answer.status_code, answer.json()["code"]) == (409, "job-not-failed")
    assert Job.objects.count() == 1


def test_a_deleted_project_ends_its_jobs_plainly(api, project, openrouter):
    job_id = outline(api, project)
    api.delete(f"/api/v1/projects/{project.pk}/")

    job = run(job_id)

    assert (job.status, job.error["status"]) == ("failed", 404)
    assert openrouter.heard == []


def test_every_change_of_a_job_is_in_the_feed(api, project, openrouter):
    job_id = outline(api, project)
    openrouter.will_answer(OUTLINE)

    run(job_id)

    told = Event.objects.filter(project=project, name="job.updated")
    assert [event.data["status"] for event in told] == ["queued", "running", "succeeded"]


def test_a_job_without_a_project_runs_too(api):
    job = service.submit(access=inside(api.workspace), kind="vision", project_id=None)

    done = run(job.pk)

    assert (done.status, done.error["status"]) == ("failed", 404)


def test_a_job_whose_worker_died_waits_while_enough_of_its_kind_are_running(
    api, project, openrouter, monkeypatch
):
    job_id = outline(api, project)
    runner.claim(job_id)
    lose_lease(job_id)
    sweeper.requeue_lost()
    monkeypatch.setattr(runner, "_suspects", threading.BoundedSemaphore(1))
    runner._suspects.acquire()

    early = run(job_id)
    runner._suspects.release()
    openrouter.will_answer(OUTLINE)
    late = run(job_id)

    assert (early.status, early.crashes) == ("queued", 1)
    assert late.status == "succeeded"


def test_a_claim_that_was_lost_does_not_stop_the_one_after_it(api, project):
    job_id = outline(api, project)
    first = runner.claim(job_id)
    with lease.held(first):
        lose_lease(job_id)
        sweeper.requeue_lost()
        second = runner.claim(job_id, suspect=True)
        with lease.held(second):
            lease.renew()
            stopped = dict(watchdog._stopped)

    assert stopped == {first.fence: "lease-lost"}


def test_what_was_cancelled_before_it_was_sent_costs_nothing(api, project, openrouter):
    job_id = outline(api, project)
    job = runner.claim(job_id)

    with lease.held(job):
        watchdog.stop(job.fence, "cancelled")
        with pytest.raises(StoppedError):
            outlines.draft(job)

    call = UpstreamCall.objects.get()
    assert (call.status, call.cost_nusd, call.hold_nusd) == ("failed", 0, 0)
    assert openrouter.heard == []


def test_a_twin_that_wakes_up_after_its_lease_was_lost_sends_nothing(api, project):
    job = runner.claim(outline(api, project))
    terms = ledger.Terms("outline", "0" * 12, "maker/first", 1_000, 10)
    call = ledger.reserve(job=job, terms=terms)
    lose_lease(job.pk)
    sweeper.requeue_lost()

    with pytest.raises(StoppedError) as stopped:
        ledger.sent(call)

    call.refresh_from_db()
    assert stopped.value.never_sent is True
    assert (call.status, call.cost_nusd) == ("failed", 0)


@pytest.mark.parametrize(("minutes", "status"), [(1, "queued"), (28, "queued"), (31, "failed")])
def test_patience_is_counted_in_minutes_and_not_in_tries(api, project, openrouter, minutes, status):
    job_id = outline(api, project)
    begun = timezone.now() - timedelta(minutes=minutes)
    Job.objects.filter(pk=job_id).update(started_at=begun, waits=40)
    openrouter.will_fail(503)
    openrouter.will_fail(503)

    job = run(job_id)

    assert job.status == status
    wait_s = (job.run_after - timezone.now()).total_seconds()
    assert wait_s < 80


def test_an_answer_that_comes_whole_may_take_longer_to_begin_than_a_stream(
    api, project, openrouter, settings
):
    settings.OPENROUTER_FIRST_DATA_TIMEOUT_S = 0.1
    job_id = outline(api, project)
    openrouter.before = lambda: time.sleep(0.5)
    openrouter.will_answer(OUTLINE)

    assert run(job_id).status == "succeeded"


def test_bad_answers_of_earlier_attempts_count_as_paid(api, project, openrouter):
    job_id = outline(api, project)
    openrouter.will_say("No JSON here.")
    openrouter.will_say("Nor here.")
    openrouter.will_fail(503)

    waiting = run(job_id)
    openrouter.will_say("Still not.")
    job = run_after_wait(job_id)

    assert waiting.status == "queued"
    assert (job.status, job.error["code"]) == ("failed", "no-valid-answer")
    assert [call.verdict != "" for call in UpstreamCall.objects.all()] == [True, True, False, True]


def test_one_bad_step_keeps_no_other_from_its_turn(api, project, monkeypatch, caplog):
    job_id = outline(api, project)
    runner.claim(job_id)
    lose_lease(job_id)
    monkeypatch.setattr(sweeper, "dispatch", lambda: 1 / 0)

    sweeper.sweep()

    assert Job.objects.get(pk=job_id).status == "queued"
    assert "sweeper: due jobs: failed this time" in caplog.text


def test_a_worker_that_is_told_to_stop_gives_its_jobs_back(api, project, openrouter):
    job_id = outline(api, project)
    openrouter.before = lambda: watchdog.stop_all("shutdown")
    openrouter.will_answer(OUTLINE)

    job = run(job_id)

    assert (job.status, job.crashes, job.waits) == ("queued", 0, 0)
    assert steps(job_id) == ["queued", "claimed", "given-back"]


def test_the_feed_says_why_a_job_failed(api, project, openrouter):
    job_id = outline(api, project)
    openrouter.will_fail(401, "no such key")

    job = run(job_id)

    told = Event.objects.get(project=project, name="error")
    assert (told.job_id, told.data) == (job.pk, job.error)
    assert Event.objects.filter(project=project).order_by("seq").last().name == "job.updated"


def test_a_job_whose_ring_does_not_go_out_is_rung_for_again_soon(api, project, monkeypatch):
    job_id = outline(api, project)
    long_ago = timezone.now() - timedelta(minutes=9)
    Job.objects.filter(pk=job_id).update(run_after=long_ago, ring_at=long_ago)
    monkeypatch.setattr("ai.queue.ring", lambda _: False)

    rung = sweeper.dispatch()

    left_s = (Job.objects.get(pk=job_id).ring_at - timezone.now()).total_seconds()
    assert rung == 0
    assert 0 < left_s <= sweeper.RING_AGAIN_AFTER.total_seconds()


def test_a_ring_while_the_database_is_away_leaves_the_job_as_it_was(
    api, project, monkeypatch, caplog
):
    job_id = outline(api, project)
    before = Job.objects.filter(pk=job_id).values().get()

    def away(*_args, **_kwargs):
        raise OperationalError("no connection to be had")

    with monkeypatch.context() as patch:
        patch.setattr("ai.jobs.rows.claim", away)
        runner.run(job_id)

    assert Job.objects.filter(pk=job_id).values().get() == before
    assert f"job {job_id}: left to the next ring: OperationalError" in caplog.text


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_job_that_stood_still_in_a_transaction_is_given_back_and_not_failed(
    api, project, openrouter, monkeypatch
):
    job_id = outline(api, project)
    openrouter.will_answer(OUTLINE)

    def stand_still(*_args, **_kwargs):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '50ms'")
            time.sleep(0.4)
            cursor.execute("SELECT 1")

    with monkeypatch.context() as patch:
        patch.setattr("ai.director.proposals.propose", stand_still)
        job = run(job_id)

    assert (job.status, job.attempts, job.crashes) == ("queued", 1, 0)
    assert project.outlines.count() == 0
