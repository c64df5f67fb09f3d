"""Errors on the wire."""

import logging

import pytest

from canvas.core.errors import Fault, Invalid
from canvas.core.problems import as_problem
from canvas.core.requests import request_id_is

pytestmark = pytest.mark.usefixtures("echo_urls")
FAIL = "/api/v1/test/fail/"


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("Invalid", 422, "invalid"),
        ("Malformed", 400, "malformed"),
        ("Missing", 404, "not-found"),
        ("Conflict", 409, "conflict"),
        ("Stale", 412, "stale"),
        ("Forbidden", 403, "forbidden"),
        ("Unaffordable", 402, "budget-exhausted"),
        ("Unreadable", 415, "unsupported-media-type"),
        ("TooLarge", 413, "too-large"),
        ("Upstream", 502, "upstream-failed"),
        ("Unavailable", 503, "unavailable"),
    ],
)
def test_each_kind_of_error_has_its_status_and_problem(api, kind, status, code):
    answer = api.post(FAIL, {"kind": kind}, headers={"X-Request-ID": "req-1"})

    body = answer.json()
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert body["type"] == f"/problems/{code}"
    assert (body["status"], body["code"], body["requestId"]) == (status, code, "req-1")
    assert body["title"]
    assert body["detail"]
    assert "errors" not in body


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("DataError", 400, "malformed"),
        ("SuspiciousOperation", 400, "malformed"),
        ("PermissionDenied", 403, "forbidden"),
        ("Http404", 404, "not-found"),
        ("OperationalError", 503, "unavailable"),
    ],
)
def test_errors_of_the_frameworks_are_problems_without_internals(api, kind, status, code):
    answer = api.post(FAIL, {"kind": kind})

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert b"internals" not in answer.content


def test_a_stale_edit_is_told_the_present_etag(api):
    answer = api.post(FAIL, {"kind": "Stale"})

    assert answer.headers["ETag"] == '"now-2"'
    assert answer.json()["etag"] == '"now-2"'


def test_unavailable_says_when_to_come_back(api):
    assert api.post(FAIL, {"kind": "Unavailable"}).headers["Retry-After"] == "7"


def test_a_bug_is_a_500_without_details_and_with_a_log_line(api, caplog):
    api.raise_request_exception = False

    with caplog.at_level(logging.ERROR, "django.request"):
        answer = api.post(FAIL, {"kind": "Bug"})

    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"
    assert b"secret" not in answer.content
    assert caplog.records[0].exc_info[0] is RuntimeError


def test_a_bug_outside_of_the_api_is_djangos_own_page(client):
    client.raise_request_exception = False

    assert client.get("/bug/").headers["Content-Type"].startswith("text/html")
    assert client.get("/api/v1/test/bug/").headers["Content-Type"] == "application/problem+json"


def test_an_unknown_address_is_a_problem_in_the_api_only(client):
    inside, outside = client.get("/api/v1/nothing/"), client.get("/nothing/")

    assert (inside.status_code, inside.json()["code"]) == (404, "not-found")
    assert outside.status_code == 404
    assert outside.headers["Content-Type"].startswith("text/html")


def test_a_wrong_method_names_the_right_ones(api):
    answer = api.delete("/api/v1/test/shape/")

    assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed")
    assert answer.headers["Allow"] == "POST, OPTIONS"


def test_an_unknown_host_is_a_problem(client):
    answer = client.get("/api/v1/me/", headers={"Host": "evil.example"})

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


def test_a_problem_can_be_kept_in_a_row():
    error = Invalid("No.", code="too-long", faults=[Fault("/a", "b", "c")], extra={"limit": 3})

    with request_id_is("r"):
        problem = as_problem(error)

    assert problem == {
        "type": "/problems/too-long",
        "title": "Too long",
        "status": 422,
        "detail": "No.",
        "code": "too-long",
        "limit": 3,
        "errors": [{"pointer": "/a", "code": "b", "detail": "c"}],
        "requestId": "r",
    }
