"""`Prefer: wait`, under the sync client and over the ASGI handler."""

import asyncio
import time
import uuid

import pytest
from django.db import OperationalError, connections
from django.db.backends.signals import connection_created

from canvas.core import bus, threads
from canvas.core.endings import endings
from canvas.core.wait import FINISHED
from tests.canvas.asgi import ask
from tests.factories import make_token, make_workspace

WORK = "/api/v1/test/waiting/"


@pytest.fixture
def job_id():
    return str(uuid.uuid4())


def test_a_finished_job_is_the_answer(api, echo_urls, job_id):
    echo_urls.jobs[job_id] = ["queued", "running", "succeeded"]

    answer = api.post(WORK, {"job": job_id}, headers={"Prefer": "wait=5"})

    assert answer.status_code == 200
    assert answer.json() == {"id": job_id, "status": "succeeded", "result": {"title": "Café"}}
    assert answer.headers["Preference-Applied"] == "wait=5"
    assert answer.headers["Content-Length"] == str(len(answer.content))
    assert answer.headers["Location"].endswith(f"/api/v1/jobs/{job_id}/")
    assert answer.headers["X-Request-ID"]


def test_without_the_preference_nobody_waits(api, echo_urls, job_id):
    echo_urls.jobs[job_id] = ["succeeded"]

    answer = api.post(WORK, {"job": job_id})

    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    assert echo_urls.calls == []


@pytest.mark.parametrize(
    ("shape", "status", "other"), [("message", 200, "message"), ("asset", 201, "asset")]
)
def test_the_finished_job_stands_inside_of_a_larger_answer(
    api, echo_urls, job_id, shape, status, other
):
    echo_urls.jobs[job_id] = ["failed"]

    answer = api.post(f"{WORK}?as={shape}", {"job": job_id}, headers={"Prefer": "wait=5"})

    assert answer.status_code == status
    assert answer.json()["job"]["status"] == "failed"
    assert set(answer.json()) == {other, "job"}


def test_when_time_is_up_the_answer_is_the_accepted_job(api, echo_urls, job_id):
    echo_urls.jobs[job_id] = ["running"]

    answer = api.post(WORK, {"job": job_id}, headers={"Prefer": "wait=1"})

    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    assert "Preference-Applied" not in answer.headers


def test_waiting_is_not_counted_by_the_rate_limit(api, echo_urls, job_id, settings):
    settings.REQUESTS_A_MINUTE = 2
    echo_urls.jobs[job_id] = ["queued"] * 5 + ["succeeded"]

    answer = api.post(WORK, {"job": job_id}, headers={"Prefer": "wait=5"})

    assert answer.status_code == 200
    assert answer.headers["X-RateLimit-Remaining"] == "1"


def test_a_replayed_answer_waits_too(api, echo_urls, job_id):
    echo_urls.jobs[job_id] = ["running"]
    headers = {"Prefer": "wait=1", "Idempotency-Key": "k"}
    first = api.post(WORK, {"job": job_id}, headers=headers)
    echo_urls.jobs[job_id] = ["succeeded"]

    second = api.post(WORK, {"job": job_id}, headers=headers)

    assert (first.status_code, second.status_code) == (202, 200)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert {key for _, key in echo_urls.calls} == {None}


@pytest.fixture
def ended(monkeypatch, echo_urls):
    """Have the test API's jobs looked up where real ones have their table."""

    def find(job_ids):
        echo_urls.calls.append("find")
        return {each for each in job_ids if echo_urls.jobs[str(each)][0] in FINISHED}

    monkeypatch.setattr(endings, "find", find)


@pytest.fixture
def token(transactional_db):
    return make_token(make_workspace())[1]


async def post(token, job_id, wait_s, **headers):
    headers = {"Authorization": f"Bearer {token}", "Prefer": f"wait={wait_s}", **headers}
    return await ask("POST", WORK, json={"job": job_id}, headers=headers)


async def finish(echo_urls, job_id, status="succeeded"):
    await asyncio.sleep(0.2)
    echo_urls.jobs[job_id] = [status]
    await asyncio.to_thread(bus.announce, f"job:{job_id}")


