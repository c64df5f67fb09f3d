"""Free models: so many calls a minute and a day, counted before they are sent."""

import threading
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from django.db import connection

from ai import rates
from ai.models import AccountState, ModelHealth, RateWindow, UpstreamCall
from ai.openrouter.errors import RateLimitedError
from tests.ai.conftest import run, run_after_wait
from tests.ai.routing.conftest import make_model, route_of, say, stack_of

FREE = "maker/first:free"
NOON = datetime(2026, 11, 21, 12, 0, 30, tzinfo=UTC)


@pytest.fixture
def clock(monkeypatch):
    """The time that is read where windows are counted; set it by `.now`."""

    class Clock:
        now = NOON

    monkeypatch.setattr(rates.timezone, "now", lambda: Clock.now)
    return Clock


def take(times=1, account="operator", slug=FREE):
    for _ in range(times):
        rates.take(slug, account)


def used():
    return dict(RateWindow.objects.values_list("key", "used"))


def test_twenty_calls_fit_into_a_minute_and_the_next_waits_for_its_end(db, clock):
    take(20)

    with pytest.raises(rates.FreeLimitError) as caught:
        take()

    assert (caught.value.never_sent, caught.value.retry_after_s) == (True, 30.0)
    clock.now += timedelta(seconds=30)
    take()
    assert used()["operator:minute:2026-11-21T12:00"] == 20
    assert used()["operator:minute:2026-11-21T12:01"] == 1


def test_the_day_ends_at_midnight_utc_and_a_refusal_takes_nothing_of_the_minute(
    db, clock, settings
):
    settings.FREE_REQUESTS_A_DAY = 3
    take(3)

    with pytest.raises(rates.FreeLimitError) as caught:
        take()

    assert caught.value.retry_after_s == 12 * 3600 - 30
    assert used() == {"operator:minute:2026-11-21T12:00": 3, "operator:day:2026-11-21T00:00": 3}
    clock.now = datetime(2026, 11, 22, 0, 0, 1, tzinfo=UTC)
    take()


def test_an_account_with_more_a_day_gets_more(db, clock, settings):
    settings.FREE_REQUESTS_A_MINUTE = 0
    settings.FREE_REQUESTS_A_DAY = 2
    AccountState.objects.create(account="operator", free_a_day=5)

    take(5)
    with pytest.raises(rates.FreeLimitError):
        take()

    assert used() == {"operator:day:2026-11-21T00:00": 5}


def test_an_account_without_free_calls_gets_none_and_a_limit_of_0_counts_nothing(
    db, clock, settings
):
    AccountState.objects.create(account="operator", free_a_day=0)
    with pytest.raises(rates.FreeLimitError):
        take()
    settings.FREE_REQUESTS_A_MINUTE = settings.FREE_REQUESTS_A_DAY = 0

    take(30)

    assert used() == {}
    daily = RateLimitedError("free-models-per-day", until_utc_midnight=True)
    assert not rates.is_of_account(daily)  # then it is the model that rests


def test_accounts_are_counted_apart_and_models_that_cost_are_not(db, clock, settings):
    settings.FREE_REQUESTS_A_DAY = 1
    take(1)
    take(1, account="another")
    take(30, slug="maker/first")

    assert sorted(used().values()) == [1, 1, 1, 1]


def test_windows_of_days_gone_by_are_thrown_away(db, clock):
    take()
    clock.now += timedelta(days=4)
    take()

    assert sorted(used()) == ["operator:day:2026-11-25T00:00", "operator:minute:2026-11-25T12:00"]


def test_a_refusal_that_names_the_day_closes_the_day_for_every_free_model(db, clock):
    refusal = RateLimitedError("free-models-per-day", until_utc_midnight=True)

    rates.heard(refusal, FREE, "operator")

    with pytest.raises(rates.FreeLimitError) as caught:
        take(slug="other/model:free")
    assert caught.value.retry_after_s == 12 * 3600 - 30
    take(account="another")


# --- at the edge ----------------------------------------------------------------------------------


@pytest.fixture
def free_first(project, settings):
    """A plan that asks a free model, then another one; one free call a day."""
    settings.FREE_REQUESTS_A_DAY = 1
    make_model(FREE)
    make_model("maker/second")
    stack_of(project.workspace, model_slug=FREE)
    return project


def test_over_the_limit_the_next_model_of_the_chain_answers(api, free_first, openrouter):
    openrouter.will_say("Free.")
    openrouter.will_say("Paid.")
    run(say(api, free_first))

    job = run(say(api, free_first, "Again."))

    assert [heard["model"] for heard in openrouter.heard] == [FREE, "maker/second"]
    assert route_of(api, job.pk) == [
        (FREE, None, "left"),
        ("maker/second", "fallback 1", "answered"),
    ]
    stops = api.get(f"/api/v1/jobs/{job.pk}/").json()["route"]
    assert stops[0]["reason"] == "the 1 free calls of this day are used up"
    assert (stops[0]["callId"], stops[0]["costUsd"]) == (None, "0")
    assert not ModelHealth.objects.exists()


def test_without_another_model_the_job_waits_for_the_minute_to_end(
    api, free_first, openrouter, settings
):
    settings.FREE_REQUESTS_A_DAY, settings.FREE_REQUESTS_A_MINUTE = 50, 1
    stack_of(free_first.workspace, fallback_slugs=[])
    rates.take(FREE, "operator")
    job_id = say(api, free_first)

    waiting = run(job_id)
    calls = UpstreamCall.objects.count()
    RateWindow.objects.all().delete()
    openrouter.will_say("Free.")
    done = run_after_wait(job_id)

    assert (waiting.status, calls, done.status) == ("queued", 0, "succeeded")
    assert waiting.run_after <= waiting.started_at + timedelta(seconds=80)


def test_a_day_that_is_used_up_elsewhere_closes_free_models_and_no_breaker(
    api, free_first, openrouter, settings
):
    settings.FREE_REQUESTS_A_DAY = 50
    error = {"code": 429, "message": "Rate limit exceeded: free-models-per-day. Add credits"}
    openrouter.will_do(lambda _: httpx.Response(429, json={"error": error}))
    openrouter.will_say("Paid.")
    openrouter.will_say("Paid again.")

    run(say(api, free_first))
    job = run(say(api, free_first, "Again."))

    assert job.status == "succeeded"
    assert [heard["model"] for heard in openrouter.heard] == [FREE, "maker/second", "maker/second"]
    assert not ModelHealth.objects.exists()


@pytest.mark.parametrize(
    ("status", "message", "code"),
    [
        (403, "Key limit exceeded (daily limit)", "key-limit-exceeded"),
        (402, "Insufficient credits", "account-empty"),
    ],
)
def test_an_account_that_cannot_pay_fails_the_job_and_says_so(
    api, free_first, openrouter, status, message, code
):
    openrouter.will_fail(status, message)

    job = run(say(api, free_first))

    assert (job.status, job.error["code"]) == ("failed", code)
    assert message in job.error["detail"]
    assert message in AccountState.objects.get(account="operator").reason
    assert len(openrouter.heard) == 1


def test_workers_that_count_at_once_let_exactly_the_limit_through(transactional_db, settings):
    settings.FREE_REQUESTS_A_MINUTE = 0
    settings.FREE_REQUESTS_A_DAY = 20
    start, let_through = threading.Barrier(8), []

    def work():
        start.wait()
        for _ in range(5):
            try:
                rates.take(FREE, "operator")
            except rates.FreeLimitError:
                continue
            let_through.append(1)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(let_through) == 20
    assert RateWindow.objects.get().used == 20
