"""F5: rings that come again, jobs longer than the broker waits, and a worker that wakes up late."""

import signal
import time
from typing import Final

from celery import Celery

from canvas.stack import Part
from chaos.lab import Lab
from chaos.outcome import Outcome
from chaos.service import Service, until
from chaos.tables import key_of

# Look-ups of bills would use a fault up, too.
CHAT: Final = {"endpoint": "chat"}
RINGS: Final = 3
TASK: Final = "ai.run_job"
QUEUE: Final = "llm"
PROJECTS: Final = 5
VISIBILITY_S: Final = 2
LONG: Final = 24  # more than two workers take at once: some rings wait unacknowledged
FROZEN: Final = 16
AT_ONCE: Final = 4
MOST_TRIES: Final = 240
_LATE_S: Final = 3.0
# Others hold the lock for moments: who holds it at every look is the one that stands still.
LOOKS: Final = 8
_OTHERS_S: Final = 0.1
_FREE: Final = (
    "SELECT count(*) FROM (SELECT 1 FROM scenes_feedcounter WHERE project_id = ?"
    " FOR UPDATE SKIP LOCKED) AS free"
)
_SETTINGS: Final = {
    "DJANGO_SETTINGS_MODULE": "chaos.within.settings",
    "CHAOS_VISIBILITY_S": str(VISIBILITY_S),
}


def run(lab: Lab) -> Outcome:
    """Ring three times; let jobs outlast the visibility; stop a worker inside its calls."""
    jobs, stands_s = lab.size(60, 500), lab.size(9, 20)
    outcome = Outcome(
        key="F5",
        title="every ring three times; jobs of 3 visibility timeouts; SIGSTOP beyond the lease",
        size=f"{jobs} outlines, {LONG} of {3 * VISIBILITY_S} s, 2 workers,"
        f" stopped {stands_s} s at a lease of 4 s",
    )
    with lab.redis() as redis, lab.on_servers(redis, **_SETTINGS) as service:
        service.start(workers=2)
        projects = [service.project() for _ in range(PROJECTS)]
        _ring_thrice(service, projects, jobs, redis.url, outcome)
        _outlast(service, projects, outcome)
        _stand_still(service, projects[0], stands_s, outcome)
        _stop_in_a_write(service, projects[0], outcome)
        outcome.broken += service.come_to_rest(60)
        twice = service.tables.rows(
            "SELECT job_id FROM ai_upstreamcall GROUP BY job_id, attempt HAVING count(*) > 1"
        )
        outcome.require(not twice, f"{len(twice)} attempts made more than one call")
    return outcome


def _ring_thrice(
    service: Service, projects: list[str], jobs: int, broker: str, outcome: Outcome
) -> None:
    bell = Celery(broker=broker)
    for number in range(jobs):
        job_id = service.outline(projects[number % PROJECTS])
        for _ in range(RINGS - 1):
            bell.send_task(TASK, args=[job_id], queue=QUEUE)
    bell.close()
    until(lambda: not service.open_jobs(), "the jobs that were rung for three times")
    outcome.measured["rings"] = jobs * RINGS
    again = service.count("attempts <> 1")
    outcome.require(again == 0, f"{again} jobs were taken more than once")


def _outlast(service: Service, projects: list[str], outcome: Outcome) -> None:
    """Make calls that last three times as long as the broker waits for an acknowledgement."""
    service.faults({"kind": "slow", "times": LONG, "seconds": 3 * VISIBILITY_S, "match": CHAT})
    for number in range(LONG):
        service.outline(projects[number % PROJECTS])
    until(lambda: not service.open_jobs(), "the jobs that outlast the visibility")
    again = service.count("attempts <> 1")
    outcome.measured["long ones taken again"] = again
    outcome.require(again == 0, f"{again} long jobs were taken more than once")


def _stop_in_a_write(service: Service, project: str, outcome: Outcome) -> None:
    """Stop one worker while it holds the feed's lock: that must not hold up the other for ever."""
    frozen = service.workers[0]
    tries = next((n for n in range(1, MOST_TRIES) if _is_caught(service, project, frozen)), 0)
    outcome.require(tries, "no worker was stopped with the lock of a feed")
    started = time.monotonic()
    until(lambda: not service.open_jobs(), "the jobs beside a transaction that stands still")
    outcome.measured["stopped in a write"] = f"done after {time.monotonic() - started:.1f} s"
    service.signal(frozen, signal.SIGCONT)
    time.sleep(_LATE_S)


def _is_caught(service: Service, project: str, part: Part) -> bool:
    """Keep the worker busy and stop it; let it go on if it does not hold the feed's lock."""
    for _ in range(AT_ONCE):
        service.outline(project)
    service.signal(part, signal.SIGSTOP)
    for _ in range(LOOKS):
        time.sleep(_OTHERS_S)
        if service.tables.one(_FREE, key_of(project)):
            service.signal(part, signal.SIGCONT)
            return False
    return True


def _stand_still(service: Service, project: str, stands_s: float, outcome: Outcome) -> None:
    """Stop one worker inside its calls, let the other take them over, and wake it again."""
    service.faults({"kind": "slow", "times": FROZEN, "seconds": 2.0, "match": CHAT})
    for _ in range(FROZEN):
        service.outline(project)
    until(lambda: service.count("status = 'running'") > FROZEN // 2, "running jobs")
    frozen = service.workers[0]
    service.signal(frozen, signal.SIGSTOP)
    time.sleep(stands_s)
    until(lambda: not service.open_jobs(), "the other worker", 30)
    service.signal(frozen, signal.SIGCONT)
    time.sleep(_LATE_S)
    taken = service.count("attempts > 1")
    outcome.measured["taken over"] = taken
    outcome.require(taken > 0, "nothing was in flight when the worker was stopped")
