"""After the database's clock was ahead for a while: nothing waits for the time that it showed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ai import health, ledger
from ai.jobs import bills, runner, sweeper
from ai.jobs.schedule import do_now
from ai.models import Job, ModelHealth, UpstreamCall
from ai.openrouter.errors import UnavailableError
from tests.ai.jobs.test_runner import outline
from tests.ai.ledger.test_money import terms

YEAR = timedelta(days=365)
HOUR = timedelta(hours=1)


def test_a_job_that_waits_for_next_year_is_due_now(api, project):
    job_id = outline(api, project)
    Job.objects.update(run_after=timezone.now() + YEAR, ring_at=timezone.now() + YEAR)

    before = runner.claim_fairest()
    note = do_now("impossible-dates")

    assert before is None
    assert note == "1 jobs, 0 leases and 0 bills were put off for too long"
    assert str(runner.claim_fairest().pk) == job_id


def test_what_may_be_is_left_alone(api, project):
    call = ledger.reserve(job=runner.claim(outline(api, project)), terms=terms())
    ledger.owe(call)
    waits = outline(api, project)
    Job.objects.filter(pk=waits).update(run_after=timezone.now() + HOUR)
    before = [*Job.objects.order_by("pk").values(), *UpstreamCall.objects.values()]

    do_now("impossible-dates")

    assert before == [*Job.objects.order_by("pk").values(), *UpstreamCall.objects.values()]


def test_a_dead_workers_lease_of_next_year_ends_soon(api, project):
    job = runner.claim(outline(api, project))
    Job.objects.update(lease_until=timezone.now() + YEAR)

    do_now("impossible-dates")

    job.refresh_from_db()
    assert job.status == "running"
    assert timezone.now() < job.lease_until < timezone.now() + timedelta(minutes=1)
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert sweeper.requeue_lost() == 1


def test_a_bill_of_next_year_is_asked_for_now(api, project):
    call = ledger.reserve(job=runner.claim(outline(api, project)), terms=terms())
    ledger.owe(call)
    UpstreamCall.objects.update(look_up_at=timezone.now() + YEAR)

    do_now("impossible-dates")
    bills.look_up_due()

    call.refresh_from_db()
    assert (call.hold_nusd, call.cost_nusd) == (0, None)  # it has no name to ask for


def test_a_model_that_rests_until_next_year_is_tried_by_one(db):
    ModelHealth.objects.create(slug="maker/first", failures=1, closed_until=timezone.now() + YEAR)

    with health.watched("maker/first"):
        second = health.watched("maker/first")
        with pytest.raises(UnavailableError, match="rests"):
            second.__enter__()

    assert ModelHealth.objects.get().closed_until is None
