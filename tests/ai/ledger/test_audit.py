"""The nightly check: counters equal the sums of the rows, and what is done when they do not."""

import threading
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ai import ledger
from ai.jobs.schedule import do_now
from ai.ledger import audit
from ai.models import Budget, LedgerCheck, UpstreamCall
from ai.openrouter.wire import Usage
from tests.ai.factories import make_call
from tests.ai.ledger.test_money import CENT, claimed, terms


def at(monkeypatch, text):
    """Let it be that time (UTC)."""
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: moment)


def costing(usd, tokens=0):
    return Usage.model_validate({"cost_usd": usd, "prompt_tokens": tokens, "completion_tokens": 0})


def calls_of_every_kind(job):
    """Leave a call in each state; give the open one."""
    for usd in ("0.01", "0.02"):
        ledger.settle(ledger.reserve(job=job, terms=terms(images=1)), costing(usd, 7))
    ledger.fail(ledger.reserve(job=job, terms=terms(images=1)), error_code="503")
    owed = ledger.reserve(job=job, terms=terms(images=1))
    ledger.sent(owed)
    ledger.owe(owed, costing(None, 5))
    expired = ledger.reserve(job=job, terms=terms())
    ledger.sent(expired)
    ledger.owe(expired)
    ledger.expire(expired)
    return ledger.reserve(job=job, terms=terms())


def test_counters_are_the_sums_of_calls_in_every_state(api, project):
    calls_of_every_kind(claimed(api, project))

    assert audit.differences() == []
    assert do_now("ledger-counters") == "all counters equal the sums of their calls"
    assert LedgerCheck.objects.get().is_ok is True


@pytest.mark.parametrize("counter", audit.COUNTERS)
def test_each_wrong_counter_is_named_and_mended_from_the_rows(api, project, capsys, counter):
    calls_of_every_kind(claimed(api, project))
    right = sorted(map(str, Budget.objects.values()))
    Budget.objects.filter(project=project).update(**{counter: 123_000_000_000})

    with pytest.raises(CommandError, match="differ"):
        call_command("check_ledger")
    told = capsys.readouterr().out
    call_command("check_ledger", "--mend")

    shown = "123 USD instead of" if counter.endswith("_nusd") else "123000000000 instead of"
    assert f"project {project.pk}, all, operator" in told
    assert shown in told
    assert "1 purses mended" in capsys.readouterr().out
    assert sorted(map(str, Budget.objects.values())) == right
    assert [row.is_ok for row in LedgerCheck.objects.order_by("created_at")] == [False, True]


def test_lost_counters_and_counters_of_nothing_are_differences_too(api, project):
    calls_of_every_kind(claimed(api, project))
    right = sorted(Budget.objects.values_list("scope_id", "period", "payer", *audit.COUNTERS))
    Budget.objects.filter(project=project).delete()
    Budget.objects.create(
        workspace=api.workspace, scope_id=api.workspace.pk, period="2001-01", spent_nusd=5
    )

    found = audit.differences()
    mended = [audit.mend(one) for one in found]

    assert sorted((one.period, one.should[0]) for one in found) == [
        ("2001-01", 0),
        ("all", 3 * CENT),
    ]
    assert mended == [True, True]
    assert audit.differences() == []
    Budget.objects.filter(period="2001-01").delete()
    now = sorted(Budget.objects.values_list("scope_id", "period", "payer", *audit.COUNTERS))
    assert now == right


def test_mending_what_is_right_by_now_changes_nothing(api, project):
    calls_of_every_kind(claimed(api, project))
    Budget.objects.update(spent_nusd=1)
    found = audit.differences()
    for one in found:
        audit.mend(one)

    assert [audit.mend(one) for one in found] == [False] * len(found)


def test_the_nightly_act_says_what_is_wrong(api, project):
    calls_of_every_kind(claimed(api, project))
    Budget.objects.filter(project=project).update(tokens=99)

    said = do_now("ledger-counters")

    assert said == f"wrong: project {project.pk}, all, operator: tokens 99 instead of 14"


