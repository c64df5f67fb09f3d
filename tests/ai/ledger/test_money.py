"""The budget: held before, booked after, never overspent, unknown never zero."""

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from ai import ledger
from ai.jobs import bills, runner, service
from ai.ledger.prices import nusd_of
from ai.models import Budget, CatalogueEntry, Job, UpstreamCall
from ai.openrouter.wire import Usage
from canvas.core.errors import Unaffordable
from canvas.core.money import usd_text
from canvas.workspaces.models import Plan, Workspace
from tests.ai.conftest import run
from tests.ai.jobs.test_runner import OUTLINE, outline

CENT = 10_000_000


def terms(nusd=CENT, tokens=10, images=0):
    return ledger.Terms("outline", "0" * 12, "maker/first", nusd, tokens, images)


def claimed(api, project):
    return runner.claim(outline(api, project))


def counters():
    """What each of the three purses says: day, month and project have the same calls here."""
    columns = ("spent_nusd", "hold_nusd", "tokens", "hold_tokens", "images")
    [same] = set(Budget.objects.values_list(*columns))
    assert Budget.objects.count() == 3
    return same


@pytest.mark.parametrize(
    ("usd", "nusd"),
    [
        ("0", 0),
        ("0.000000001", 1),
        ("0.00000002", 20),
        ("1e-7", 100),
        ("0.0000000005", 1),
        ("0.0000000004", 0),
        ("123.456789012", 123_456_789_012),
    ],
)
def test_dollars_become_whole_nano_dollars(usd, nusd):
    assert nusd_of(Decimal(usd)) == nusd


@pytest.mark.parametrize(
    ("nusd", "usd"),
    [(None, None), (0, "0"), (1, "0.000000001"), (CENT, "0.01"), (2 * 10**9, "2")],
)
def test_nano_dollars_are_written_as_dollars(nusd, usd):
    assert usd_text(nusd) == usd


def test_the_worst_case_is_rounded_up_and_an_unknown_price_is_not_free():
    entry = CatalogueEntry(
        prompt_nusd_per_m=20_000_000, completion_nusd_per_m=30_000_001, image_nusd_per_k=217_000
    )

    assert ledger.worst_case_nusd(entry, prompt_tokens=1, max_tokens=1, images=1) == 51 + 217
    assert ledger.worst_case_nusd(None, prompt_tokens=1, max_tokens=1) > 0


def test_a_call_holds_the_worst_case_until_its_cost_is_booked(api, project, openrouter):
    job_id = outline(api, project)
    held = []
    openrouter.before = lambda: held.append(counters())
    openrouter.will_answer(OUTLINE, cost="0.000123456789")

    run(job_id)

    call = UpstreamCall.objects.get()
    assert held[0][1] > 0
    assert (call.status, call.cost_nusd, call.hold_nusd) == ("settled", 123_457, 0)
    assert (call.prompt_tokens, call.completion_tokens) == (10, 5)
    assert call.generation_id == "gen-1"
    assert call.model_served == "maker/model-20260101"
    assert counters() == (123_457, 0, 15, 0, 0)


def test_what_does_not_fit_is_refused_before_anything_is_sent(api, project, openrouter):
    job_id = outline(api, project)
    Workspace.objects.filter(pk=api.workspace.pk).update(budget_nusd_a_month=1)

    job = run(job_id)

    assert (job.status, job.error["code"], job.error["status"]) == (
        "failed", "budget-exhausted", 402,
    )  # fmt: skip
    assert openrouter.heard == []
    assert UpstreamCall.objects.count() == 0
    assert counters() == (0, 0, 0, 0, 0)


def test_an_empty_budget_is_refused_at_the_door(api, project):
    Workspace.objects.filter(pk=api.workspace.pk).update(budget_nusd_a_month=0)

    answer = api.post(f"/api/v1/projects/{project.pk}/messages/", {"content": "Hello"})

    assert (answer.status_code, answer.json()["code"]) == (402, "budget-exhausted")
    assert Job.objects.count() == 0
    assert project.messages.count() == 0


def test_used_up_tokens_are_a_quota(api, project):
    Plan.objects.filter(pk=api.workspace.plan_id).update(tokens_a_month=0)

    answer = api.post(f"/api/v1/projects/{project.pk}/messages/", {"content": "Hello"})

    assert (answer.status_code, answer.json()["code"]) == (402, "quota-exhausted")
    assert answer.json()["quota"] == "tokens"


def test_pictures_count_against_their_own_quota(api, project):
    Plan.objects.filter(pk=api.workspace.plan_id).update(images_a_month=1)
    job = claimed(api, project)
    job.workspace.plan.refresh_from_db()

    ledger.reserve(job=job, terms=terms(images=1))
    with pytest.raises(Unaffordable) as refused:
        ledger.reserve(job=job, terms=terms(images=1))

    assert (refused.value.code, refused.value.extra["quota"]) == ("quota-exhausted", "pictures")
    assert counters()[4] == 1


def test_a_failed_call_gives_everything_back(api, project):
    call = ledger.reserve(job=claimed(api, project), terms=terms(images=1))

    ledger.fail(call, error_code="503")
    ledger.fail(call, error_code="503")

    call.refresh_from_db()
    assert (call.status, call.cost_nusd, call.hold_nusd) == ("failed", 0, 0)
    assert counters() == (0, 0, 0, 0, 0)


