"""Our books against OpenRouter's: the key, the account and its days."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ai.jobs.schedule import do_now
from ai.models import AccountState, LedgerCheck, UpstreamCall
from tests.ai.conftest import run
from tests.ai.jobs.test_runner import OUTLINE, outline

KEY = {"label": "sk-or-v1-ab...cd", "usage": 100, "limit": 50, "limit_remaining": 12.5}


def key(openrouter, **over):
    openrouter.pages["key"] = {"data": {**KEY, "is_management_key": False, **over}}


def spend(api, project, openrouter, cost="0.25"):
    openrouter.will_answer(OUTLINE, cost=cost)
    run(outline(api, project))


def checks(kind):
    rows = LedgerCheck.objects.filter(kind=kind).order_by("created_at", "id")
    return [(row.is_ok, row.detail) for row in rows]


def test_what_the_key_has_used_is_compared_since_the_last_time(api, project, openrouter):
    key(openrouter)
    first = do_now("ledger-books")
    spend(api, project, openrouter)
    key(openrouter, usage=100.25)
    second = do_now("ledger-books")
    key(openrouter, usage=100.75)
    third = do_now("ledger-books")

    assert (first, second, third) == ("1 agrees", "1 agrees", "1 differs")
    assert checks("key") == [
        (None, ["the first comparison with this key: the next ones start from here"]),
        (True, ["0.25 USD there, 0.25 USD here since the last time"]),
        (False, ["0.5 USD there, 0 USD here since the last time: 0.5 USD more there"]),
    ]


def test_calls_that_are_not_booked_yet_explain_a_difference(api, project, openrouter):
    key(openrouter)
    do_now("ledger-books")
    spend(api, project, openrouter, None)
    key(openrouter, usage=100.001)

    said = do_now("ledger-books")

    assert UpstreamCall.objects.get().hold_nusd > 1_000_000
    assert said == "1 agrees"
    assert "held for calls not booked yet" in checks("key")[-1][1][0]


def test_another_key_of_the_operator_begins_anew(api, openrouter):
    key(openrouter)
    do_now("ledger-books")
    key(openrouter, label="sk-or-v1-ef...gh", usage=900)

    do_now("ledger-books")

    assert [is_ok for is_ok, _ in checks("key")] == [None, None]


def test_what_is_said_of_the_key_is_kept(api, openrouter):
    AccountState.objects.create(account="operator", refused_since=timezone.now(), reason="no")
    key(
        openrouter,
        is_free_tier=True,
        free_model_daily_requests={"limit": 1000, "used": 3, "remaining": 997},
    )

    do_now("ledger-keys")

    state = AccountState.objects.get()
    assert (state.account, state.label) == ("operator", "sk-or-v1-ab...cd")
    assert (state.is_free_tier, state.limit_left_nusd) == (True, 12_500_000_000)
    assert (state.free_a_day, state.refused_since, state.reason) == (1000, None, "")


def test_what_the_key_may_not_ask_is_said_once(api, openrouter):
    key(openrouter)
    do_now("ledger-books")
    key(openrouter, is_management_key=None)
    openrouter.pages |= {"credits": 403, "activity": 403}

    do_now("ledger-books")

    for kind in ("credits", "activity"):
        assert checks(kind) == [(None, ["not available: this key may not ask for it"])]


def test_the_accounts_total_and_its_last_day_are_compared_too(api, project, openrouter):
    yesterday = (timezone.now() - timedelta(days=1)).strftime("%Y-%m-%d")
    key(openrouter, is_management_key=True)
    openrouter.pages["credits"] = {"data": {"total_credits": 500, "total_usage": 30}}
    openrouter.pages["activity"] = {"data": []}
    do_now("ledger-books")
    spend(api, project, openrouter)
    UpstreamCall.objects.update(day=yesterday)
    LedgerCheck.objects.filter(kind="activity").delete()
    openrouter.pages["credits"] = {"data": {"total_credits": 500, "total_usage": 30.25}}
    openrouter.pages["activity"] = {
        "data": [
            {"date": yesterday, "model_permaslug": "maker/model-20260101", "usage": 0.2},
            {"date": f"{yesterday} 00:00:00", "model_permaslug": "maker/other", "usage": 0.05},
            {"date": "2020-01-01", "model_permaslug": "maker/other", "usage": 7},
        ]
    }

    do_now("ledger-books")
    do_now("ledger-books")

    assert [is_ok for is_ok, _ in checks("credits")] == [None, True, True]
    assert checks("activity") == [
        (
            True,
            [
                "maker/model-20260101: 0.2 USD there, 0.25 USD here",
                "maker/other: 0.05 USD there, 0 USD here",
            ],
        )
    ]


@pytest.mark.parametrize("status", [401, 500])
def test_a_service_that_does_not_answer_is_no_difference(api, openrouter, status):
    openrouter.pages["key"] = status

    said = do_now("ledger-books")

    assert said == "1 not asked"
    assert LedgerCheck.objects.count() == 0
    refused = AccountState.objects.exclude(refused_since=None)
    assert refused.exists() is (status == 401)


def test_own_keys_that_were_used_have_books_of_their_own(api, project, openrouter, settings):
    own = "sk-or-v1-own-0123456789"
    path = f"/api/v1/workspaces/{api.workspace.pk}/openrouter-key/"
    api.put(path, {"key": own}, "application/json")
    settings.OPENROUTER_API_KEY = ""
    key(openrouter)
    spend(api, project, openrouter)
    do_now("ledger-books")
    spend(api, project, openrouter)
    key(openrouter, usage=100.25)

    said = do_now("ledger-books")

    accounts = set(LedgerCheck.objects.values_list("account", flat=True))
    assert (said, accounts) == ("1 agrees", {str(api.workspace.pk)})
    assert set(openrouter.keys) == {own}
    assert api.get(path).json()["state"] == "working"


def test_without_a_key_there_is_nothing_to_compare(db, settings):
    settings.OPENROUTER_API_KEY = ""

    assert do_now("ledger-books") == "no key"
    assert do_now("ledger-keys") == "none in doubt"
