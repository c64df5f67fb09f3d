"""Hundreds of calls in flight, and hundreds of open streams, share a few database connections."""

import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import httpx
import pytest

from tests.setups.acts import OUTLINE
from tests.setups.service import Service
from tests.setups.sessions import Sessions

pytestmark = [
    pytest.mark.slow,
    pytest.mark.postgres,
    pytest.mark.skipif(
        not os.environ.get("DATABASE_URL", "").startswith("postgres"),
        reason="needs PostgreSQL: set DATABASE_URL",
    ),
]

POOL = 16
THREADS = 220
JOBS = 300
# A worker begins some twenty calls a second; with much less than this the first would be over
# before the last has begun, and few would ever be in flight together.
LATENCY_S = 12.0
STREAMS = 200
OPEN = "SELECT count(*) AS n FROM ai_job WHERE status IN ('queued', 'running')"


@pytest.fixture(scope="module")
def crowded(tmp_path_factory):
    running = Service(
        tmp_path_factory.mktemp("service"),
        PGAPPNAME="web",
        DATABASE_POOL_SIZE=str(POOL),
        WORKER_THREADS=str(THREADS),
        REQUESTS_A_MINUTE="100000",
        JOB_LEASE_S="15",
        JOB_LEASE_RENEWAL_S="5",
    )
    yield running
    running.stop()


def post_outlines(service, project, count):
    path = f"/projects/{project}/outlines/"
    with httpx.Client(**service.client_options()) as http, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: http.post(path, json=OUTLINE), range(count)))
    return [answer.raise_for_status().json()["id"] for answer in answers]


def all_done(service, within_s):
    deadline = time.monotonic() + within_s
    while service.rows(OPEN)[0]["n"]:
        assert time.monotonic() < deadline, service.last_lines()
        time.sleep(0.5)


def most_at_once(lines):
    """The most calls that upstream held open at one moment: each ended that long after it came."""
    ends = [datetime.fromisoformat(line["at"]) for line in lines]
    begun = [end - timedelta(seconds=LATENCY_S) for end in ends]
    now, most = 0, 0
    for _, step in sorted([(at, 1) for at in begun] + [(at, -1) for at in ends]):
        now += step
        most = max(most, now)
    return most


def test_three_hundred_calls_share_sixteen_connections(crowded):
    crowded.kill_worker()  # so that all of it waits when one begins
    project = crowded.new_project()
    chat = {"endpoint": "chat"}
    crowded.faults({"kind": "slow", "times": JOBS, "latency_s": LATENCY_S, "match": chat})
    jobs = post_outlines(crowded, project, JOBS)

    with Sessions(crowded.env["DATABASE_URL"]) as sessions:
        crowded.restart("worker", PGAPPNAME="worker")
        all_done(crowded, within_s=120)

    ended = crowded.rows("SELECT id, status, attempts, crashes FROM ai_job")
    assert {str(job.pop("id")) for job in ended} == set(jobs)
    assert ended == [{"status": "succeeded", "attempts": 1, "crashes": 0}] * JOBS
    assert len(crowded.bill()) == JOBS
    assert most_at_once(crowded.bill()) >= 150
    assert sessions.looks > 100
    assert 1 <= sessions.most["worker"] <= POOL


async def hears_of_the_scene(http, project, opened):
    """Follow a project's feed until a scene is added."""
    async with http.stream("GET", f"/projects/{project}/events/") as answer:
        opened.release()
        async for line in answer.raise_for_status().aiter_lines():
            if line == "event: scene.created":
                return True
    return False


async def follow_and_write(service, project):
    """Open all streams, then read the project and add a scene; say which streams told of it."""
    limits = httpx.Limits(max_connections=None)
    opened = asyncio.Semaphore(0)
    async with httpx.AsyncClient(**service.client_options(), limits=limits) as http:
        streams = [
            asyncio.create_task(hears_of_the_scene(http, project, opened)) for _ in range(STREAMS)
        ]
        for _ in streams:
            await opened.acquire()
        (await http.get(f"/projects/{project}/")).raise_for_status()
        scene = {"title": "Quay"}
        (await http.post(f"/projects/{project}/scenes/", json=scene)).raise_for_status()
        return await asyncio.wait_for(asyncio.gather(*streams), 60)


def test_two_hundred_open_streams_hold_no_connection(crowded):
    crowded.restart("web", DATABASE_POOL_SIZE="1")  # whoever held it would stop everybody else
    project = crowded.new_project()

    with Sessions(crowded.env["DATABASE_URL"]) as sessions:
        told = asyncio.run(follow_and_write(crowded, project))

    assert told == [True] * STREAMS
    assert sessions.most["web"] == 1
