"""F1 and F2: workers, and the web process too, are killed at random while outlines are made."""

import contextlib
import signal
import time
from collections import Counter
from typing import Final

from chaos.lab import Lab
from chaos.outcome import Outcome
from chaos.service import CLEAN_REFUSALS, Service, process_of, until

SLOW: Final = {"kind": "slow", "times": None, "seconds": 1.2}
PROJECTS: Final = 5
# Before new jobs, and between them and the kill: together 1 to 3 s, the calls in flight at its end.
QUIET_S: Final = (0.8, 2.0)
IN_FLIGHT_S: Final = (0.1, 0.9)
ACCEPTED: Final = 202
# How long a kill waits for its victim to take a job; a worker that has just begun needs seconds.
_IDLE_S: Final = 10.0


def on_servers(lab: Lab) -> Outcome:
    """F1: PostgreSQL and Redis, several workers."""
    jobs, kills, workers = lab.size(80, 1_000), lab.size(10, 200), lab.size(2, 4)
    outcome = Outcome(
        key="F1",
        title="SIGKILL of workers, PostgreSQL and Redis",
        size=f"{jobs} outlines, {kills} kills, {workers} workers",
    )
    with lab.redis() as redis, lab.on_servers(redis) as service:
        service.start(workers=workers)
        service.faults(SLOW)
        projects = [service.project() for _ in range(PROJECTS)]
        in_flight = 0
        for turn in range(kills):
            time.sleep(lab.chance.uniform(*QUIET_S))
            for number in _share(jobs, turn, kills):
                service.outline(projects[number % PROJECTS])
            in_flight += _kill_a_worker(lab, service)
        outcome.broken += service.come_to_rest(lab.size(60, 600))
        outcome.require(in_flight >= kills // 2, f"the kills hit {in_flight} calls only")
        _count(service, outcome, asked=jobs, in_flight=in_flight)
    return outcome


def embedded(lab: Lab) -> Outcome:
    """F2: SQLite without a broker; the web process dies too, while requests come in."""
    jobs, kills = lab.size(40, 150), lab.size(8, 40)
    outcome = Outcome(
        key="F2",
        title="SIGKILL of worker and web, embedded",
        size=f"{jobs} outlines, {kills} kills, 1 worker",
    )
    answers: Counter[int] = Counter()
    with lab.embedded() as service:
        service.start()
        service.faults(SLOW)
        projects = [service.project() for _ in range(PROJECTS)]
        in_flight = 0
        for turn in range(kills):
            time.sleep(lab.chance.uniform(*QUIET_S))
            for number in _share(jobs, turn, kills):
                answers[service.try_outline(projects[number % PROJECTS])] += 1
            if lab.chance.random() < 1 / 3:
                time.sleep(lab.chance.uniform(*IN_FLIGHT_S))
                service.restart_web()
                service.await_web()
            else:
                in_flight += _kill_a_worker(lab, service)
        outcome.broken += service.come_to_rest(lab.size(60, 300))
        refused = set(answers) - {ACCEPTED, 0} - CLEAN_REFUSALS
        outcome.require(not refused, f"answers {dict(answers)}")
        outcome.require(in_flight >= kills // 2, f"the kills hit {in_flight} calls only")
        _count(service, outcome, asked=answers[ACCEPTED], in_flight=in_flight)
    return outcome


def _share(jobs: int, turn: int, turns: int) -> range:
    """Give the numbers of the jobs that are asked for before one kill."""
    return range(turn * jobs // turns, (turn + 1) * jobs // turns)


def _kill_a_worker(lab: Lab, service: Service) -> int:
    """Wait until it works, kill one worker, start another; give how many calls it was in."""
    victim = lab.chance.choice(service.workers)
    name = f"%:{process_of(victim).pid}"
    running = "SELECT count(*) FROM ai_job WHERE status = 'running' AND worker LIKE ?"
    with contextlib.suppress(TimeoutError):  # the others may have taken all there is
        until(lambda: service.tables.one(running, name), "a job of the victim's", _IDLE_S)
    time.sleep(lab.chance.uniform(*IN_FLIGHT_S))
    service.signal(victim, signal.SIGKILL)
    in_flight = int(service.tables.one(running, name))
    service.start_worker()
    return in_flight


def _count(service: Service, outcome: Outcome, *, asked: int, in_flight: int) -> None:
    """Count what was lost, given up and asked twice."""
    found = service.count("kind = 'outline'")
    done = service.count("status = 'succeeded'")
    gave_up = service.count("status = 'failed' AND crashes >= 3")
    calls = int(service.tables.one("SELECT count(*) FROM ai_upstreamcall"))
    owed = int(service.tables.one("SELECT count(*) FROM ai_upstreamcall WHERE status = 'unknown'"))
    outcome.measured |= {
        "accepted": asked,
        "succeeded": done,
        "killed three times": gave_up,
        "in flight at kills": in_flight,
        "calls": calls,
        "owed": owed,
    }
    outcome.require(found >= asked, f"{asked - found} accepted jobs are not in the table")
    outcome.require(done + gave_up == found, f"{found - done - gave_up} jobs failed otherwise")
    outcome.require(calls - found <= in_flight, f"{calls - found} calls were repeated")
