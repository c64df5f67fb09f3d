"""The three deadlines of a call, thrown by the watchdog's thread at a reader that is blocked."""

import time
from uuid import uuid4

import pytest

from ai.jobs.watchdog import Limits, Watchdog
from ai.openrouter import errors
from ai.openrouter.client import OpenRouter
from tests.ai.openrouter.loopback import ASK, CHUNKED, Service, chunk
from tests.ai.openrouter.sse_bodies import body, delta

LATE_S = 5.0
WORD = chunk(body(delta(content="Hel"), done=False))
NEVER_S = 60.0


@pytest.fixture
def service():
    service = Service()
    yield service
    service.close()


def read(service, limits):
    """Read one stream under a watchdog; return how it was stopped, and after how long."""
    started = time.monotonic()
    with (
        OpenRouter("", service.url) as client,
        pytest.raises(errors.StoppedError) as caught,
        Watchdog().watching(uuid4(), client.abort, limits) as beat,
        client.stream(ASK, on_data=beat) as stream,
    ):
        list(stream)
    return caught.value, time.monotonic() - started


DEADLINES = {
    "first data: silence": ([CHUNKED, "wait for the end"], Limits(0.3, NEVER_S, NEVER_S),
                            "first-data"),
    "first data: no headers": (["wait for the end"], Limits(0.3, NEVER_S, NEVER_S), "first-data"),
    "first data: comments": ([CHUNKED, "comment for ever"], Limits(0.3, NEVER_S, NEVER_S),
                             "first-data"),
    "idle: silence": ([CHUNKED, WORD, "wait for the end"], Limits(NEVER_S, 0.3, NEVER_S), "idle"),
    "idle: comments": ([CHUNKED, WORD, "comment for ever"], Limits(NEVER_S, 0.3, NEVER_S), "idle"),
    "total: words without end": ([CHUNKED, "speak for ever"], Limits(NEVER_S, NEVER_S, 0.3),
                                 "total"),
}  # fmt: skip


@pytest.mark.parametrize(("script", "limits", "reason"), DEADLINES.values(), ids=DEADLINES.keys())
def test_comments_keep_no_call_alive(service, script, limits, reason):
    service.scripts = [script]

    stopped, took_s = read(service, limits)

    assert stopped.reason == reason
    assert 0.3 <= took_s < 0.3 + LATE_S
