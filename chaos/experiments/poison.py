"""F4: one job harms whatever worker takes it; it must end, and its neighbours must not mind.

Four poisons: whoever takes it is killed, as by a crash of native code; it eats until the process
may have no more memory; it eats until the system kills the process; it never comes to an end.
"""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from canvas.stack import Part
from chaos.lab import Lab
from chaos.outcome import Outcome
from chaos.service import Service, process_of

SLOW: Final = {"kind": "slow", "times": None, "seconds": 2.0}
# The one that is killed must still be in its call when the killer looks.
SLOWER: Final = SLOW | {"seconds": 20.0, "match": {"contains": "Poison."}}
PROJECTS: Final = 5
CRASHES: Final = 3
AT: Final = 4  # early, so that its neighbours are in flight with it
KILLS_AFTER_S: Final = 0.3  # well inside its call
LONGEST_JOB_S: Final = 8.0
MOST_MAPPED_BYTES: Final = 3 * 1024**3
MOST_RESIDENT_BYTES: Final = 1024**3
_SETTINGS: Final = {"DJANGO_SETTINGS_MODULE": "chaos.within.settings", "CHAOS_POISON": "1"}
_LOOK_S: Final = 0.05
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")

# Says of a worker, asked again and again, whether the system kills it now.
MustDie = Callable[[Part], bool]


@dataclass(frozen=True, slots=True)
class _Poison:
    """One harm: what the outline says, how its workers run, and what the job's error must say."""

    name: str
    text: str
    env: dict[str, str]
    reason: str
    kills: "Callable[[Service, str], MustDie] | None" = None


def run(lab: Lab) -> Outcome:
    """Queue each poison among ordinary jobs that take longer than it needs to harm."""
    jobs = lab.size(16, 100)
    outcome = Outcome(
        key="F4",
        title="a job that kills its worker, eats 4 GB, or never ends",
        size=f"{len(POISONS)} poisons, each 1 among {jobs} outlines of 2 s, 1 worker, embedded",
    )
    for poison in POISONS:
        with lab.embedded(**poison.env) as service:
            _take(service, poison, jobs, outcome)
    return outcome


def _take(service: Service, poison: _Poison, jobs: int, outcome: Outcome) -> None:
    service.start()
    service.faults(SLOWER, SLOW)
    projects = [service.project() for _ in range(PROJECTS)]
    poisoned = ""
    for number in range(jobs):
        service.outline(projects[number % PROJECTS])
        if number == AT:
            poisoned = service.outline(projects[0], f"INT. CELLAR - NIGHT\n\n{poison.text}")
    deaths = _watch(service, poisoned, poison)
    outcome.broken += [f"{poison.name}: {each}" for each in service.come_to_rest(60)]
    job = service.job(poisoned)
    innocent = service.count("status <> 'succeeded'") - (job["status"] != "succeeded")
    outcome.measured[poison.name] = (
        f"{job['status']} after {job['attempts']} attempts and {deaths} deaths,"
        f" {innocent} neighbours failed, {service.count('attempts > 1') - (job['attempts'] > 1)}"
        " done again"
    )
    outcome.require(job["status"] == "failed", f"{poison.name}: the job is {job['status']}")
    outcome.require(
        poison.reason in str(job["error"]), f"{poison.name}: its error says {job['error']}"
    )
    outcome.require(job["attempts"] <= CRASHES, f"{poison.name}: tried {job['attempts']} times")
    outcome.require(innocent == 0, f"{poison.name}: {innocent} neighbours failed with it")


def _watch(service: Service, poisoned: str, poison: _Poison) -> int:
    """Play the system until the job has ended: kill who must die, start others; count them."""
    must_die = poison.kills(service, poisoned) if poison.kills else lambda _: False
    deaths, deadline = 0, time.monotonic() + 60

    while not service.has_ended(poisoned) and time.monotonic() < deadline:
        deaths += service.gone()
        for part in list(service.workers):
            if must_die(part):
                service.signal(part, signal.SIGKILL)
                service.start_worker()
                deaths += 1
        time.sleep(_LOOK_S)
    return deaths


def _whoever_takes_it(service: Service, poisoned: str) -> MustDie:
    """Kill the worker that has the job, a moment after it took it."""
    since: dict[str, float] = {}

    def must_die(part: Part) -> bool:
        job = service.job(poisoned)
        if job["status"] != "running" or _pid(job["worker"]) != process_of(part).pid:
            return False
        return time.monotonic() >= since.setdefault(job["fence"], time.monotonic()) + KILLS_AFTER_S

    return must_die


def _whoever_is_too_fat(_service: Service, _poisoned: str) -> MustDie:
    """Kill a worker with more memory than it may have, as the kernel does."""

    def must_die(part: Part) -> bool:
        try:
            pages = Path(f"/proc/{process_of(part).pid}/statm").read_text(encoding="ascii")
        except OSError:
            return False
        return len(pages.split()) > 1 and int(pages.split()[1]) * _PAGE_BYTES > MOST_RESIDENT_BYTES

    return must_die


def _pid(worker: str) -> int:
    return int(worker.rpartition(":")[2] or 0)


POISONS: Final = (
    _Poison("killed", "Poison.", {}, "worker-lost", _whoever_takes_it),
    _Poison(
        "eats to the limit",
        "Poison that eats.",
        _SETTINGS | {"CHAOS_MEMORY_BYTES": str(MOST_MAPPED_BYTES)},
        "worker-lost",
    ),
    _Poison(
        "eats until killed", "Poison that eats.", _SETTINGS, "worker-lost", _whoever_is_too_fat
    ),
    _Poison(
        "never ends",
        "Poison that spins.",
        _SETTINGS | {"JOB_LONGEST_S": str(LONGEST_JOB_S)},
        "took-too-long",
    ),
)
