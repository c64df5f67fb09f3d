"""S6: what an open event stream holds while nothing happens: memory, connections, time."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import httpx
import psycopg

from benchmarks.figures import REPEATS, Figure
from benchmarks.processes import cpu_s, open_files, resident_bytes
from benchmarks.reader.plan import OPENED, Idle
from benchmarks.readers import Reading, request
from benchmarks.replay import Speed
from benchmarks.service import Service
from canvas.stack import NotReadyError

STREAMS: Final = 1_000
PROJECTS: Final = 50
FEW: Final = 20
SETTLE_S: Final = 2.0
LOOKS: Final = 40
LOOK_EVERY_S: Final = 0.1
KILOBYTE: Final = 1_000
LONGEST_S: Final = 30.0
POOL_SIZE: Final = 16
_POSTGRES: Final = """
    SELECT greatest(count(*) - %s, count(*) FILTER (WHERE state LIKE 'idle in transaction%%'))
    FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True, slots=True)
class Round:
    """One repeat, with a web process that has just started."""

    kilobytes: float
    """For each stream."""
    connections: float
    still_open: float
    cpu_share: float
    """Of one core, in percent."""


def measure() -> Iterator[Figure]:
    """Open a thousand streams in one web process, again and again."""
    with Service.as_given(Speed()) as service:
        projects = service.projects(PROJECTS)
        rounds = [_round(service, projects) for _ in range(REPEATS)]
        where = service.where
    yield Figure(
        key="S6", name=f"streams that stayed open, of {STREAMS:,} ({where})", unit="streams",
        values=[each.still_open for each in rounds], target=STREAMS, at_least=True,
    )  # fmt: skip
    yield Figure(
        key="S6", name=f"memory of web for each idle stream ({where})", unit="kB",
        values=[each.kilobytes for each in rounds], target=60.0,
    )  # fmt: skip
    yield Figure(
        key="S6", name=f"database connections held by {STREAMS:,} idle streams ({where})",
        unit="connections", values=[each.connections for each in rounds], target=0,
    )  # fmt: skip
    yield Figure(
        key="S6", name=f"CPU of web with {STREAMS:,} idle streams ({where})", unit="%",
        values=[each.cpu_share for each in rounds],
    )  # fmt: skip


def _round(service: Service, projects: list[str]) -> Round:
    _start_anew(service)
    with Reading(_plan(service, projects, FEW)) as few:  # what is loaded once is loaded now
        few.heard(OPENED)
        few.close()
        few.heard()
    time.sleep(SETTLE_S)
    web = service.pid("web")
    bytes_before, before = resident_bytes(web), _connections(service)
    with Reading(_plan(service, projects, STREAMS)) as many:
        many.heard(OPENED)
        time.sleep(SETTLE_S)
        used_s, started = cpu_s(web), time.monotonic()
        held = [_connections_later(service) for _ in range(LOOKS)]
        share = (cpu_s(web) - used_s) / (time.monotonic() - started)
        grown = resident_bytes(web) - bytes_before
        many.close()
        told = many.heard()
    return Round(
        kilobytes=grown / STREAMS / KILOBYTE,
        connections=max(min(held) - before, 0),
        still_open=told["open"],
        cpu_share=100 * share,
    )


def _plan(service: Service, projects: list[str], count: int) -> Idle:
    port = urlsplit(service.api_url).port or 0
    listens = [
        request(
            "GET", f"/api/v1/projects/{projects[number % PROJECTS]}/events/", token=service.token
        )
        for number in range(count)
    ]
    return Idle(port=port, listens=listens)


def _start_anew(service: Service) -> None:
    """Start another web process: memory that was used once is not given back."""
    assert service.stack is not None  # noqa: S101 started
    process = service.stack.parts["web"].process
    assert process is not None  # noqa: S101 started
    process.terminate()
    process.wait(LONGEST_S)
    service.stack.start_part("web")
    deadline = time.monotonic() + LONGEST_S
    while time.monotonic() < deadline:
        try:
            url = f"{service.stack.base_url}/readyz"
            if httpx.get(url, timeout=2, trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise NotReadyError("web did not become ready")


def _connections_later(service: Service) -> int:
    time.sleep(LOOK_EVERY_S)
    return _connections(service)


def _connections(service: Service) -> int:
    """Count connections of the web process; on PostgreSQL those that no pool accounts for.

    A pool keeps what it once opened. What a stream held would be in a transaction, or beyond it.
    """
    url = service.env["DATABASE_URL"]
    if url.startswith("sqlite"):
        return open_files(service.pid("web"), urlsplit(url).path.rpartition("/")[2])
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(_POSTGRES, [2 * POOL_SIZE]).fetchone()
    return int(found[0]) if found else 0
