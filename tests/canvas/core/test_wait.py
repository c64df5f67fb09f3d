"""`Prefer: wait`, under the sync and the async stack."""

import asyncio
import time
import uuid

import httpx
import pytest
from asgiref.sync import SyncToAsync
from django.core.handlers.asgi import ASGIHandler

from canvas.core import bus
from tests.factories import AsyncApiClient, make_token, make_workspace

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
def async_api(transactional_db):
    workspace = make_workspace()
    return AsyncApiClient(workspace=workspace, token=make_token(workspace)[1])


async def test_the_bus_wakes_the_async_stack(async_api, echo_urls, job_id):
    echo_urls.jobs[job_id] = ["running"]

    async def finish():
        await asyncio.sleep(0.2)
        echo_urls.jobs[job_id] = ["succeeded"]
        await asyncio.to_thread(bus.announce, f"job:{job_id}")

    finishing = asyncio.create_task(finish())
    begun = time.monotonic()
    answer = await async_api.post(WORK, {"job": job_id}, headers={"Prefer": "wait=20"})
    await finishing

    assert (answer.status_code, answer.json()["status"]) == (200, "succeeded")
    assert time.monotonic() - begun < 0.9


async def test_a_lost_wake_up_costs_a_second_at_most(async_api, echo_urls, job_id):
    echo_urls.jobs[job_id] = ["running", "cancelled"]

    answer = await async_api.post(WORK, {"job": job_id}, headers={"Prefer": "wait=20"})

    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")


async def test_a_waiting_request_holds_no_thread(async_api, echo_urls, job_id):
    echo_urls.jobs[job_id] = ["running"]
    transport = httpx.ASGITransport(app=ASGIHandler())
    headers = {"Authorization": f"Bearer {async_api.token}", "Prefer": "wait=1"}

    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as caller:
        waiting = asyncio.create_task(caller.post(WORK, json={"job": job_id}, headers=headers))
        while len(echo_urls.calls) < 1 or SyncToAsync.context_to_thread_executor:
            assert not waiting.done()
            await asyncio.sleep(0.01)
        answer = await waiting

    assert answer.status_code == 202


async def test_time_is_up_under_the_async_stack_too(async_api, echo_urls, job_id):
    echo_urls.jobs[job_id] = ["running"]

    answer = await async_api.post(WORK, {"job": job_id}, headers={"Prefer": "wait=1"})

    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
