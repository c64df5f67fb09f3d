"""SIGKILL of the worker while it exports: one file is shown, whole, and nothing else."""

import hashlib
import signal

import httpx
import pytest

from tests.survival.machine import Machine

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    service = Machine(tmp_path_factory.mktemp("service"))
    yield service
    service.stop()


@pytest.mark.parametrize("step", ["claimed", "before-commit", "after-commit", "before-ack"])
def test_a_worker_killed_at_a_step_leaves_one_whole_export(machine, step):
    machine.kill_worker()
    project = machine.call("POST", "/projects/", json={"title": step})["id"]
    machine.call("POST", f"/projects/{project}/scenes/", json={"title": "Dawn"})
    job_id = machine.call("POST", f"/projects/{project}/exports/", json={"format": "json"})["id"]

    died = machine.worker_that_dies_at(step)
    assert machine.worker_ended() == -signal.SIGKILL
    assert died.read_text() == step
    machine.healthy_worker()
    job = machine.finished(job_id)

    shown = machine.call("GET", f"/projects/{project}/exports/")["results"]
    file = httpx.get(job["result"]["url"], timeout=30)
    assert (job["status"], job["costUsd"]) == ("succeeded", "0")
    assert [one["id"] for one in shown] == [job["result"]["exportId"]]
    assert file.status_code == 200
    assert hashlib.sha256(file.content).hexdigest() == shown[0]["sha256"]
    assert machine.bill() == []
    machine.call("DELETE", f"/projects/{project}/")
