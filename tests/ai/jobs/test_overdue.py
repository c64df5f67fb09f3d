"""A job that never ends: it fails at its deadline, and its thread does other jobs."""

import threading
import time

import pytest
from django.db import OperationalError, connections

from ai.jobs import overdue, runner
from ai.models import Job
from canvas.core.sqlite.gate import gate_of
from tests.ai.conftest import run
from tests.ai.jobs.test_poison import working
from tests.ai.jobs.test_runner import outline


def watched(job, end, work):
    """Do the work as the job's."""
    with overdue.watched(job, end):
        work()


def test_a_job_that_never_ends_fails_at_its_deadline_and_gives_its_thread_back(
    api, project, monkeypatch, settings
):
    settings.JOB_LONGEST_S = 0.2
    turns = []

    def spin(_job):
        while True:
            turns.append(time.monotonic())
            time.sleep(0.001)

    def run_and_let_go():
        try:
            run(job_id)
        finally:
            connections.close_all()

    working(monkeypatch, spin)
    job_id = outline(api, project)
    thread = threading.Thread(target=run_and_let_go, daemon=True)

    thread.start()
    thread.join(10)

    job = Job.objects.get(pk=job_id)
    assert not thread.is_alive()
    assert (job.status, job.error["code"], job.attempts) == ("failed", "took-too-long", 1)
    assert overdue._open == {}


def test_a_job_in_time_is_not_told_to_end(api, project, settings):
    settings.JOB_LONGEST_S = 60
    ended = []
    job = runner.claim(outline(api, project))

    with overdue.watched(job, ended.append):
        overdue.look()

    assert ended == []
    assert overdue._open == {}


def test_what_is_thrown_hits_the_job_and_not_the_next_one_of_its_thread(api, project, settings):
    settings.JOB_LONGEST_S = 0.01
    ended = []
    job = runner.claim(outline(api, project))

    def linger():
        time.sleep(0.02)
        overdue.look()  # ends the job
        looker = threading.Thread(target=overdue.look)  # tells its thread
        looker.start()
        looker.join(5)
        time.sleep(1)

    with pytest.raises(overdue.OverdueError):
        watched(job, ended.append, linger)
    watched(job, ended.append, lambda: time.sleep(0))

    assert ended == [job]
    assert overdue._open == {}


def test_a_thread_that_may_hold_a_lock_is_told_later(api, project, settings):
    settings.JOB_LONGEST_S = 0.01
    job = runner.claim(outline(api, project))
    gate = gate_of(f"{settings.MEDIA_ROOT}-gate")
    gate.enter(5)
    ended, passed = [], []

    def wait_for_the_turn():
        time.sleep(0.02)
        overdue.look()
        looker = threading.Timer(0.2, lambda: (overdue.look(), gate.leave()))
        looker.start()
        gate.enter(5)  # here it is not told
        gate.leave()
        looker.join(5)
        passed.append(True)

    watched(job, ended.append, wait_for_the_turn)

    assert (ended, passed) == ([job], [True])
    assert not gate._turn.locked()


def test_a_job_whose_end_cannot_be_written_is_told_all_the_same(api, project, settings):
    settings.JOB_LONGEST_S = 0.01
    job = runner.claim(outline(api, project))

    def fail(_job):
        raise OperationalError("database is locked")

    def linger():
        time.sleep(0.02)
        overdue.look()
        looker = threading.Thread(target=overdue.look)
        looker.start()
        looker.join(5)
        time.sleep(1)

    with pytest.raises(overdue.OverdueError):
        watched(job, fail, linger)
