"""S1: how many model calls one worker process keeps in flight, with everything durable.

400 outlines are asked for in one transaction; the upstream takes two seconds for each. All at once
would be ideal. The time is from the commit to the end of the last job, as its row says. The peers
are plain Celery workers whose task is the bare call; of them it is from the first task sent to the
last answer given, and as the prefork worker would take a minute, it gets fewer.
"""

import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.figures import REPEATS, Figure, ms
from benchmarks.peers.environment import PeerError
from benchmarks.peers.plain_celery import PlainCelery, RedisServer
from benchmarks.processes import family_bytes, family_cpu_s
from benchmarks.replay import Speed
from benchmarks.service import EMBEDDED, MANY_SLOTS, Service
from benchmarks.upstream import Upstream
from benchmarks.ways import OUTLINE

LATENCY_S: Final = 2.0
JOBS: Final = 400
MEGABYTE: Final = 1_000_000
SAMPLE_EVERY_S: Final = 0.5
LONGEST_S: Final = 60.0
# pool -> slots, tasks
PLAIN: Final = {"prefork": (16, 96), "threads": (200, 400)}


@dataclass(frozen=True, slots=True)
class Round:
    """One repeat of one worker."""

    share: float
    """Of what all slots busy all the time would reach."""
    most_in_flight: float
    cpu_ms: float
    resident_mb: float
    proportional_mb: float


