"""F7: Redis dies and comes back, and forgets everything, while outlines are asked for."""

import time
from collections import Counter
from typing import Final

from chaos.lab import Lab
from chaos.outcome import Outcome
from chaos.service import CLEAN_REFUSALS, Service, until

SLOW: Final = {"kind": "slow", "times": None, "seconds": 0.3}
ACCEPTED: Final = 202
WITHIN_S: Final = 10.0
AWAY_S: Final = (0.5, 3.0)


def run(lab: Lab) -> Outcome:
    """Kill and flush in turn; every answer is 202 or a clean 503, and nobody stays deaf."""
    deaths, flushes, burst = lab.size(3, 10), lab.size(2, 10), lab.size(5, 20)
    outcome = Outcome(
        key="F7",
        title="SIGKILL and restart of Redis, FLUSHALL",
        size=f"{deaths} deaths, {flushes} flushes, 2 workers",
    )
    answers: Counter[int] = Counter()
    slowest_s, ended = 0.0, 0
    with lab.redis() as redis, lab.on_servers(redis) as service:
        service.start(workers=2)
        service.faults(SLOW)
        project = service.project()
        acts = ["death"] * deaths + ["flush"] * flushes
        lab.chance.shuffle(acts)
        for act in acts:
            _ask(service, project, burst, answers)
            if act == "flush":
                redis.flush()
                continue
            redis.kill()
            slowest_s = max(slowest_s, _ask(service, project, burst, answers))
            time.sleep(lab.chance.uniform(*AWAY_S))
            redis.start()
            outcome.measured["consumed again after s"] = _consumes_again(service, project, outcome)
            ended += service.gone()
        outcome.broken += service.come_to_rest(60)
        outcome.measured |= {"answers": dict(answers), "slowest POST s": round(slowest_s, 1)}
        outcome.require(set(answers) <= {ACCEPTED} | CLEAN_REFUSALS, f"answers {dict(answers)}")
        outcome.measured["workers that ended"] = ended
        outcome.require(ended == 0, f"{ended} workers ended by themselves")
        found = service.count("status = 'succeeded'")
        outcome.measured["succeeded"] = found
        outcome.require(found >= answers[ACCEPTED], "accepted jobs did not succeed")
    return outcome


def _ask(service: Service, project: str, count: int, answers: Counter[int]) -> float:
    """Ask for outlines; give the time that the slowest answer took, in seconds."""
    slowest_s = 0.0
    for _ in range(count):
        started = time.monotonic()
        answers[service.try_outline(project)] += 1
        slowest_s = max(slowest_s, time.monotonic() - started)
    return slowest_s


def _consumes_again(service: Service, project: str, outcome: Outcome) -> float:
    """Give how long after Redis came back a new job was done, in seconds."""
    started = time.monotonic()
    job_id = service.outline(project)
    try:
        until(lambda: service.job(job_id)["status"] == "succeeded", "a job after the restart", 30)
    except TimeoutError as exc:
        outcome.broken.append(str(exc))
    seconds = time.monotonic() - started
    outcome.require(seconds <= WITHIN_S, f"workers consumed again only after {seconds:.1f} s")
    longest: float = max(seconds, outcome.measured.get("consumed again after s", 0.0))
    return round(longest, 1)
