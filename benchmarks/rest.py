"""S14: how soon the web server is ready, and what the processes hold when nothing is asked."""

import os
import time
from collections.abc import Iterator
from typing import Final

import httpx

from benchmarks.figures import REPEATS, Figure
from benchmarks.processes import resident_bytes
from benchmarks.service import Service
from canvas.stack import NotReadyError, Stack

SETTLE_S: Final = 3.0
LONGEST_S: Final = 30.0
MEGABYTE: Final = 1_000_000


def measure() -> Iterator[Figure]:
    """Start web and worker again and again."""
    ready, web, worker = [], [], []
    with Service(database=os.environ.get("DATABASE_URL", "")) as service:
        assert service.stack is not None  # noqa: S101 started
        for _ in range(REPEATS):
            service.stack.stop()
            ready.append(_ready_s(service.stack))
            service.stack.start_part("worker")
            time.sleep(SETTLE_S)
            web.append(resident_bytes(service.pid("web")) / MEGABYTE)
            worker.append(resident_bytes(service.pid("worker")) / MEGABYTE)
        engine = service.engine
    yield Figure(
        key="S14", name=f"web ready after its start ({engine})", unit="s", values=ready, target=3.0
    )
    yield Figure(key="S14", name="memory of web at rest", unit="MB", values=web, target=150.0)
    yield Figure(key="S14", name="memory of worker at rest", unit="MB", values=worker, target=150.0)


def _ready_s(stack: Stack) -> float:
    """Start the web server alone and wait until it says that it is ready."""
    started = time.monotonic()
    stack.start_part("web")
    while time.monotonic() - started < LONGEST_S:
        try:
            if httpx.get(f"{stack.base_url}/readyz", timeout=2, trust_env=False).is_success:
                return time.monotonic() - started
        except httpx.TransportError:
            time.sleep(0.02)
    raise NotReadyError("web did not become ready")
