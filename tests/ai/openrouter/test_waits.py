from decimal import Decimal

import pytest

from ai.openrouter.waits import wait_s

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
