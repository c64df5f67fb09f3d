"""F4: one job kills whatever worker takes it; it must end, and its neighbours must not mind.

The killer stands outside: as soon as the table says who runs the poison, that process dies.
"""

import os
import signal
import time
from typing import Final

from chaos.lab import Lab
from chaos.outcome import Outcome
from chaos.service import Service, process_of, until

SLOW: Final = {"kind": "slow", "times": None, "seconds": 2.0}
PROJECTS: Final = 5
CRASHES: Final = 3
AT: Final = 4  # early, so that its neighbours are in flight with it


def run(lab: Lab) -> Outcome:
    """Queue the poison among ordinary jobs that take longer than it needs to kill."""
    jobs = lab.size(30, 100)
    outcome = Outcome(
        key="F4",
        title="a poison job that kills its worker",
        size=f"1 among {jobs} outlines of 2 s, 1 worker, embedded",
    )
    with lab.embedded() as service:
        service.start()
        service.faults(SLOW)
        projects = [service.project() for _ in range(PROJECTS)]
        poison = ""
        for number in range(jobs):
            service.outline(projects[number % PROJECTS])
            if number == AT:
                poison = service.outline(projects[0], "INT. CELLAR - NIGHT\n\nPoison.")
        kills = _kill_who_takes(service, poison)
        outcome.broken += service.come_to_rest(90)
        job = service.job(poison)
        innocent = service.count("status <> 'succeeded'") - (job["status"] != "succeeded")
        hurt = service.count("status = 'succeeded' AND crashes > 0")
        outcome.measured |= {"kills": kills, "neighbours done again": hurt}
        outcome.measured["neighbours failed"] = innocent
        outcome.require(job["status"] == "failed", f"the poison job is {job['status']}")
        outcome.require("worker-lost" in str(job["error"]), "its error does not say why")
        outcome.require(kills == CRASHES, f"it was tried {kills} times")
        outcome.require(innocent == 0, f"{innocent} neighbours failed with it")
    return outcome


def _kill_who_takes(service: Service, poison: str) -> int:
    kills, deadline = 0, time.monotonic() + 60

    def has_ended_or_runs() -> bool:
        job = service.job(poison)
        return job["status"] == "failed" or (job["status"] == "running" and _pid(job) in _alive())

    def _alive() -> set[int]:
        return {process_of(part).pid for part in service.workers}

    while time.monotonic() < deadline:
        until(has_ended_or_runs, "the poison job's next run")
        job = service.job(poison)
        if job["status"] == "failed":
            break
        time.sleep(0.3)  # well inside its call
        for part in list(service.workers):
            if process_of(part).pid == _pid(job):
                service.signal(part, signal.SIGKILL)
                service.start_worker()
                kills += 1
    return kills


def _pid(job: dict[str, object]) -> int:
    return int(str(job["worker"]).rpartition(":")[2] or os.getpid())
