import json
from decimal import Decimal
from types import SimpleNamespace

import pytest

from ai.openrouter import errors, waits
from ai.openrouter.faults import read_failure
from ai.openrouter.waits import until_midnight_s, wait_s

NOW_S = 1_763_726_400.0  # Fri, 21 Nov 2025 12:00:00 GMT
LATER_MS = str(int((NOW_S + 90) * 1_000))

CASES = {
    "nothing said": ({}, {}, {}, None),
    "availability first": ({"retry_after": 3}, {"Retry-After": "7"}, {}, 3.0),
    "availability as a fraction": ({"retry_after": Decimal("1.5")}, {}, {}, 1.5),
    "seconds": ({}, {"retry-after": "7"}, {}, 7.0),
    "no wait": ({}, {"Retry-After": "0"}, {}, 0.0),
    "a fraction": ({}, {"Retry-After": " 0.5 "}, {}, 0.5),
    "a date": ({}, {"Retry-After": "Fri, 21 Nov 2025 12:01:00 GMT"}, {}, 60.0),
    "a date gone by": ({}, {"Retry-After": "Fri, 21 Nov 2025 11:00:00 GMT"}, {}, 0.0),
    "a date years away": ({}, {"Retry-After": "Fri, 21 Nov 2036 11:00:00 GMT"}, {}, None),
    "an impossible date": ({}, {"Retry-After": "Fri, 99 Nov 2025 12:01:00 GMT"}, {}, None),
    "garbage": ({}, {"Retry-After": "soon"}, {}, None),
    "negative": ({}, {"Retry-After": "-1"}, {}, None),
    "a thousand million": ({}, {"Retry-After": "1e9"}, {}, None),
    "not a number": ({}, {"Retry-After": "nan"}, {}, None),
    "endless": ({}, {"Retry-After": "inf"}, {}, None),
    "24 hours": ({}, {"Retry-After": "86400"}, {}, 86_400.0),
    "garbage asks the next": ({"retry_after": "?"}, {"Retry-After": "x"},
                              {"X-RateLimit-Reset": LATER_MS}, 90.0),
    "odd types": ({"retry_after": True}, {}, {"Retry-After": [1], "X-RateLimit-Reset": None}, None),
    "a number beyond floats": ({"retry_after": 10**400}, {}, {}, None),
    "quoted retry-after": ({}, {}, {"retry-after": 4}, 4.0),
    "quoted reset in milliseconds": ({}, {}, {"X-RateLimit-Reset": LATER_MS}, 90.0),
    "reset in seconds": ({}, {"X-RateLimit-Reset": str(NOW_S + 5)}, {}, 5.0),
    "reset gone by": ({}, {"X-RateLimit-Reset": "1"}, {}, 0.0),
    "reset of nothing": ({}, {"X-RateLimit-Reset": "0"}, {}, None),
}  # fmt: skip


@pytest.mark.parametrize(
    ("availability", "headers", "quoted", "expected"), CASES.values(), ids=CASES.keys()
)
def test_the_wait_is_what_was_believably_said(availability, headers, quoted, expected):
    got = wait_s(availability=availability, headers=headers, error_headers=quoted, now_s=NOW_S)

    assert got == expected


def test_without_a_moment_the_clock_is_asked():
    got = wait_s(availability={}, headers={"X-RateLimit-Reset": "1"}, error_headers={})

    assert got == 0.0


# --- the same from the bytes of a 429 ------------------------------------------------------------

RESET = {"X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": LATER_MS}
ANSWERS = {
    "1: availability before all": (
        {"availability": {"code": "capacity_exhausted", "retryable": True, "retry_after": 3},
         "metadata": {"headers": RESET}}, {"Retry-After": "7"}, 3.0),
    "2: Retry-After in seconds": ({"metadata": {"headers": RESET}}, {"Retry-After": "7"}, 7.0),
    "2: Retry-After as a date": (
        {}, {"Retry-After": "Fri, 21 Nov 2025 12:01:00 GMT"}, 60.0),
    "3: the reset in metadata.headers": ({"metadata": {"headers": RESET}}, {}, 90.0),
    "3: the reset in quoted metadata": (
        {"metadata": json.dumps({"headers": RESET})}, {}, 90.0),
    "3: the reset in the answer's headers": ({}, RESET, 90.0),
    "4: nothing said": ({}, {}, None),
    "4: only garbage": (
        {"availability": {"retry_after": -1}, "metadata": {"headers": {"X-RateLimit-Reset": "x"}}},
        {"Retry-After": "1e9"}, None),
}  # fmt: skip


@pytest.fixture
def _noon(monkeypatch):
    monkeypatch.setattr(waits, "time", SimpleNamespace(time=lambda: NOW_S))


@pytest.mark.usefixtures("_noon")
@pytest.mark.parametrize(("fields", "headers", "wait"), ANSWERS.values(), ids=ANSWERS.keys())
def test_a_429_tells_its_wait_in_the_order_of_trust(fields, headers, wait):
    raw = json.dumps({"error": {"code": 429, "message": "slow"} | fields}).encode()

    error = read_failure(raw, status=429, headers=headers)

    assert type(error) is errors.RateLimitedError
    assert error.retry_after_s == wait
    assert error.retryable is True


@pytest.mark.usefixtures("_noon")
@pytest.mark.parametrize("headers", [{}, {"Retry-After": "7"}, RESET], ids=str)
def test_the_free_models_of_the_day_wait_for_midnight_whatever_else_was_said(headers):
    raw = b'{"error":{"code":429,"message":"Rate limit exceeded: free-models-per-day"}}'

    error = read_failure(raw, status=429, headers=headers)

    assert error.retry_after_s == 12 * 60 * 60


@pytest.mark.parametrize(
    ("now_s", "wait"), [(0.0, 86_400.0), (86_399.0, 1.0), (NOW_S, 43_200.0), (86_400.5, 86_399.5)]
)
def test_midnight_is_utc_and_never_now(now_s, wait):
    assert until_midnight_s(now_s) == wait
