"""A provider that fails rests, while others serve the same model."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ai import health
from ai.models import ModelHealth, UpstreamCall
from ai.openrouter.errors import RateLimitedError, UnavailableError
from ai.routing.preferences import NONE, Preferences
from tests.ai.conftest import run
from tests.ai.routing.conftest import (
    fails_at,
    make_endpoint,
    make_model,
    route_of,
    say,
    served_by,
    stack_of,
)

SLUG = "maker/first"


@pytest.fixture
def two(db):
    """`maker/first`, served by Alpha and by Beta."""
    entry = make_model(SLUG)
    make_endpoint(entry, "alpha")
    make_endpoint(entry, "beta")
    return entry


def fail(error, wishes=NONE):
    with pytest.raises(type(error)), health.watched(SLUG, wishes):
        raise error


def resting():
    """Name what rests, with its reason."""
    rows = ModelHealth.objects.filter(closed_until__isnull=False)
    return {row.provider: row.reason for row in rows}


def wake():
    ModelHealth.objects.update(closed_until=timezone.now() - timedelta(seconds=1))


def ask(served="", wishes=NONE):
    """Ask the model; return what is sent along about providers."""
    with health.watched(SLUG, wishes) as watch:
        watch.served = served
        return watch.wishes(wishes)


def test_the_provider_that_is_named_rests_and_the_model_does_not(two):
    fail(RateLimitedError("busy", provider="Alpha"))

    assert resting() == {"alpha": "busy"}
    assert ask().ignore == ("alpha",)


@pytest.mark.parametrize("name", ["alpha", "ALPHA", "Alpha"])
def test_a_provider_is_known_by_any_of_its_names(two, name):
    fail(RateLimitedError("busy", provider=name))

    assert list(resting()) == ["alpha"]


@pytest.mark.parametrize("name", [None, "", "Somebody Else"])
def test_without_a_provider_that_is_known_it_is_the_model_that_rests(two, name):
    fail(RateLimitedError("busy", provider=name))

    assert list(resting()) == [""]


@pytest.mark.parametrize("over", [{"is_disabled": True}, {"gone_at": timezone.now()}])
def test_the_only_living_provider_of_a_model_is_the_model(two, over):
    two.endpoints.filter(provider="beta").update(**over)

    fail(RateLimitedError("busy", provider="Alpha"))

    assert list(resting()) == [""]


def test_the_third_outage_of_a_provider_closes_it_and_the_others_count_apart(two):
    for name in ("Alpha", "Beta", "Alpha"):
        fail(UnavailableError("502", status=502, provider=name))
    before = resting()
    fail(UnavailableError("502", status=502, provider="Alpha"))

    assert (before, list(resting())) == ({}, ["alpha"])


def test_when_each_provider_rests_nothing_is_sent(two):
    fail(RateLimitedError("busy", provider="Alpha", retry_after_s=40))
    ask_beta = RateLimitedError("busy", provider="Beta", retry_after_s=20)
    fail(ask_beta)

    with pytest.raises(UnavailableError) as caught, health.watched(SLUG):
        raise AssertionError("it was let through")

    assert caught.value.never_sent
    assert 18 < caught.value.retry_after_s <= 20


def test_whoever_may_use_one_provider_alone_waits_for_it_and_others_do_not(two):
    only = Preferences(only=("alpha",))
    fail(RateLimitedError("busy", provider="Alpha"), only)

    with pytest.raises(UnavailableError, match="alpha"), health.watched(SLUG, only):
        raise AssertionError("it was let through")

    assert ask().ignore == ("alpha",)


def test_after_its_rest_one_call_asks_the_provider_first_and_others_go_round_it(two):
    fail(RateLimitedError("busy", provider="Alpha"))
    wake()

    with health.watched(SLUG) as probe:
        meanwhile = ask()
        probe.served = "Alpha"

    assert probe.wishes(Preferences()).order == ("alpha",)
    assert probe.wishes(Preferences()).ignore is None
    assert (meanwhile.order, meanwhile.ignore) == (None, ("alpha",))
    assert resting() == {}
    assert ask() == Preferences()


def test_a_provider_that_was_to_be_first_and_did_not_serve_rests_again_and_longer(two):
    fail(RateLimitedError("busy", provider="Alpha"))
    wake()

    ask(served="Beta")

    row = ModelHealth.objects.get(provider="alpha")
    assert (row.failures, row.reason) == (2, "beta answered in its place")
    assert row.closed_until > timezone.now() + timedelta(seconds=10)


def test_a_try_of_a_provider_that_fails_closes_it_again(two):
    fail(RateLimitedError("busy", provider="Alpha"))
    wake()

    fail(UnavailableError("502", status=502, provider="Alpha"))

    assert resting() == {"alpha": "502"}
    assert ModelHealth.objects.get(provider="alpha").failures == 2


def test_a_provider_that_is_not_wished_is_not_tried(two):
    fail(RateLimitedError("busy", provider="Alpha"))
    wake()

    found = ask(wishes=Preferences(only=("beta",)))

    assert (found.order, found.ignore) == (None, ("alpha",))


def test_a_job_goes_to_another_model_and_the_next_one_round_the_provider(api, project, openrouter):
    entry = make_model(SLUG)
    make_model("maker/second")
    make_endpoint(entry, "alpha")
    make_endpoint(entry, "beta")
    stack_of(project.workspace, provider={"ignore": ["gamma"]})
    openrouter.will_do(fails_at("Alpha"))
    openrouter.will_say("From the second.")
    served_by(openrouter, "Beta")

    first = run(say(api, project))
    second = run(say(api, project, "And now?"))

    assert (first.status, second.status) == ("succeeded", "succeeded")
    assert openrouter.heard[2]["model"] == SLUG
    assert openrouter.heard[2]["provider"] == {"ignore": ["gamma", "alpha"]}
    assert route_of(api, first.pk) == [
        (SLUG, "plan", "left"),
        ("maker/second", "fallback 1", "answered"),
    ]
    assert UpstreamCall.objects.filter(job=second).get().provider == "Beta"


def test_the_page_of_what_rests_says_why(api, project, openrouter):
    from tests.factories import browser_for, make_user

    fail(RateLimitedError("busy as a bee"))
    client = browser_for(make_user(is_staff=True, is_superuser=True))

    assert "busy as a bee" in client.get("/admin/ai/modelhealth/").content.decode()
