"""F7: Redis dies, forgets, stands still or throws out keys, while outlines are asked for."""

import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Final

from chaos.lab import Lab
from chaos.outcome import Outcome
from chaos.servers import RedisServer
from chaos.service import CLEAN_REFUSALS, Service, until

SLOW: Final = {"kind": "slow", "times": None, "seconds": 0.3}
ACCEPTED: Final = 202
WITHIN_S: Final = 10.0
AWAY_S: Final = (0.5, 3.0)
# A POST may wait for a Redis that says nothing: for the bell, the bus and the count of requests.
LONGEST_POST_S: Final = 5.0

# Asks for outlines in the middle of an act.
Ask = Callable[[], None]


def run(lab: Lab) -> Outcome:
    """Do all of it in an order by chance; answers are 202 or a clean 503, nobody stays deaf."""
    deaths, flushes, crowds = lab.size(3, 10), lab.size(2, 10), lab.size(1, 5)
    stall_s = lab.size(8, 30)
    outcome = Outcome(
        key="F7",
        title="SIGKILL and restart of Redis, FLUSHALL, eviction, SIGSTOP",
        size=f"{deaths} deaths, {flushes} flushes, {crowds} evictions, 1 stall of {stall_s} s,"
        " 2 workers",
    )
    with lab.redis() as redis, lab.on_servers(redis) as service:
        service.start(workers=2)
        service.faults(SLOW)
        crowd = _Crowd(service, lab.size(5, 20))
        acts = [
            *[partial(_die, redis, lab)] * deaths,
            *[partial(_forget, redis)] * flushes,
            *[partial(_evict, redis, outcome)] * crowds,
            partial(_stall, redis, stall_s),
        ]
        lab.chance.shuffle(acts)
        for act in acts:
            crowd.ask()
            act(crowd.ask)
            _consumes_again(service, crowd.project, outcome)
            crowd.ended += service.gone()
        outcome.broken += service.come_to_rest(60)
        crowd.judge(outcome)
    return outcome


def _die(redis: RedisServer, lab: Lab, ask: Ask) -> None:
    redis.kill()
    ask()
    time.sleep(lab.chance.uniform(*AWAY_S))
    redis.start()


def _forget(redis: RedisServer, ask: Ask) -> None:
    redis.flush()
    ask()


def _evict(redis: RedisServer, outcome: Outcome, ask: Ask) -> None:
    gone = redis.crowd()
    ask()
    redis.relieve()
    outcome.measured["keys evicted"] = gone
    outcome.require(gone > 0, "nothing was evicted")


def _stall(redis: RedisServer, seconds: float, ask: Ask) -> None:
    over_at = time.monotonic() + seconds
    redis.pause()
    try:
        ask()
        time.sleep(max(over_at - time.monotonic(), 0.0))
    finally:
        redis.resume()


def _consumes_again(service: Service, project: str, outcome: Outcome) -> None:
    """Measure how long after Redis is back a new job is done."""
    started = time.monotonic()
    job_id = service.outline(project)
    try:
        until(lambda: service.job(job_id)["status"] == "succeeded", "a job after the restart", 30)
    except TimeoutError as exc:
        outcome.broken.append(str(exc))
    seconds = time.monotonic() - started
    outcome.require(seconds <= WITHIN_S, f"workers consumed again only after {seconds:.1f} s")
    longest_s = max(seconds, outcome.measured.get("consumed again after s", 0.0))
    outcome.measured["consumed again after s"] = round(longest_s, 1)


class _Crowd:
    """Asks for outlines, and keeps what it was answered."""

    def __init__(self, service: Service, burst: int) -> None:
        self.project = service.project()
        self.ended = 0
        self._service, self._burst = service, burst
        self._answers: Counter[int] = Counter()
        self._slowest_s = 0.0

    def ask(self) -> None:
        """Ask for some outlines, one after the other."""
        for _ in range(self._burst):
            started = time.monotonic()
            self._answers[self._service.try_outline(self.project)] += 1
            self._slowest_s = max(self._slowest_s, time.monotonic() - started)

    def judge(self, outcome: Outcome) -> None:
        """Compare the answers with the table."""
        found = self._service.count("status = 'succeeded'")
        outcome.measured |= {
            "answers": dict(self._answers),
            "slowest POST s": round(self._slowest_s, 1),
            "workers that ended": self.ended,
            "succeeded": found,
        }
        refused = set(self._answers) - {ACCEPTED} - CLEAN_REFUSALS
        outcome.require(not refused, f"answers {dict(self._answers)}")
        outcome.require(self._slowest_s <= LONGEST_POST_S, f"a POST took {self._slowest_s:.1f} s")
        outcome.require(self.ended == 0, f"{self.ended} workers ended by themselves")
        outcome.require(found >= self._answers[ACCEPTED], "accepted jobs did not succeed")