def test_an_unknown_cost_stays_unknown_and_held_until_it_is_looked_up(api, project, openrouter):
    job_id = outline(api, project)
    openrouter.will_answer(OUTLINE, cost=None)
    run(job_id)
    call = UpstreamCall.objects.get()
    spent_before, hold_before = counters()[:2]
    UpstreamCall.objects.update(look_up_at="2020-01-01T00:00:00Z")

    bills.look_up_due()  # 404: not known yet
    after_miss = UpstreamCall.objects.get()
    UpstreamCall.objects.update(look_up_at="2020-01-01T00:00:00Z")
    openrouter.bills["gen-1"] = {"id": "gen-1", "total_cost": 0.0005, "tokens_prompt": 7}
    bills.look_up_due()

    assert (call.status, call.cost_nusd) == ("unknown", None)
    assert (spent_before, hold_before > 0) == (0, True)
    assert (after_miss.status, after_miss.look_ups) == ("unknown", 1)
    call.refresh_from_db()
    assert (call.status, call.cost_nusd, call.prompt_tokens) == ("settled", 500_000, 7)
    # The bill is silent about these, and the answer was not.
    assert (call.completion_tokens, call.model_served) == (5, "maker/model-20260101")
    assert counters() == (500_000, 0, 12, 0, 0)


def test_a_bill_that_never_comes_frees_the_hold_and_the_cost_stays_unknown(api, project):
    call = ledger.reserve(job=claimed(api, project), terms=terms())
    ledger.sent(call)
    ledger.owe(call)
    UpstreamCall.objects.update(look_up_at="2020-01-01T00:00:00Z")

    bills.look_up_due()  # it has no generation id: nobody can be asked

    call.refresh_from_db()
    assert (call.status, call.cost_nusd, call.hold_nusd) == ("unknown", None, 0)
    assert counters()[:2] == (0, 0)


def test_a_hold_is_let_go_of_once_even_if_the_bill_was_given_up_meanwhile(api, project):
    job = claimed(api, project)
    call, other = (ledger.reserve(job=job, terms=terms()) for _ in range(2))
    ledger.sent(call)
    ledger.owe(call)
    late = UpstreamCall.objects.get(pk=call.pk)
    ledger.expire(UpstreamCall.objects.get(pk=call.pk))

    ledger.settle(late, Usage(cost_usd=Decimal("0.001")))

    assert counters()[:2] == (1_000_000, other.hold_nusd)


def test_a_cost_is_counted_once_however_often_it_is_told(api, project):
    call = ledger.reserve(job=claimed(api, project), terms=terms())
    usage = Usage(prompt_tokens=3, completion_tokens=4, cost_usd=Decimal("0.001"))

    ledger.settle(call, usage)
    ledger.settle(call, usage)

    assert counters() == (1_000_000, 0, 7, 0, 0)


def test_without_a_key_nothing_is_held(api, project, openrouter, settings):
    job_id = outline(api, project)
    settings.OPENROUTER_API_KEY = ""

    job = run(job_id)

    assert (job.status, job.error["code"]) == ("failed", "no-api-key")
    assert UpstreamCall.objects.count() == 0
    assert not Budget.objects.exists()


def test_a_bug_of_ours_while_a_call_is_open_leaves_it_owed(api, project, openrouter):
    job_id = outline(api, project)
    openrouter.will_do(lambda _: 1 / 0)

    job = run(job_id)

    call = UpstreamCall.objects.get()
    assert (job.status, call.status, call.error_code) == ("failed", "unknown", "internal")
    assert call.hold_nusd == counters()[1] > 0


def test_a_worker_that_dies_after_a_cancel_leaves_no_call_open(api, project):
    job = claimed(api, project)
    reserved = ledger.reserve(job=job, terms=terms())
    sent = ledger.reserve(job=job, terms=terms())
    ledger.sent(sent)
    service.cancel(job=job)

    at_once = ledger.abandon_orphans(silent_for=timedelta(seconds=30))
    Job.objects.update(finished_at=timezone.now() - timedelta(seconds=31))
    later = ledger.abandon_orphans(silent_for=timedelta(seconds=30))

    for call in (reserved, sent):
        call.refresh_from_db()
    assert (at_once, later) == (0, 1)
    assert (reserved.status, reserved.cost_nusd) == ("failed", 0)
    assert (sent.status, sent.cost_nusd) == ("unknown", None)
    assert counters()[:2] == (0, CENT)


def test_forty_calls_at_once_on_the_last_ten_cents_admit_exactly_ten(api, project):
    job = claimed(api, project)
    Workspace.objects.filter(pk=api.workspace.pk).update(budget_nusd_a_month=10 * CENT)
    job.workspace.refresh_from_db()
    barrier, outcomes = threading.Barrier(40), []

    def one():
        barrier.wait()
        try:
            outcomes.append(ledger.reserve(job=job, terms=terms()).hold_nusd)
        except Unaffordable:
            outcomes.append(0)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == [0] * 30 + [CENT] * 10
    assert counters()[:2] == (0, 10 * CENT)