async def test_the_bus_wakes_a_waiting_caller(token, echo_urls, ended, job_id):
    echo_urls.jobs[job_id] = ["running"]

    finishing = asyncio.create_task(finish(echo_urls, job_id))
    begun = time.monotonic()
    answer = await post(token, job_id, 20)
    await finishing

    assert (answer.status_code, answer.json()["status"]) == (200, "succeeded")
    assert answer.headers["Preference-Applied"] == "wait=20"
    assert answer.headers["Content-Length"] == str(len(answer.content))
    assert time.monotonic() - begun < 0.9


async def test_a_job_is_looked_at_once_however_often_it_changes(token, echo_urls, ended, job_id):
    echo_urls.jobs[job_id] = ["running"]

    async def change():
        for _ in range(5):
            await asyncio.sleep(0.05)
            await asyncio.to_thread(bus.announce, f"job:{job_id}")
        await finish(echo_urls, job_id)

    changing = asyncio.create_task(change())
    answer = await post(token, job_id, 20, **{"Idempotency-Key": "k"})
    await changing

    assert answer.status_code == 200
    assert [call for call in echo_urls.calls if call != "find"] == [("look", None)]
    assert echo_urls.calls.count("find") >= 3


async def test_a_job_that_has_ended_already_is_the_answer(token, echo_urls, ended, job_id):
    echo_urls.jobs[job_id] = ["failed"]

    begun = time.monotonic()
    answer = await post(token, job_id, 20)

    assert (answer.status_code, answer.json()["status"]) == (200, "failed")
    assert time.monotonic() - begun < 0.9


async def test_a_lost_wake_up_costs_a_second_at_most(token, echo_urls, ended, job_id):
    echo_urls.jobs[job_id] = ["running"]
    asyncio.get_running_loop().call_later(0.2, echo_urls.jobs.update, {job_id: ["cancelled"]})

    begun = time.monotonic()
    answer = await post(token, job_id, 20)

    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert time.monotonic() - begun < 2.5


async def test_an_outage_of_the_table_is_waited_out(token, echo_urls, monkeypatch, job_id):
    echo_urls.jobs[job_id] = ["succeeded"]
    tries = []

    def find(job_ids):
        tries.append(job_ids)
        if len(tries) < 2:
            raise OperationalError("no answer")
        return set(job_ids)

    monkeypatch.setattr(endings, "find", find)
    answer = await post(token, job_id, 20)

    assert (answer.status_code, len(tries)) == (200, 2)


async def test_waiting_callers_hold_no_thread_and_no_connection(token, echo_urls, ended, job_id):
    echo_urls.jobs[job_id] = ["running"]
    threads.pool.submit(connections.close_all).result()
    opened = []

    def note(connection, **_):
        opened.append(connection)

    connection_created.connect(note)
    try:
        waiting = [asyncio.create_task(post(token, job_id, 20)) for _ in range(40)]
        while len(endings._waiters.get(f"job:{job_id}", ())) < 40:
            assert not any(one.done() for one in waiting)
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.3)
        idle = await asyncio.to_thread(threads.pool.submit(lambda: True).result, 1)
        still_open = [one for one in opened if one.connection is not None]
        await finish(echo_urls, job_id)
        answers = await asyncio.gather(*waiting)
    finally:
        connection_created.disconnect(note)

    assert (idle, still_open) == (True, [])
    assert [answer.status_code for answer in answers] == [200] * 40
    assert endings.is_empty()


async def test_time_is_up_over_asgi_too(token, echo_urls, ended, job_id):
    echo_urls.jobs[job_id] = ["running"]

    answer = await post(token, job_id, 1)

    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    assert "Preference-Applied" not in answer.headers
    assert endings.is_empty()


async def test_a_caller_that_leaves_is_forgotten(token, echo_urls, ended, job_id):
    echo_urls.jobs[job_id] = ["running"]
    waiting = asyncio.create_task(post(token, job_id, 20))
    while endings.is_empty():
        await asyncio.sleep(0.01)

    waiting.cancel()
    await asyncio.wait([waiting])

    assert endings.is_empty()
