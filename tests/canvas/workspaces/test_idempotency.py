"""A POST that is sent twice acts once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test.client import MULTIPART_CONTENT
from django.utils import timezone

from canvas.workspaces.idempotency import prune
from canvas.workspaces.models import ApiToken, IdempotencyRecord
from tests.factories import client_for, make_workspace

pytestmark = pytest.mark.usefixtures("echo_urls")
ECHO = "/api/v1/test/echo/"
FAIL = "/api/v1/test/fail/"
KEY = {"Idempotency-Key": "key-1"}


def code(answer):
    return answer.status_code, answer.json()["code"]


def test_the_first_answer_is_given_again_byte_for_byte(api, echo_urls):
    first = api.post(ECHO, {"title": "Café"}, headers=KEY)
    again = api.post(ECHO, {"title": "Café"}, headers=KEY)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Location"] == "/made/1/"
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert again.headers["X-RateLimit-Limit"]
    assert len(echo_urls.calls) == 1


def test_without_a_key_every_request_acts(api, echo_urls):
    api.post(ECHO, {})
    api.post(ECHO, {})

    assert len(echo_urls.calls) == 2
    assert not IdempotencyRecord.objects.exists()


@pytest.mark.parametrize(
    ("path", "body"),
    [(ECHO, {"a": 2}), (ECHO + "?x=1", {"a": 1}), ("/api/v1/test/shape/", {"a": 1})],
)
def test_the_key_of_another_request_is_refused(api, echo_urls, path, body):
    api.post(ECHO, {"a": 1}, headers=KEY)

    assert code(api.post(path, body, headers=KEY)) == (422, "idempotency-key-reused")
    assert len(echo_urls.calls) == 1


def test_keys_belong_to_a_workspace(api, echo_urls):
    other = client_for(make_workspace())

    assert api.post(ECHO, {"a": 1}, headers=KEY).status_code == 201
    assert other.post(ECHO, {"a": 2}, headers=KEY).status_code == 201
    assert len(echo_urls.calls) == 2


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "a\x7fb", "é", "a\tb"])
def test_a_malformed_key_is_refused(api, echo_urls, key):
    answer = api.post(ECHO, {}, headers={"Idempotency-Key": key})

    assert code(answer) == (400, "idempotency-key-malformed")
    assert echo_urls.calls == []


def test_a_refusal_is_kept_like_any_other_answer(api, echo_urls):
    first = api.post(FAIL, {"kind": "Invalid"}, headers=KEY)
    again = api.post(FAIL, {"kind": "Invalid"}, headers=KEY)

    assert (first.status_code, again.status_code) == (422, 422)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Content-Type"] == "application/problem+json"
    assert len(echo_urls.calls) == 1


@pytest.mark.parametrize("kind", ["busy", "Unavailable", "Conflict", "Unaffordable", "Upstream"])
def test_an_answer_that_another_try_may_change_is_not_kept(api, echo_urls, kind):
    api.post(FAIL, {"kind": kind}, headers=KEY)
    again = api.post(FAIL, {"kind": kind}, headers=KEY)

    assert "Idempotent-Replayed" not in again.headers
    assert len(echo_urls.calls) == 2
    assert not IdempotencyRecord.objects.exists()


def test_a_bug_gives_the_key_free(api, echo_urls):
    api.raise_request_exception = False

    assert api.post(FAIL, {"kind": "Bug"}, headers=KEY).status_code == 500
    assert not IdempotencyRecord.objects.exists()


def test_a_key_is_forgotten_after_its_time(api, echo_urls):
    api.post(ECHO, {"a": 1}, headers=KEY)
    record = IdempotencyRecord.objects.get()
    assert record.expires_at - record.created_at >= timedelta(hours=23, minutes=59)
    long_ago = timezone.now() - timedelta(days=2)
    IdempotencyRecord.objects.update(created_at=long_ago, expires_at=long_ago + timedelta(days=1))

    again = api.post(ECHO, {"a": 2}, headers=KEY)

    assert (again.status_code, len(echo_urls.calls)) == (201, 2)


def upload(api, content=b"picture", name="a.png", label="x", **headers):
    file = SimpleUploadedFile(name, content, "image/png")
    return api.post(
        "/api/v1/test/upload/",
        {"file": file, "label": label},
        MULTIPART_CONTENT,
        headers=headers or KEY,
    )


def test_uploads_are_compared_by_their_fields_and_the_hash_of_their_file(api, echo_urls):
    first = upload(api)
    again = upload(api, name="b.png")

    assert (first.status_code, first.json()["size"]) == (201, 7)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert code(upload(api, content=b"another")) == (422, "idempotency-key-reused")
    assert code(upload(api, label="y")) == (422, "idempotency-key-reused")
    assert echo_urls.calls == ["upload"]


def test_a_secret_is_never_kept(api):
    path = f"/api/v1/workspaces/{api.workspace.pk}/tokens/"
    body = {"name": "x", "scopes": ["read"]}

    first = api.post(path, body, headers=KEY)
    again = api.post(path, body, headers=KEY)

    assert first.status_code == 201
    assert code(again) == (409, "idempotency-secret-shown")
    assert bytes(IdempotencyRecord.objects.get().body) == b""
    assert ApiToken.objects.filter(name="x").count() == 1


def test_a_request_that_was_refused_before_it_began_leaves_no_record(api, settings):
    settings.REQUESTS_A_MINUTE = 1
    api.get(ECHO)

    assert api.post(ECHO, {}, headers=KEY).status_code == 429
    assert not IdempotencyRecord.objects.exists()


def running(api, age_s):
    """Leave the record of a first request that has not ended."""
    api.post(ECHO, {"a": 1}, headers=KEY)
    since = timezone.now() - timedelta(seconds=age_s)
    IdempotencyRecord.objects.update(status_code=None, body=b"", created_at=since)


def test_a_twin_of_a_running_request_is_told_to_come_back(api, echo_urls):
    running(api, age_s=59)

    answer = api.post(ECHO, {"a": 1}, headers=KEY)

    assert code(answer) == (409, "idempotency-in-progress")
    assert answer.headers["Retry-After"] == "1"
    assert len(echo_urls.calls) == 1


def test_a_request_that_died_is_taken_over(api, echo_urls):
    running(api, age_s=61)

    answer = api.post(ECHO, {"a": 1}, headers=KEY)
    again = api.post(ECHO, {"a": 1}, headers=KEY)

    assert (answer.status_code, len(echo_urls.calls)) == (201, 2)
    assert again.headers["Idempotent-Replayed"] == "true"


@pytest.mark.django_db(transaction=True)
def test_of_many_twins_at_once_exactly_one_acts(echo_urls):
    workspace = make_workspace()
    clients = [client_for(workspace) for _ in range(8)]
    start = threading.Barrier(8)

    def send(client):
        try:
            start.wait(10)
            return client.post("/api/v1/test/slow/", {"a": 1}, headers=KEY)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(send, client) for client in clients]
        while sum(one.done() for one in sent) < 7:
            threading.Event().wait(0.02)
        echo_urls.gate.set()
        answers = [one.result() for one in sent]

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert echo_urls.calls == ["slow"]
    assert IdempotencyRecord.objects.get().status_code == 201


def test_pruning_deletes_what_is_over_and_nothing_else(api):
    api.post(ECHO, {"a": 1}, headers=KEY)
    long_ago = timezone.now() - timedelta(days=2)
    IdempotencyRecord.objects.update(created_at=long_ago, expires_at=long_ago + timedelta(days=1))
    api.post(ECHO, {"a": 1}, headers={"Idempotency-Key": "key-2"})

    assert (prune(), prune()) == (1, 0)
    assert IdempotencyRecord.objects.get().key == "key-2"


def test_an_expired_record_does_not_block_a_first_request(api, echo_urls):
    running(api, age_s=0)
    long_ago = timezone.now() - timedelta(days=2)
    IdempotencyRecord.objects.update(created_at=long_ago, expires_at=long_ago + timedelta(days=1))

    assert api.post(ECHO, {"a": 1}, headers=KEY).status_code == 201
