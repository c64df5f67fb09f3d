"""S3, S4, S5: what a stream of events adds to the upstream's own first and later words.

A browser listens to a project's events and posts a message; its first words are timed from the
POST, so everything is in it: the request, the job, the ledger, the upstream, the feed. The direct
reader asks the upstream the very same question. Later words are timed piece by piece, from leaving
the upstream to being read, in a window in which every stream runs and none starts or ends; so is
the processor time.
"""

import asyncio
import os
import statistics
import time
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

# A piece is 16 characters or about 4 tokens: each stream gets ten pieces a second.
SPEED: Final = Speed(first_token_s=0.3, tokens_per_second=40, times_said=4)
TOKENS_A_PIECE: Final = 4
MANY: Final = 50
SPREAD_S: Final = 2.5
SETTLE_S: Final = 1.5
WINDOW_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Round:
    """One repeat: medians in ms; the processor time of web and worker, in ms per 1,000 tokens."""

    first_ms: float
    delay_ms: float
    delay_p99_ms: float
    cpu_ms: float


@dataclass(slots=True)
class Window:
    """The time in which all streams run, and what was used in it."""

    start: float = 0.0
    used_s: float = 0.0


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
        key="S5", name=f"CPU of web and worker per 1,000 relayed tokens, {MANY} streams",
        unit="ms", values=[each.cpu_ms for each in through], target=200.0,
    )  # fmt: skip


def _measure(service: Service, count: int, spread_s: float) -> tuple[list[Round], list[Round]]:
    """Repeat through the service and directly, in turns."""
    through, direct = [], []
    for _ in range(REPEATS):
        through.append(asyncio.run(_through(service, count, spread_s)))
        direct.append(asyncio.run(_direct(service, count, spread_s)))
    return through, direct


async def _through(service: Service, count: int, spread_s: float) -> Round:
    project_ids = service.projects(count)
    headers = {"Authorization": f"Bearer {service.token}"}
    async with _client(service.api_url, headers) as http:
        readers = [_watcher(http, project_id) for project_id in project_ids]
        seen, window = await _together(service, readers, spread_s)
    return _summed(service, dict(zip(project_ids, seen, strict=True)), window)


async def _direct(service: Service, count: int, spread_s: float) -> Round:
    assert service.upstream is not None  # noqa: S101 started
    body = service.upstream.last_request()
    names = [str(uuid4()) for _ in range(count)]
    headers = {"Authorization": "Bearer sk-or-x"}
    async with _client(service.upstream.base_url, headers) as http:
        readers = [_asker(http, {**body, "session_id": name}) for name in names]
        seen, window = await _together(service, readers, spread_s)
    return _summed(service, dict(zip(names, seen, strict=True)), window)


def _client(base_url: str, headers: dict[str, str]) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    return httpx.AsyncClient(
        base_url=base_url, headers=headers, limits=limits, timeout=PATIENCE_S, trust_env=False
    )


def _watcher(http: httpx.AsyncClient, project_id: str) -> Reader:
    return lambda opened, after_s: watch(http, project_id, opened, after_s)


def _asker(http: httpx.AsyncClient, body: dict[str, object]) -> Reader:
    return lambda opened, after_s: ask(http, body, opened, after_s)


async def _together(
    service: Service, readers: list[Reader], spread_s: float
) -> tuple[list[Seen], Window]:
    opened, window = asyncio.Barrier(len(readers) + 1), Window()
    gap_s = spread_s / len(readers)
    *seen, _ = await asyncio.gather(
        *(reader(opened, place * gap_s) for place, reader in enumerate(readers)),
        _watch_processes(service, opened, spread_s, window),
    )
    return [each for each in seen if each is not None], window


async def _watch_processes(
    service: Service, opened: asyncio.Barrier, spread_s: float, window: Window
) -> None:
    await opened.wait()
    await asyncio.sleep(spread_s + SETTLE_S)
    pids = [service.pid("web"), service.pid("worker")]
    before, window.start = sum(map(cpu_s, pids)), time.monotonic()
    await asyncio.sleep(WINDOW_S)
    window.used_s = sum(map(cpu_s, pids)) - before


def _summed(service: Service, seen: dict[str, Seen], window: Window) -> Round:
    notes = service.notes()
    delays = [
        ms(delay)
        for name, each in seen.items()
        for left_at, delay in each.delays_s(notes[name]["pieces"])
        if window.start <= left_at <= window.start + WINDOW_S
    ]
    return Round(
        first_ms=statistics.median(ms(each.first_s) for each in seen.values()),
        delay_ms=statistics.median(delays),
        delay_p99_ms=percentile(delays, 99),
        cpu_ms=ms(window.used_s) / (len(delays) * TOKENS_A_PIECE / 1_000),
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
