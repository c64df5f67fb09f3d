"""`make demo` tells the truth: right is 0, anything else names the step."""

import json
import subprocess
import sys

import pytest

from canvas.stack import BASE_DIR
from tests.survival.machine import Machine

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    service = Machine(tmp_path_factory.mktemp("demo"))
    run_file = service.folder / "run.json"
    run_file.write_text(json.dumps({**service.account, "baseUrl": service.stack.base_url}))
    yield service
    service.stop()


def demo(machine, *options, patience="20"):
    report = machine.folder / "report.json"
    report.unlink(missing_ok=True)
    done = subprocess.run(
        [
            sys.executable, "-m", "demo", "--service", str(machine.folder / "run.json"),
            "--report", str(report), "--patience", patience, *options,
        ],
        cwd=BASE_DIR, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    found = json.loads(report.read_text()) if report.exists() else {}
    return done, found


def test_the_demo_reports_what_is_really_there(machine):
    done, report = demo(machine)

    assert done.returncode == 0, done.stderr + machine.last_lines()
    assert report["ok"] is True
    assert report["simulated"] is True
    assert "answers are simulated" in done.stdout
    project = machine.key(report["projectId"])
    for table, ids in (
        ("scenes_scene", "sceneIds"),
        ("scenes_bibleentry", "entryIds"),
        ("scenes_visualasset", "assetIds"),
        ("ai_job", "jobIds"),
        ("ai_chatmessage", "messageIds"),
    ):
        found = machine.rows(f"SELECT id FROM {table} WHERE project_id = ?", project)
        stored = {str(row["id"]).replace("-", "") for row in found}
        assert stored == {key.replace("-", "") for key in report[ids]}, table
    calls = machine.rows("SELECT * FROM ai_upstreamcall WHERE project_id = ?", project)
    assert round(float(report["costUsd"]) * 10**9) == sum(call["cost_nusd"] for call in calls)
    assert report["tokens"]["prompt"] == sum(call["prompt_tokens"] for call in calls)
    assert report["tokens"]["completion"] == sum(call["completion_tokens"] for call in calls)


def test_another_screenplay_gives_other_scenes(machine, tmp_path):
    script = tmp_path / "winter.txt"
    script.write_text(
        "INT. GREENHOUSE - DAY\n\nANNA waters a dead tree.\n\n"
        "EXT. RAILWAY YARD - NIGHT\n\nPavel runs along the rails. Snow.\n",
        encoding="utf-8",
    )

    done, report = demo(machine, "--script", str(script))

    assert done.returncode == 0, done.stderr
    assert report["counts"]["outlineScenes"] == 2
    assert "Greenhouse" in done.stdout
    assert "Railway Yard" in done.stdout


def test_a_fault_upstream_fails_the_demo_and_names_the_step(machine):
    machine.faults({"kind": "status", "status": 401, "times": 20})

    done, report = demo(machine)
    machine.faults()

    assert done.returncode == 1
    assert report["failedStep"] == "outline"
    assert "FAILED at step “outline”" in done.stderr


def test_a_stopped_worker_fails_the_demo_and_names_the_step(machine):
    machine.kill_worker()

    done, report = demo(machine, patience="3")

    assert done.returncode == 1
    assert (report["ok"], report["failedStep"]) == (False, "outline")
    assert "is a worker running?" in done.stderr
    machine.healthy_worker()
