"""A broker that is cut off and comes back: nothing is lost, and nobody has to be started again."""

import time

import pytest

from tests.settings import BROKER_URL

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not BROKER_URL, reason="needs a broker: set CELERY_BROKER_URL"),
]

RUNNING, WAITING = 8, 12
OUTAGE_S = 3.0
LOST = "Connection to broker lost"


def all_running(service, jobs):
    deadline = time.monotonic() + 20
    while {service.status_of(job_id) for job_id in jobs} != {"running"}:
        assert time.monotonic() < deadline, service.last_lines()
        time.sleep(0.1)


def test_messages_and_outlines_go_over_the_broker(wired):
    project = wired.new_project()

    jobs = [wired.say(project), wired.ask_for_outline(project)]
    ended = [wired.finished(job_id) for job_id in jobs]

    assert [job["status"] for job in ended] == ["succeeded", "succeeded"]


def test_a_broker_that_is_cut_off_holds_up_new_work_and_loses_none(wired, wire):
    project = wired.new_project()
    wired.faults({"kind": "slow", "times": RUNNING, "latency_s": OUTAGE_S})
    running = [wired.ask_for_outline(project) for _ in range(RUNNING)]
    all_running(wired, running)

    broken = wire.cut()
    waiting = [wired.ask_for_outline(project) for _ in range(WAITING)]
    through = [wired.finished(job_id)["status"] for job_id in running]
    held_up = {wired.status_of(job_id) for job_id in waiting}
    wire.mend()
    after = [wired.finished(job_id)["status"] for job_id in waiting]

    assert broken >= 2  # the worker's and the web process's
    assert through == ["succeeded"] * RUNNING
    assert held_up == {"queued"}
    assert after == ["succeeded"] * WAITING
    calls = wired.rows(
        "SELECT job_id FROM ai_upstreamcall WHERE project_id = ?", wired.key(project)
    )
    assert len(calls) == len({call["job_id"] for call in calls}) == RUNNING + WAITING
    assert wired.stack.parts["worker"].process.poll() is None
    assert [LOST in line for line in wired.lines].count(True) == 1
