"""A model that fails rests, for all workers at once, and one call at a time tries it again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ai import health
from ai.models import ModelHealth, UpstreamCall
from ai.openrouter.errors import (
    BadReplyError,
    RateLimitedError,
    RejectedError,
    StoppedError,
    UnavailableError,
)
from tests.ai.conftest import run, run_after_wait
from tests.ai.jobs.test_runner import OUTLINE, outline

pytestmark = pytest.mark.django_db

SLUG = "maker/first"


def fail(error):
    with pytest.raises(type(error)), health.watched(SLUG):
        raise error


def rest_s():
    """How long the model still rests; None if it does not."""
    until = ModelHealth.objects.get(slug=SLUG).closed_until
    return until and (until - timezone.now()).total_seconds()


def wake():
    """Let the rest be over."""
    ModelHealth.objects.update(closed_until=timezone.now() - timedelta(seconds=1))


def test_a_model_that_answers_has_no_row():
    with health.watched(SLUG):
        pass

    assert not ModelHealth.objects.exists()


def test_a_rate_limit_closes_the_model_at_once_and_nobody_asks_it():
    fail(RateLimitedError("slow down"))
    asked = []

    with pytest.raises(UnavailableError) as caught, health.watched(SLUG):
        asked.append(SLUG)

    assert asked == []
    assert caught.value.never_sent
    assert caught.value.retryable
    assert 1 <= caught.value.retry_after_s <= health.FIRST_REST_S


def test_the_model_rests_as_long_as_it_asked_for_but_not_for_a_day():
    fail(RateLimitedError("slow down", retry_after_s=30))
    asked_for = rest_s()
    wake()
    fail(RateLimitedError("slow down", retry_after_s=86_400))

    assert 28 < asked_for <= 30
    assert health.LONGEST_ASKED_S - 2 < rest_s() <= health.LONGEST_ASKED_S


@pytest.mark.parametrize(
    "error", [UnavailableError("502", status=502), StoppedError("first-data")], ids=["502", "late"]
)
def test_the_third_outage_in_a_row_closes_the_model(error):
    fail(error)
    fail(error)
    before = rest_s()
    fail(error)

    assert before is None
    assert rest_s() > 0


def test_a_good_answer_between_two_outages_begins_the_count_anew():
    for _ in range(2):
        fail(UnavailableError("502", status=502))
    with health.watched(SLUG):
        pass
    fail(UnavailableError("502", status=502))

    assert (ModelHealth.objects.get().failures, rest_s()) == (1, None)


def test_calls_that_were_in_flight_together_count_as_one_failure():
    def fail_beside_another():
        with health.watched(SLUG):
            fail(RateLimitedError("the first of them"))
            raise RateLimitedError("the second")

    with pytest.raises(RateLimitedError):
        fail_beside_another()

    assert ModelHealth.objects.get().failures == 1


def test_after_its_rest_one_call_tries_and_the_others_wait():
    fail(RateLimitedError("slow down"))
    wake()
    with health.watched(SLUG), pytest.raises(UnavailableError), health.watched(SLUG):
        raise AssertionError("a second call was let through")

    assert ModelHealth.objects.get().failures == 0
    assert rest_s() is None


def test_each_rest_is_longer_than_the_one_before_up_to_a_minute():
    rests = []
    for _ in range(7):
        fail(RateLimitedError("slow down"))
        rests.append(round(rest_s()))
        wake()

    assert rests == [8, 16, 32, 60, 60, 60, 60]


def test_a_model_that_is_away_for_days_is_still_counted_and_tried():
    ModelHealth.objects.create(
        slug=SLUG, failures=5_000, closed_until=timezone.now() - timedelta(seconds=1)
    )

    fail(RateLimitedError("slow down"))

    assert 50 < rest_s() <= health.LONGEST_REST_S


@pytest.mark.parametrize("error", [RejectedError("no", status=400), BadReplyError("cut")])
def test_an_answer_that_cannot_be_used_shows_that_the_model_is_there(error):
    fail(RateLimitedError("slow down"))
    wake()
    fail(error)

    assert rest_s() is None


def test_a_call_that_we_stopped_says_nothing_about_the_model():
    fail(StoppedError("cancelled"))

    assert not ModelHealth.objects.exists()


def test_a_job_waits_without_a_call_while_its_models_rest(api, project, openrouter):
    for slug in (SLUG, "maker/second"):
        ModelHealth.objects.create(
            slug=slug, failures=3, closed_until=timezone.now() + timedelta(seconds=40)
        )
    job_id = outline(api, project)

    waiting = run(job_id)
    calls = UpstreamCall.objects.count()
    ModelHealth.objects.update(closed_until=timezone.now())
    openrouter.will_answer(OUTLINE)
    done = run_after_wait(job_id)

    assert (waiting.status, waiting.waits, calls) == ("queued", 1, 0)
    assert waiting.run_after > timezone.now() + timedelta(seconds=35)
    assert done.status == "succeeded"
    assert ModelHealth.objects.get(slug=SLUG).closed_until is None
