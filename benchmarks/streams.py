"""S3 and S4: what a stream of events adds to the upstream's own first and later words.

A browser listens to a project's events and posts a message; its first words are timed from the
POST, so everything is in it: the request, the job, the ledger, the upstream, the feed. The direct
reader asks the upstream the very same question. Later words are timed piece by piece, from leaving
the upstream to being read.
"""

import asyncio
import os
import statistics
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

import httpx

from benchmarks.browser import Seen, ask, watch
from benchmarks.figures import REPEATS, Figure, ms, percentile
from benchmarks.processes import cpu_s
from benchmarks.service import PATIENCE_S, Service
from benchmarks.upstream import Speed

# A piece is 4 tokens, so each stream gets ten pieces a second for about two seconds.
SPEED: Final = Speed(first_token_s=0.3, tokens_per_second=40)
MANY: Final = 50
ALONE: Final = 3
SPREAD_S: Final = 2.5


@dataclass(frozen=True, slots=True)
class Round:
    """One repeat: medians in ms, and the processor time that web and worker took."""

    first_ms: float
    delay_ms: float
    delay_p99_ms: float
    cpu_s: float = 0.0
    pieces: int = 0


Reader = Callable[[asyncio.Barrier, float], Awaitable[Seen]]


def measure() -> Iterator[Figure]:
    """Measure one stream, fifty that start one after the other, and fifty at once."""
    with Service(speed=SPEED, database=os.environ.get("DATABASE_URL", "")) as service:
        alone = _measure(service, 1, 0)
        spread = _measure(service, MANY, SPREAD_S)
        burst = _measure(service, MANY, 0)
    yield from _first("1 stream", alone, target=15.0)
    yield from _first(f"{MANY} streams, starts spread over {SPREAD_S} s", spread, target=20.0)
    yield from _first(f"{MANY} streams, all started at once", burst, target=20.0)
    yield from _later("1 stream", alone, targets=(None, None))
    yield from _later(f"{MANY} streams", spread, targets=(3.0, 15.0))
    through, _ = spread
    yield Figure(
        key="S5", name=f"CPU of web and worker per 1,000 tokens, whole turns, {MANY} streams",
        unit="ms", values=[ms(each.cpu_s) / (each.pieces * 4 / 1_000) for each in through],
        target=200.0,
    )  # fmt: skip


def _measure(service: Service, count: int, spread_s: float) -> tuple[list[Round], list[Round]]:
    """Repeat through the service and directly, in turns."""
    through, direct = [], []
    for _ in range(REPEATS):
        through.append(asyncio.run(_through(service, count, spread_s)))
        direct.append(asyncio.run(_direct(service, count, spread_s)))
    return through, direct


async def _through(service: Service, count: int, spread_s: float) -> Round:
    rounds = ALONE if count == 1 else 1
    waves = [service.projects(count) for _ in range(rounds)]
    pids = [service.pid("web"), service.pid("worker")]
    before = sum(map(cpu_s, pids))
    headers = {"Authorization": f"Bearer {service.token}"}
    seen: dict[str, Seen] = {}
    async with _client(service.api_url, headers) as http:
        for project_ids in waves:
            readers = [_watcher(http, project_id) for project_id in project_ids]
            seen |= dict(zip(project_ids, await _together(readers, spread_s), strict=True))
    return _summed(service, seen, sum(map(cpu_s, pids)) - before)


async def _direct(service: Service, count: int, spread_s: float) -> Round:
    assert service.upstream is not None  # noqa: S101 started
    body = service.upstream.last_request()
    headers = {"Authorization": "Bearer sk-or-x"}
    rounds = ALONE if count == 1 else 1
    seen: dict[str, Seen] = {}
    async with _client(service.upstream.base_url, headers) as http:
        for _ in range(rounds):
            names = [str(uuid4()) for _ in range(count)]
            readers = [_asker(http, {**body, "session_id": name}) for name in names]
            seen |= dict(zip(names, await _together(readers, spread_s), strict=True))
    return _summed(service, seen, 0.0)


def _client(base_url: str, headers: dict[str, str]) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    return httpx.AsyncClient(
        base_url=base_url, headers=headers, limits=limits, timeout=PATIENCE_S, trust_env=False
    )


def _watcher(http: httpx.AsyncClient, project_id: str) -> Reader:
    return lambda opened, after_s: watch(http, project_id, opened, after_s)


def _asker(http: httpx.AsyncClient, body: dict[str, object]) -> Reader:
    return lambda opened, after_s: ask(http, body, opened, after_s)


async def _together(readers: list[Reader], spread_s: float) -> list[Seen]:
    opened = asyncio.Barrier(len(readers))
    gap_s = spread_s / len(readers)
    return await asyncio.gather(
        *(reader(opened, place * gap_s) for place, reader in enumerate(readers))
    )


def _summed(service: Service, seen: dict[str, Seen], used_s: float) -> Round:
    notes = service.notes()
    delays = [
        ms(delay) for name, each in seen.items() for delay in each.delays_s(notes[name]["pieces"])
    ]
    return Round(
        first_ms=statistics.median(ms(each.first_s) for each in seen.values()),
        delay_ms=statistics.median(delays),
        delay_p99_ms=percentile(delays, 99),
        cpu_s=used_s,
        pieces=len(delays),
    )


def _first(
    name: str, rounds: tuple[list[Round], list[Round]], *, target: float
) -> Iterator[Figure]:
    through, direct = rounds
    peers = [each.first_ms for each in direct]
    own = statistics.median(peers)
    yield Figure(
        key="S3", name=f"first words, added: {name}", unit="ms",
        values=[each.first_ms - own for each in through], target=target,
        peer="direct", peer_values=peers,
    )  # fmt: skip


def _later(
    name: str,
    rounds: tuple[list[Round], list[Round]],
    *,
    targets: tuple[float | None, float | None],
) -> Iterator[Figure]:
    through, direct = rounds
    half = [each.delay_ms for each in direct]
    most = [each.delay_p99_ms for each in direct]
    yield Figure(
        key="S4", name=f"later words, added, median: {name}", unit="ms",
        values=[each.delay_ms - statistics.median(half) for each in through], target=targets[0],
        peer="direct", peer_values=half,
    )  # fmt: skip
    yield Figure(
        key="S4", name=f"later words, added, p99: {name}", unit="ms",
        values=[each.delay_p99_ms - statistics.median(most) for each in through],
        target=targets[1], peer="direct", peer_values=most,
    )  # fmt: skip
