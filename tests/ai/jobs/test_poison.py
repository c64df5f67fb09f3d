"""Jobs that harm their worker: they end with the reason, and those beside them do not mind."""

from ai.jobs import registry, runner, sweeper
from ai.models import Job, JobStep
from tests.ai.conftest import run
from tests.ai.jobs.test_runner import OUTLINE, lose_lease, outline


def die_with(job_id, *, crash):
    """Let the job be claimed and its worker die."""
    assert runner.claim(job_id, suspect=crash > 0) is not None
    lose_lease(job_id)
    sweeper.requeue_lost()
    Job.objects.filter(pk=job_id).update(run_after="2020-01-01T00:00:00Z")


def working(monkeypatch, work):
    """Let outlines be done by another work."""
    monkeypatch.setitem(registry._works, "outline", work)


def test_two_jobs_on_their_last_try_do_not_run_at_once(api, project, openrouter):
    job_id = outline(api, project)
    for crash in range(2):
        die_with(job_id, crash=crash)
    runner._last_tries.acquire()

    early = run(job_id)
    runner._last_tries.release()
    openrouter.will_answer(OUTLINE)
    late = run(job_id)

    assert (early.status, early.crashes, early.attempts) == ("queued", 2, 2)
    assert (late.status, late.attempts) == ("succeeded", 3)


def test_a_job_that_died_once_does_not_wait_for_one_on_its_last_try(api, project, openrouter):
    job_id = outline(api, project)
    die_with(job_id, crash=0)
    openrouter.will_answer(OUTLINE)

    with runner._last_tries:
        done = run(job_id)

    assert done.status == "succeeded"


def test_a_job_without_memory_counts_as_crashed_and_comes_back(api, project, monkeypatch):
    def hungry(_job):
        raise MemoryError

    working(monkeypatch, hungry)
    job_id = outline(api, project)

    found = []
    for _ in range(3):
        run(job_id)
        sweeper.requeue_lost()
        Job.objects.filter(pk=job_id).update(run_after="2020-01-01T00:00:00Z")
        job = Job.objects.get(pk=job_id)
        found.append((job.status, job.crashes))

    assert found == [("queued", 1), ("queued", 2), ("failed", 3)]
    assert job.error["code"] == "worker-lost"
    assert JobStep.objects.filter(job=job_id, name="out-of-memory").count() == 3
