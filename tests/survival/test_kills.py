"""SIGKILL of the worker at named steps: each job ends once, its effects once, its cost once."""

import signal
import time
from decimal import Decimal
from io import BytesIO

import pytest
from PIL import Image

from ai.jobs import steps

pytestmark = pytest.mark.slow

STEPS = ["claimed", "reserved", "mid-stream", "before-commit", "after-commit"]
# These are alike for every kind of job; an outline stands for all.
STEPS_OF_ONE = ["sent", "headers", "before-ack"]


def picture():
    target = BytesIO()
    Image.new("RGB", (320, 200), "#31464f").save(target, "PNG")
    return target.getvalue()


def begin_chat(machine, project):
    words = {"content": "Create a scene titled “Bus Stop” at the Quay with Mara."}
    return machine.call("POST", f"/projects/{project}/messages/", json=words)["job"]["id"]


def begin_outline(machine, project):
    text = "INT. CABIN - NIGHT\n\nMara waits.\n\nEXT. QUAY - DAY\n\nThe ferry comes."
    body = {"source": "text", "text": text}
    return machine.call("POST", f"/projects/{project}/outlines/", json=body)["id"]


def begin_vision(machine, project):
    files = {"file": ("a.png", picture())}
    return machine.call("POST", f"/projects/{project}/assets/", files=files)["job"]["id"]


def effects(machine, project):
    """What a job may leave behind on a project, counted in the tables."""
    key = machine.key(project)
    return {
        "scenes": len(
            machine.rows(
                "SELECT id FROM scenes_scene WHERE project_id = ? AND deleted_at IS NULL", key
            )
        ),
        "outlines": len(machine.rows("SELECT id FROM ai_outline WHERE project_id = ?", key)),
        "described": len(
            machine.rows(
                "SELECT id FROM scenes_visualasset WHERE project_id = ? AND label <> ''", key
            )
        ),
        "spoken": len(
            machine.rows(
                "SELECT id FROM ai_chatmessage WHERE project_id = ? AND role = 'assistant'", key
            )
        ),
    }


EXPECTED = {
    "chat": (begin_chat, {"scenes": 1, "outlines": 0, "described": 0, "spoken": 2}),
    "outline": (begin_outline, {"scenes": 0, "outlines": 1, "described": 0, "spoken": 0}),
    "vision": (begin_vision, {"scenes": 0, "outlines": 0, "described": 1, "spoken": 0}),
}


def settled(machine, job_id, timeout_s=20.0):
    """The job's rows in the ledger, once no bill that exists is awaited any more."""
    deadline = time.monotonic() + timeout_s
    sql = "SELECT * FROM ai_upstreamcall WHERE job_id = ?"
    while time.monotonic() < deadline:
        calls = machine.rows(sql, machine.key(job_id))
        billed = {line["generationId"] for line in machine.bill()}
        if all(
            call["status"] in {"settled", "failed"}
            or (call["status"] == "unknown" and call["generation_id"] not in billed)
            for call in calls
        ):
            return calls
        time.sleep(0.2)
    raise AssertionError(f"bills still open: {calls}")


@pytest.mark.parametrize(
    ("step", "kind"),
    [(step, kind) for step in STEPS for kind in EXPECTED]
    + [(step, "outline") for step in STEPS_OF_ONE],
)
def test_a_worker_killed_at_a_step_loses_and_doubles_nothing(machine, kind, step):
    begin, expected = EXPECTED[kind]
    machine.kill_worker()
    project = machine.call("POST", "/projects/", json={"title": f"{kind} {step}"})["id"]
    job_id = begin(machine, project)

    died = machine.worker_that_dies_at(step)
    assert machine.worker_ended() == -signal.SIGKILL
    assert died.read_text() == step
    machine.healthy_worker()
    job = machine.finished(job_id)

    assert job["status"] == "succeeded", job["error"]
    assert effects(machine, project) == expected
    calls = settled(machine, job_id)
    mine = {call["id"].__str__().replace("-", ""): call for call in calls}
    lines = [line for line in machine.bill() if line["callId"].replace("-", "") in mine]
    booked = [mine[line["callId"].replace("-", "")] for line in lines]
    assert len({call["id"] for call in booked}) == len(lines)  # one row for each line of the bill
    for line, call in zip(lines, booked, strict=True):
        if call["generation_id"]:
            assert call["cost_nusd"] == round(Decimal(str(line["costUsd"])) * 10**9)
    assert sum(call["hold_nusd"] for call in calls if call["status"] != "unknown") == 0
    machine.call("DELETE", f"/projects/{project}/")


def test_every_step_is_died_at():
    assert {*STEPS, *STEPS_OF_ONE} == set(steps.NAMES)


def test_every_line_of_the_bill_has_one_row_and_counters_equal_sums(machine):
    calls = machine.rows("SELECT * FROM ai_upstreamcall")
    known = {str(call["id"]).replace("-", "") for call in calls}
    lines = [line["callId"].replace("-", "") for line in machine.bill()]

    purses = machine.rows("SELECT * FROM ai_budget")

    assert len(lines) == len(set(lines))
    assert set(lines) <= known
    for digits in (len("2026-11"), len("2026-11-21"), len("all")):
        budget = [purse for purse in purses if len(purse["period"]) == digits]
        assert sum(b["spent_nusd"] for b in budget) == sum(c["cost_nusd"] or 0 for c in calls)
        assert sum(b["hold_nusd"] for b in budget) == sum(c["hold_nusd"] for c in calls)


def test_the_feed_has_no_gap(machine):
    for counter in machine.rows("SELECT * FROM scenes_feedcounter"):
        found = machine.rows(
            "SELECT seq FROM scenes_event WHERE project_id = ? ORDER BY seq", counter["project_id"]
        )
        assert [row["seq"] for row in found] == list(range(1, counter["last_seq"] + 1))


def test_a_worker_that_stood_still_finds_its_job_taken_and_changes_nothing(machine):
    machine.kill_worker()
    machine.healthy_worker()
    project = machine.call("POST", "/projects/", json={"title": "stopped"})["id"]
    # The chat alone: a look-up of an earlier test's bill would use the fault up.
    chat = {"endpoint": "chat"}
    machine.faults({"kind": "slow", "times": 1, "latency_s": 4, "match": chat})
    job_id = begin_outline(machine, project)
    # Stopped in its call, not in a write: SQLite has one writer, and a frozen one stops them all.
    sent = "SELECT id FROM ai_upstreamcall WHERE job_id = ? AND status = 'sent'"
    deadline = time.monotonic() + 10
    while not machine.rows(sent, machine.key(job_id)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(0.3)

    frozen = machine.stack.parts["worker"]
    machine.kill_worker(signal.SIGSTOP)
    machine.healthy_worker()  # a second worker takes over when the lease has run out
    job = machine.finished(job_id)
    frozen.process.send_signal(signal.SIGCONT)
    time.sleep(2)
    frozen.process.kill()
    frozen.process.wait(10)

    assert job["status"] == "succeeded"
    assert effects(machine, project)["outlines"] == 1
    assert machine.call("GET", f"/jobs/{job_id}/")["attempts"] == 2