class Sampler:
    """Looks at a worker's memory from time to time; the largest counts."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._most = (0, 0)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._used_s = family_cpu_s([pid])
        self._thread.start()

    def over(self) -> tuple[float, float, float]:
        """Stop; give the processor time in ms, resident and proportional memory in MB."""
        used_s = family_cpu_s([self._pid]) - self._used_s
        self._over.set()
        self._thread.join()
        resident, proportional = self._most
        return ms(used_s), resident / MEGABYTE, proportional / MEGABYTE

    def _look(self) -> None:
        while not self._over.is_set():
            self._most = max(self._most, family_bytes(self._pid))
            self._over.wait(SAMPLE_EVERY_S)


def measure() -> Iterator[Figure]:
    """Measure embedded on SQLite; on PostgreSQL and Redis too, when both are given."""
    plain, failures = _plain()
    yield from _ours(plain, failures, broker=EMBEDDED, database="")
    broker, database = os.environ.get("CELERY_BROKER_URL", ""), os.environ.get("DATABASE_URL", "")
    if broker.startswith("redis") and database.startswith("postgres"):
        yield from _ours(plain, failures, broker=broker, database=database)


def _ours(
    plain: dict[str, list[Round]], failures: dict[str, str], *, broker: str, database: str
) -> Iterator[Figure]:
    with Service(
        speed=Speed(first_token_s=LATENCY_S), broker=broker, database=database, more_env=MANY_SLOTS
    ) as service:
        rounds = [_round(service) for _ in range(REPEATS)]
        where = service.where
    yield from _figures(rounds, plain, failures, where)


def _round(service: Service) -> Round:
    service.notes()
    sampler = Sampler(service.pid("worker"))
    try:
        told = service.within("burst", str(JOBS), OUTLINE["text"])
    finally:
        used = sampler.over()
    if told["succeeded"] != JOBS:
        raise RuntimeError(f"{told['succeeded']} of {JOBS} jobs succeeded")
    share = LATENCY_S / (told["ended"] - told["queued"])
    return _summed(share, service.notes(), JOBS, used)


def _summed(
    share: float, notes: dict[str, Any], count: int, used: tuple[float, float, float]
) -> Round:
    cpu_ms, resident_mb, proportional_mb = used
    return Round(
        share=share,
        most_in_flight=most_at_once([(note["arrived"], note["ended"]) for note in notes.values()]),
        cpu_ms=cpu_ms / count,
        resident_mb=resident_mb,
        proportional_mb=proportional_mb,
    )


def most_at_once(spans: Sequence[tuple[float, float | None]]) -> int:
    """Give how many spans of time overlapped at most; one without an end never ended."""
    changes = [(start, 1) for start, _ in spans]
    changes += [(end, -1) for _, end in spans if end is not None]
    most = now = 0
    for _, change in sorted(changes):
        now += change
        most = max(most, now)
    return most


def _plain() -> tuple[dict[str, list[Round]], dict[str, str]]:
    """Measure the plain workers; and say why one could not be."""
    rounds, failures = dict[str, list[Round]](), dict[str, str]()
    upstream = Upstream(Speed(first_token_s=LATENCY_S))
    try:
        for pool, (slots, tasks) in PLAIN.items():
            try:
                rounds[pool] = _plain_rounds(upstream, pool, slots=slots, tasks=tasks)
            except (PeerError, RuntimeError) as exc:
                failures[pool] = f"peer did not run: {exc}"
    finally:
        upstream.stop()
    return rounds, failures


def _plain_rounds(upstream: Upstream, pool: str, *, slots: int, tasks: int) -> list[Round]:
    question = {
        "model": "openai/gpt-4o-mini",
        "messages": [{"role": "user", "content": OUTLINE["text"]}],
    }
    with ExitStack() as stack:
        broker = stack.enter_context(RedisServer())
        worker = stack.enter_context(
            PlainCelery(
                pool=pool, slots=slots, broker_url=broker.url, upstream_url=upstream.base_url,
                question=question,
            )
        )  # fmt: skip
        _plain_round(upstream, worker, slots)  # every slot has its client now
        return [_plain_round(upstream, worker, tasks) for _ in range(REPEATS)]


def _plain_round(upstream: Upstream, worker: PlainCelery, tasks: int) -> Round:
    upstream.notes()
    sampler, started = Sampler(worker.pid), time.monotonic()
    try:
        worker.submit([f"task-{number}" for number in range(tasks)])
        while (done := upstream.ended()) < tasks:
            if time.monotonic() - started > LONGEST_S:
                raise RuntimeError(f"{worker.name}: {done} of {tasks} tasks were done")
            time.sleep(SAMPLE_EVERY_S)
    finally:
        used = sampler.over()
    notes = upstream.notes()
    ended = max(note["ended"] for note in notes.values())
    ideal_s = LATENCY_S * -(-tasks // worker.slots)
    return _summed(ideal_s / (ended - started), notes, tasks, used)


def _figures(
    rounds: list[Round], plain: dict[str, list[Round]], failures: dict[str, str], where: str
) -> Iterator[Figure]:
    def values(name: str, pool: str = "") -> list[float]:
        return [getattr(each, name) for each in (plain.get(pool, ()) if pool else rounds)]

    yield Figure(
        key="S1", name=f"model calls in flight in one worker process ({where})", unit="calls",
        values=values("most_in_flight"), target=400, at_least=True, peer="plain threads 200",
        peer_values=values("most_in_flight", "threads"), failure=failures.get("threads", ""),
    )  # fmt: skip
    shown = {"prefork": "plain prefork 16", "threads": "plain threads 200"}
    for pool, peer in shown.items():
        yield Figure(
            key="S1", name=f"{JOBS} jobs at once, share of the ideal ({where})", unit="",
            values=values("share"), target=0.75, at_least=True, peer=peer,
            peer_values=values("share", pool), failure=failures.get(pool, ""),
        )  # fmt: skip
        yield Figure(
            key="S1", name=f"CPU of the worker for each job ({where})", unit="ms",
            values=values("cpu_ms"), target=8.0, peer=peer,
            peer_values=values("cpu_ms", pool), failure=failures.get(pool, ""),
        )  # fmt: skip
    for words, name in (("resident", "resident_mb"), ("shared pages by share", "proportional_mb")):
        yield Figure(
            key="S1", name=f"memory of the worker, {words} ({where})", unit="MB",
            values=values(name), target_ratio=0.2, peer=shown["prefork"],
            peer_values=values(name, "prefork"), failure=failures.get("prefork", ""),
        )  # fmt: skip
