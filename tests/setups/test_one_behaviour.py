"""The main job over processes, database and broker as named: the same answers on every set-up."""

import json
import time

import httpx
import pytest

from tests.setups.acts import OUTLINE

pytestmark = pytest.mark.slow

ANSWERED = ["queued", "running", "succeeded"]
SUMS = """
SELECT b.spent_nusd, b.hold_nusd, sum(c.cost_nusd) AS costs, sum(c.hold_nusd) AS holds
FROM ai_budget b JOIN ai_upstreamcall c
  ON c.workspace_id = b.scope_id AND substr(c.day, 1, length(b.period)) = b.period
GROUP BY b.id, b.spent_nusd, b.hold_nusd
"""


def events_of(service, job_id):
    """Follow a job to the end of its stream; give the events' names with their data."""
    with httpx.Client(**service.client_options()) as http:
        text = http.get(f"/jobs/{job_id}/events/").raise_for_status().text
    blocks = [block.splitlines() for block in text.split("\n\n") if "data: " in block]
    return [
        (
            next(line[7:] for line in block if line.startswith("event: ")),
            json.loads(next(line[6:] for line in block if line.startswith("data: "))),
        )
        for block in blocks
    ]


def call_with(service, job_id, status, within_s=20):
    """Wait until the job's one call has this status; give its row."""
    deadline = time.monotonic() + within_s
    sql = "SELECT status, error_code FROM ai_upstreamcall WHERE job_id = ?"
    while [row["status"] for row in service.rows(sql, service.key(job_id))] != [status]:
        assert time.monotonic() < deadline, service.last_lines()
        time.sleep(0.05)
    [row] = service.rows(sql, service.key(job_id))
    return row


def test_a_message_is_answered_word_by_word_and_acts_on_the_canvas(service):
    project = service.new_project()

    events = events_of(service, service.say(project))

    states = [data["status"] for name, data in events if name == "job.updated"]
    assert list(dict.fromkeys(states)) == ANSWERED
    spoken = "".join(data["text"] for name, data in events if name == "text.delta")
    messages = service.call("GET", f"/projects/{project}/messages/")["results"]
    said = [message["content"] for message in messages if message["role"] == "assistant"]
    assert spoken == "".join(said) != ""
    scenes = service.call("GET", f"/projects/{project}/scenes/")["results"]
    assert [scene["title"] for scene in scenes] == ["Bus Stop"]


def test_whoever_prefers_to_wait_gets_the_outline_at_once_and_takes_it(service):
    project = service.new_project()

    with httpx.Client(**service.client_options()) as http:
        path = f"/projects/{project}/outlines/"
        job = http.post(path, json=OUTLINE, headers={"Prefer": "wait=30"}).json()

    assert job["status"] == "succeeded"
    outline = job["result"]["outlineId"]
    service.call("POST", f"/outlines/{outline}/accept/", json={})
    scenes = service.call("GET", f"/projects/{project}/scenes/")["results"]
    assert len(scenes) == 2


def test_a_cancelled_job_ends_its_call_upstream_long_before_its_lease(service):
    service.restart("worker", JOB_LEASE_S="60", JOB_LEASE_RENEWAL_S="30")
    project = service.new_project()
    service.faults({"kind": "slow", "times": 1, "latency_s": 20})
    job = service.ask_for_outline(project)
    call_with(service, job, "sent")
    begun = time.monotonic()

    service.call("POST", f"/jobs/{job}/cancel/")
    call = call_with(service, job, "unknown")

    assert time.monotonic() - begun < 15  # the next renewal is 30 seconds off
    assert call["error_code"] == "StoppedError"
    assert service.status_of(job) == "cancelled"


def test_the_counters_are_the_sums_of_the_ledger(service):
    day, month = service.rows(SUMS)

    for sums in (day, month):
        assert sums["spent_nusd"] == sums["costs"] > 0
        assert sums["hold_nusd"] == sums["holds"]
