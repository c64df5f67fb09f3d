"""S2: from the commit of a POST to the start of its request to the upstream.

The commit is when the job's topic first goes over the bus, which happens right after it.
"""

import os
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx
import redis

from benchmarks.figures import REPEATS, Figure, ms, percentile
from benchmarks.processes import cpu_s
from benchmarks.service import EMBEDDED, Service

POSTS: Final = 40
IDLE_S: Final = 3.0
QUIET_S: Final = 0.02
# (p50, p99) in milliseconds
TARGETS: Final = {"embedded": (8.0, 20.0), "Redis": (10.0, 25.0)}


def measure() -> Iterator[Figure]:
    """Measure without a broker, and with Redis when CELERY_BROKER_URL names one."""
    yield from _measure("embedded", EMBEDDED)
    broker = os.environ.get("CELERY_BROKER_URL", "")
    if broker.startswith("redis"):
        yield from _measure("Redis", broker)


def _measure(name: str, broker: str) -> Iterator[Figure]:
    database = os.environ.get("DATABASE_URL", "")
    with Service(broker=broker, database=database) as service, _heard(service, broker) as heard:
        direct = [_direct(service) for _ in range(REPEATS)]
        delays = [_through(service, heard) for _ in range(REPEATS)]
        idle = [_idle_share(service) for _ in range(REPEATS)]
        where = f"{name}, {service.engine}"
    p50, p99 = TARGETS[name]
    peer = "direct send to arrival"
    yield Figure(
        key="S2", name=f"commit to upstream request, p50 ({where})", unit="ms",
        values=[statistics.median(each) for each in delays], target=p50,
        peer=peer, peer_values=[statistics.median(each) for each in direct],
    )  # fmt: skip
    yield Figure(
        key="S2", name=f"the same, p99 of all {REPEATS * POSTS} ({where})", unit="ms",
        values=[percentile(list(chain(*delays)), 99)], target=p99,
        peer=peer, peer_values=[percentile(list(chain(*direct)), 99)],
    )  # fmt: skip
    yield Figure(
        key="S2", name=f"CPU of web and worker at rest ({where})", unit="%", values=idle, target=1.0
    )


def _direct(service: Service) -> list[float]:
    """Ask the upstream itself: send to arrival, in ms."""
    assert service.upstream is not None  # noqa: S101 started
    body = {"model": "openai/gpt-4o-mini", "messages": [{"role": "user", "content": "Hello."}]}
    sent: dict[str, float] = {}
    headers = {"Authorization": "Bearer sk-or-x"}
    url = f"{service.upstream.base_url}/chat/completions"
    with httpx.Client(headers=headers, trust_env=False) as http:
        for number in range(POSTS + 1):
            name = f"direct-{number}"
            sent[name] = time.monotonic()
            http.post(url, json={**body, "session_id": name}).raise_for_status()
    del sent["direct-0"]  # it opened the connection
    notes = service.notes()
    return [ms(notes[name]["arrived"] - at) for name, at in sent.items()]


def _through(service: Service, heard: dict[str, float]) -> list[float]:
    """Post one message after the other: commit to arrival, in ms."""
    job_of = {}
    for project_id in service.projects(POSTS):
        job_id = service.say(project_id)["job"]["id"]
        service.finished(job_id)
        job_of[project_id] = job_id
        time.sleep(QUIET_S)
    notes = service.notes()
    return [
        ms(notes[project_id]["arrived"] - heard[f"job:{job_id}"])
        for project_id, job_id in job_of.items()
    ]


def _idle_share(service: Service) -> float:
    """Give the share of one core that the processes use while nothing is asked, in percent."""
    pids = [service.pid("web"), service.pid("worker")]
    before, started = sum(map(cpu_s, pids)), time.monotonic()
    time.sleep(IDLE_S)
    return 100 * (sum(map(cpu_s, pids)) - before) / (time.monotonic() - started)


@contextmanager
def _heard(service: Service, broker: str) -> Iterator[dict[str, float]]:
    """Listen on the bus; give when each topic was heard first."""
    heard: dict[str, float] = {}
    listen = _listen_redis if broker.startswith("redis") else _listen_local
    ready, over = threading.Event(), threading.Event()
    place = broker if broker.startswith("redis") else service.env["BUS_FOLDER"]
    thread = threading.Thread(target=listen, args=(place, heard, ready, over), daemon=True)
    thread.start()
    ready.wait(5)
    try:
        yield heard
    finally:
        over.set()
        thread.join(5)


def _listen_local(
    folder: str, heard: dict[str, float], ready: threading.Event, over: threading.Event
) -> None:
    path = Path(folder) / f"{os.getpid()}-bench.sock"
    path.parent.mkdir(exist_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as inbox:
        inbox.bind(str(path))
        inbox.settimeout(0.5)
        ready.set()
        while not over.is_set():
            try:
                topic = inbox.recv(512).decode()
            except TimeoutError:
                continue
            heard.setdefault(topic, time.monotonic())


def _listen_redis(
    url: str, heard: dict[str, float], ready: threading.Event, over: threading.Event
) -> None:
    number = urlsplit(url).path.strip("/") or "0"
    inbox = redis.Redis.from_url(url).pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
    inbox.subscribe(f"canvas:{number}:bus")
    inbox.get_message(timeout=2)
    ready.set()
    while not over.is_set():
        message = inbox.get_message(timeout=0.5)
        if message is not None:
            heard.setdefault(message["data"].decode(), time.monotonic())
    inbox.close()
