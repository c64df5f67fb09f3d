"""S16: one workspace has queued thousands of jobs; how long another one's single job waits."""

import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from benchmarks.figures import REPEATS, Figure, ms
from benchmarks.replay import Speed
from benchmarks.service import EMBEDDED, Service

BACKLOG: Final = 5_000
LATENCY_S: Final = 1.0
SLOTS: Final = 16
SINGLES: Final = 3


def measure() -> Iterator[Figure]:
    """Measure on the database and broker that the environment names."""
    service = Service(
        speed=Speed(first_token_s=LATENCY_S),
        broker=os.environ.get("CELERY_BROKER_URL") or EMBEDDED,
        database=os.environ.get("DATABASE_URL", ""),
        more_env={"WORKER_THREADS": str(SLOTS)},
    )
    with service:
        other = service.within("backlog", "0")["token"]
        idle = [_wait_ms(service, other) for _ in range(REPEATS * SINGLES)]
        queued = service.within("backlog", str(BACKLOG))["queued"]
        waits = [_wait_ms(service, other) for _ in range(REPEATS * SINGLES)]
        left = _left(service)
        where = service.where
    median = sorted(idle)[len(idle) // 2]
    yield Figure(
        key="S16", name=f"a single job beside {queued} queued of another workspace ({where})",
        unit="ms", values=waits, target=2 * median + 1_000 * LATENCY_S,
        peer="the same without them", peer_values=idle,
        failure="" if left else "the backlog was gone before the last single job",
    )  # fmt: skip


def _wait_ms(service: Service, token: str) -> float:
    """Post one message in the other workspace: from its commit until a worker begins."""
    mine = {"Authorization": f"Bearer {token}"}
    project = service.call("POST", "/projects/", json={"title": "A film"}, headers=mine)
    said = service.call(
        "POST",
        f"/projects/{project['id']}/messages/",
        json={"content": "Hello."},
        headers={**mine, "Prefer": "wait=60"},
    )
    job = said["job"]
    return ms(_time(job, "startedAt") - _time(job, "queuedAt"))


def _time(job: dict[str, Any], name: str) -> float:
    return datetime.fromisoformat(job[name]).timestamp()


def _left(service: Service) -> bool:
    """Say whether the first workspace still waits."""
    jobs = service.call("GET", "/jobs/", params={"status": "queued", "limit": 1})
    return bool(jobs["results"])
