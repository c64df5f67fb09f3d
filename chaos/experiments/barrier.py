"""F13: many processes and threads take the last of something at one moment.

Cents of the budget, pictures, projects and scenes of the plan; a plan has no limit of members.
"""

import json
import os
import subprocess
import sys
from typing import Final

from canvas.stack import BASE_DIR
from chaos.auditor import audit
from chaos.lab import Lab
from chaos.outcome import Outcome
from chaos.tables import Tables, key_of
from chaos.within.cents import CENT_NUSD

THREADS: Final = 8
LIMIT_COLUMNS: Final = {
    "pictures": "images_a_month",
    "projects": "max_projects",
    "scenes": "max_scenes_per_project",
}
PRESENT: Final = {
    "pictures": "SELECT coalesce(sum(images), 0) FROM ai_budget",
    "projects": "SELECT count(*) FROM scenes_project",
    "scenes": "SELECT count(*) FROM scenes_scene",
}


def run(lab: Lab) -> Outcome:
    """Grab on both databases, and count what was got against what there was."""
    processes, times = lab.size(3, 8), lab.size(8, 16)
    takers = processes * THREADS * times
    left = takers // 10
    outcome = Outcome(
        key="F13",
        title="the last cents, pictures, projects and scenes, from behind a barrier",
        size=f"{takers} takers of {left}, {processes} processes x {THREADS} threads",
    )
    for engine, database in (("PostgreSQL", lab.postgres()), ("SQLite", lab.sqlite())):
        tables = Tables(database)
        env = lab.environment(database)
        workspace = key_of(lab.account(database)["workspaceId"])
        _seed(env)
        for what in ("cents", *LIMIT_COLUMNS):
            _limit(tables, workspace, what, left)
            got = _grab(env, what, processes, times)
            outcome.measured[f"{engine} {what}"] = f"{got} of {left}"
            outcome.require(got == left, f"{engine}: got {got} {what} where {left} were left")
        outcome.broken += audit(tables, [])
    return outcome


def _seed(env: dict[str, str]) -> None:
    """Make a project and a finished job whose ledger the cents are booked in."""
    subprocess.run(
        [sys.executable, "-m", "chaos.within.seed"], cwd=BASE_DIR, env=os.environ | env, check=True
    )


def _limit(tables: Tables, workspace: str, what: str, left: int) -> None:
    """Set the limit so that so many more fit."""
    if what == "cents":
        tables.write(
            "UPDATE workspaces_workspace SET budget_nusd_a_month = ? WHERE id = ?",
            left * CENT_NUSD + CENT_NUSD - 1,
            workspace,
        )
        return
    present = int(tables.one(PRESENT[what]))
    column = LIMIT_COLUMNS[what]
    tables.write(f"UPDATE workspaces_plan SET {column} = ?", present + left)  # noqa: S608 our own word


def _grab(env: dict[str, str], what: str, processes: int, times: int) -> int:
    """Start the takers, let them go at once, and add up what they got."""
    takers = [
        subprocess.Popen(  # noqa: S603 our own command
            [sys.executable, "-m", "chaos.within.grab", what, str(THREADS), str(times)],
            cwd=BASE_DIR,
            env=os.environ | env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(processes)
    ]
    try:
        for each in takers:
            _line(each)
        for each in takers:
            _nod(each)
        got = sum(int(json.loads(_line(each))["got"]) for each in takers)
        for each in takers:
            _nod(each)
            each.wait(60)
    finally:
        for each in takers:
            each.kill()
    return got


def _line(taker: "subprocess.Popen[str]") -> str:
    assert taker.stdout is not None  # noqa: S101 a pipe
    return taker.stdout.readline()


def _nod(taker: "subprocess.Popen[str]") -> None:
    assert taker.stdin is not None  # noqa: S101 a pipe
    taker.stdin.write("\n")
    taker.stdin.flush()
