"""F5: the same ring again and again, and a worker that stands still and wakes up too late."""

import signal
import time
from typing import Final

from celery import Celery

from chaos.lab import Lab
from chaos.outcome import Outcome
from chaos.service import Service, until

RINGS: Final = 3
TASK: Final = "ai.run_job"
QUEUE: Final = "llm"
PROJECTS: Final = 5
STANDS_S: Final = 9.0  # more than two leases
_LATE_S: Final = 3.0


def run(lab: Lab) -> Outcome:
    """Ring three times for each job; then stop a worker in the middle of its calls."""
    jobs = lab.size(60, 500)
    outcome = Outcome(
        key="F5",
        title="every ring three times; SIGSTOP for longer than the lease",
        size=f"{jobs} outlines, 2 workers, stopped {STANDS_S:.0f} s at a lease of 4 s",
    )
    with lab.redis() as redis, lab.on_servers(redis) as service:
        service.start(workers=2)
        projects = [service.project() for _ in range(PROJECTS)]
        bell = Celery(broker=redis.url)
        for number in range(jobs):
            job_id = service.outline(projects[number % PROJECTS])
            for _ in range(RINGS - 1):
                bell.send_task(TASK, args=[job_id], queue=QUEUE)
        bell.close()
        until(lambda: not service.open_jobs(), "the jobs that were rung for three times")
        outcome.measured["rings"] = jobs * RINGS
        again = service.count("attempts <> 1")
        outcome.require(again == 0, f"{again} jobs were taken more than once")
        _stand_still(service, projects[0], outcome)
        outcome.broken += service.come_to_rest(60)
        twice = service.tables.rows(
            "SELECT job_id FROM ai_upstreamcall GROUP BY job_id, attempt HAVING count(*) > 1"
        )
        outcome.require(not twice, f"{len(twice)} attempts made more than one call")
    return outcome


def _stand_still(service: Service, project: str, outcome: Outcome) -> None:
    """Stop one worker inside its calls, let the other take them over, and wake it again."""
    service.faults({"kind": "slow", "times": 16, "seconds": 2.0})
    ids = [service.outline(project) for _ in range(16)]
    until(lambda: service.count("status = 'running'") > len(ids) // 2, "running jobs")
    frozen = service.workers[0]
    service.signal(frozen, signal.SIGSTOP)
    time.sleep(STANDS_S)
    until(lambda: not service.open_jobs(), "the other worker", 30)
    service.signal(frozen, signal.SIGCONT)
    time.sleep(_LATE_S)
    taken = service.count("attempts > 1")
    outcome.measured["taken over"] = taken
    outcome.require(taken > 0, "nothing was in flight when the worker was stopped")
