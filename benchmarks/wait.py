"""S7, light: what the way through a job adds to one question that is answered whole.

An outline of a short text is asked for with `Prefer: wait`; the direct caller asks the upstream
the very same question. Each caller asks again as soon as it has its answer.
"""

import asyncio
import os
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import httpx

from benchmarks.figures import REPEATS, Figure, ms
from benchmarks.service import PATIENCE_S, Service
from benchmarks.upstream import Speed

SPEED: Final = Speed(first_token_s=0.1, tokens_per_second=1_000_000)
CALLS: Final = {1: 10, 50: 3}
# 0.2 x what LiteLLM's proxy adds (17 and 359 ms), as measured elsewhere on two cores.
TARGETS: Final = {1: None, 50: 72.0}
OUTLINE: Final = {
    "source": "text",
    "text": "INT. FERRY - NIGHT\n\nMARA waits at the rail. JONAS brings two cups of tea.",
}

Call = Callable[[int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Round:
    """One repeat: the median answer in ms, and answers a second."""

    answer_ms: float
    rate: float


def measure() -> Iterator[Figure]:
    """Measure one caller, and fifty."""
    with Service(speed=SPEED, database=os.environ.get("DATABASE_URL", "")) as service:
        projects = service.projects(max(CALLS))
        _warm(service, projects[0])
        body = _question(service)
        found = {count: _measure(service, projects[:count], body) for count in CALLS}
    for count, (through, direct) in found.items():
        yield from _figures(count, through, direct)


def _figures(count: int, through: list[Round], direct: list[Round]) -> Iterator[Figure]:
    callers = "1 caller" if count == 1 else f"{count} callers"
    peers = [each.answer_ms for each in direct]
    own = statistics.median(peers)
    yield Figure(
        key="S7", name=f"Prefer: wait, added: {callers}", unit="ms",
        values=[each.answer_ms - own for each in through], target=TARGETS[count],
        peer="direct", peer_values=peers,
    )  # fmt: skip
    yield Figure(
        key="S7", name=f"Prefer: wait, answers a second: {callers}", unit="/s",
        values=[each.rate for each in through], at_least=True,
        peer="direct", peer_values=[each.rate for each in direct],
    )  # fmt: skip


def _warm(service: Service, project_id: str) -> None:
    path = f"/projects/{project_id}/outlines/"
    job = service.call("POST", path, json=OUTLINE, headers={"Prefer": "wait=30"})
    if job["status"] != "succeeded":
        raise RuntimeError(f"the outline {job['status']}: {job['error']}")


def _question(service: Service) -> dict[str, Any]:
    assert service.upstream is not None  # noqa: S101 started
    return service.upstream.last_request()


def _measure(
    service: Service, projects: list[str], body: dict[str, Any]
) -> tuple[list[Round], list[Round]]:
    assert service.upstream is not None  # noqa: S101 started
    ours = service.api_url, {"Authorization": f"Bearer {service.token}", "Prefer": "wait=30"}
    theirs = service.upstream.base_url, {"Authorization": "Bearer sk-or-x"}
    through, direct = [], []
    for _ in range(REPEATS):
        through.append(
            asyncio.run(
                _round(*ours, lambda http: lambda n: _outline(http, projects[n]), len(projects))
            )
        )
        direct.append(
            asyncio.run(_round(*theirs, lambda http: lambda _: _ask(http, body), len(projects)))
        )
    service.notes()
    return through, direct


async def _outline(http: httpx.AsyncClient, project_id: str) -> None:
    """Ask through a job; one that is not finished in time is looked at until it is."""
    answer = await http.post(f"/projects/{project_id}/outlines/", json=OUTLINE)
    job = answer.raise_for_status().json()
    while job["status"] in {"queued", "running"}:
        await asyncio.sleep(0.1)
        job = (await http.get(f"/jobs/{job['id']}/")).raise_for_status().json()
    if job["status"] != "succeeded":
        raise RuntimeError(f"the outline {job['status']}: {job['error']}")


async def _ask(http: httpx.AsyncClient, body: dict[str, Any]) -> None:
    (await http.post("/chat/completions", json=body)).raise_for_status()


async def _round(
    base_url: str,
    headers: dict[str, str],
    call_of: Callable[[httpx.AsyncClient], Call],
    callers: int,
) -> Round:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(
        base_url=base_url, headers=headers, limits=limits, timeout=PATIENCE_S, trust_env=False
    ) as http:
        call, started = call_of(http), time.monotonic()
        times = await asyncio.gather(
            *(_asking(call, number, CALLS[callers]) for number in range(callers))
        )
    spent_s = time.monotonic() - started
    answers = [each for of_caller in times for each in of_caller]
    return Round(statistics.median(answers), len(answers) / spent_s)


async def _asking(call: Call, number: int, times: int) -> list[float]:
    spent = []
    for _ in range(times):
        started = time.monotonic()
        await call(number)
        spent.append(ms(time.monotonic() - started))
    return spent
