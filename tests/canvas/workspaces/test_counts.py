"""Counting calls in this process."""

import threading

import pytest
from limits import RateLimitItemPerMinute
from limits.strategies import MovingWindowRateLimiter

from canvas.workspaces import counts
from canvas.workspaces.counts import LocalCounts

TWICE = RateLimitItemPerMinute(2)


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 1_000.0

        def time(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(counts, "time", clock)
    return clock


def test_a_window_moves_with_the_time(clock):
    limiter = MovingWindowRateLimiter(LocalCounts())

    first = [limiter.hit(TWICE, "a") for _ in range(3)]
    window = limiter.get_window_stats(TWICE, "a")
    clock.now += 61
    later = limiter.hit(TWICE, "a")

    assert (first, later) == ([True, True, False], True)
    assert (window.reset_time, window.remaining) == (1_060, 0)
    assert limiter.get_window_stats(TWICE, "a").remaining == 1


def test_callers_do_not_share_a_window_and_one_can_be_cleared():
    storage = LocalCounts()
    limiter = MovingWindowRateLimiter(storage)
    for caller in ("a", "a", "b"):
        limiter.hit(TWICE, caller)

    storage.clear(TWICE.key_for("a"))

    assert limiter.get_window_stats(TWICE, "a").remaining == 2
    assert limiter.get_window_stats(TWICE, "b").remaining == 1
    assert (storage.reset(), limiter.get_window_stats(TWICE, "b").remaining) == (1, 2)


def test_the_silent_are_forgotten(clock):
    storage = LocalCounts()
    limiter = MovingWindowRateLimiter(storage)
    for number in range(100):
        limiter.hit(TWICE, str(number))

    clock.now += 61
    limiter.hit(TWICE, "new")

    assert (storage.get(TWICE.key_for("7")), storage.get(TWICE.key_for("new"))) == (0, 1)
    assert storage.reset() == 1


def test_exactly_as_many_pass_as_may_and_no_thread_is_started():
    limiter = MovingWindowRateLimiter(LocalCounts())
    item = RateLimitItemPerMinute(50)
    passed = []

    def hit():
        for _ in range(20):
            passed.append(limiter.hit(item, "a"))  # noqa: PERF401 from several threads

    before = threading.active_count()
    hitting = [threading.Thread(target=hit) for _ in range(5)]
    for one in hitting:
        one.start()
    for one in hitting:
        one.join()

    assert passed.count(True) == 50
    assert threading.active_count() == before


def test_calls_are_counted_whether_or_not_they_are_too_many():
    counts = LocalCounts()

    found = [counts.incr("a", 60), counts.incr("a", 60, amount=3), counts.incr("b", 60)]

    assert found == [1, 4, 1]
    assert counts.get_moving_window("a", 2, 60)[1] == 4
    assert counts.acquire_entry("a", 4, 60) is False