def test_a_check_is_one_statement_however_many_purses_there_are(api, project):
    job = claimed(api, project)
    make_call(job, cost_nusd=5)
    with CaptureQueriesContext(connection) as few:
        one = audit.differences()
    for day in range(1, 29):
        make_call(job, cost_nusd=5, day=f"2025-01-{day:02}")

    with CaptureQueriesContext(connection) as many:
        found = audit.differences()

    assert (len(few), len(many)) == (1, 1)
    assert (len(one), len(found)) == (3, 3 + 28 + 1)


def test_mending_beside_calls_loses_none_of_them(api, project):
    job = claimed(api, project)
    ledger.reserve(job=job, terms=terms())
    Budget.objects.update(hold_nusd=0, spent_nusd=7)
    done = threading.Event()

    def book():
        try:
            while not done.is_set():
                call = ledger.reserve(job=job, terms=terms())
                ledger.settle(call, costing("0.001", 2))
        finally:
            connection.close()

    threads = [threading.Thread(target=book) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        for one in audit.differences():
            audit.mend(one)
    done.set()
    for thread in threads:
        thread.join()
    for one in audit.differences():
        audit.mend(one)

    assert audit.differences() == []
    spent = UpstreamCall.objects.filter(status="settled").count() * 1_000_000
    assert set(Budget.objects.values_list("spent_nusd", "hold_nusd")) == {(spent, CENT)}


# --- clocks ---------------------------------------------------------------------------------------


def spent(period):
    return sum(Budget.objects.filter(period=period).values_list("spent_nusd", flat=True))


def test_a_call_of_november_that_is_settled_in_december_counts_in_november(
    api, project, monkeypatch
):
    job = claimed(api, project)
    at(monkeypatch, "2026-11-30T23:59:59")
    call = ledger.reserve(job=job, terms=terms())
    at(monkeypatch, "2026-12-01T00:00:05")

    ledger.settle(call, costing("0.004", 9))
    later = ledger.reserve(job=job, terms=terms())
    ledger.settle(later, costing("0.001"))

    assert (spent("2026-11"), spent("2026-11-30")) == (4_000_000, 4_000_000)
    assert (spent("2026-12"), spent("2026-12-01")) == (1_000_000, 1_000_000)
    assert spent("all") == 5_000_000
    assert audit.differences() == []


def test_two_month_ends_in_a_row_leave_each_month_its_own(api, project, monkeypatch):
    job = claimed(api, project)
    held = []
    for moment in ("2026-11-30T23:59:59", "2026-12-31T23:59:59", "2027-01-31T23:59:59"):
        at(monkeypatch, moment)
        held.append(ledger.reserve(job=job, terms=terms()))
    at(monkeypatch, "2027-02-01T00:00:00")

    ledger.fail(held[0], error_code="503")
    ledger.settle(held[1], costing("0.002"))
    ledger.owe(held[2])

    assert [spent(month) for month in ("2026-11", "2026-12", "2027-01", "2027-02")] == [
        0, 2_000_000, 0, 0,
    ]  # fmt: skip
    assert Budget.objects.get(period="2027-01").hold_nusd == CENT
    assert audit.differences() == []


def test_a_clock_that_jumps_back_and_forth_takes_nothing_below_zero(api, project, monkeypatch):
    job = claimed(api, project)
    moments = [
        "2026-11-21T12:00:00", "2031-01-01T00:00:00", "2026-11-20T12:00:00",
        "1999-12-31T23:59:59", "2026-12-01T00:00:00",
    ]  # fmt: skip
    calls = []
    for moment in moments:
        at(monkeypatch, moment)
        calls.append(ledger.reserve(job=job, terms=terms(images=1)))
    for moment, call in zip(reversed(moments), calls, strict=True):
        at(monkeypatch, moment)
        ledger.settle(call, costing("0.003", 4))

    counters = Budget.objects.values_list(*audit.COUNTERS)
    assert all(value >= 0 for row in counters for value in row)
    assert spent("all") == 5 * 3_000_000
    assert audit.differences() == []
