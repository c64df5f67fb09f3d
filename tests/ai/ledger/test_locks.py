"""Who waits for whom on PostgreSQL: purses in one order; what a call is, its locked row says."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from ai import ledger
from ai.jobs import runner
from ai.ledger import audit, purses, warnings
from ai.models import Budget, UpstreamCall
from tests.ai.jobs.test_runner import outline
from tests.ai.ledger.test_money import CENT, terms

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL"),
]
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = %s"


@pytest.fixture
def job(api, project):
    return runner.claim(outline(api, project))


def running_into_us(act):
    """Let another session do something until it waits for our locks; return what waits for it."""
    raised = []

    def do():
        try:
            act()
        except (DatabaseError, AssertionError) as exc:
            raised.append(exc)
        finally:
            connection.close()

    thread = threading.Thread(target=do)
    thread.start()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(WAITING, [connection.settings_dict["NAME"]])
            if cursor.fetchone()[0]:
                break
        time.sleep(0.01)

    def finish():
        thread.join(10)
        assert not thread.is_alive()
        assert raised == []

    return finish


def touch(**lookups):
    """Lock a purse as a call does that holds something."""
    assert Budget.objects.filter(**lookups).update(images=0) == 1


def come_first(period):
    """Have a purse stand before the others where the table is read through."""
    row = Budget.objects.get(period=period)
    Budget.objects.exclude(pk=row.pk).update(images=0)  # an update writes a row anew, at the end


def test_warnings_are_armed_anew_beside_a_call_that_holds_something(job):
    call = ledger.reserve(job=job, terms=terms())
    Budget.objects.update(warned_at=timezone.now())
    come_first(call.day[:7])

    with transaction.atomic():
        touch(period=call.day)
        finish = running_into_us(warnings.rearm)
        touch(period=call.day[:7])
    finish()

    assert not Budget.objects.exclude(warned_at=None).exists()


def test_calls_of_two_days_are_given_up_beside_one_that_holds_something(job, monkeypatch):
    now = timezone.now()
    for day in (1, 2):
        at = datetime(now.year, now.month, day, 12, tzinfo=UTC)
        monkeypatch.setattr(purses.timezone, "now", lambda at=at: at)
        last = ledger.reserve(job=job, terms=terms())
    monkeypatch.undo()

    with transaction.atomic():
        touch(period=last.day)
        finish = running_into_us(
            transaction.atomic(lambda: ledger.abandon(job_id=job.pk, fence=job.fence))
        )
        touch(period=last.day[:7])
    finish()

    assert set(Budget.objects.values_list("hold_nusd", flat=True)) == {0}
    assert audit.differences() == []


def test_a_call_that_leaves_while_its_worker_is_given_up_is_owed_and_not_free(job):
    call = ledger.reserve(job=job, terms=terms())

    with transaction.atomic():
        UpstreamCall.objects.filter(pk=call.pk).update(status="sent", sent_at=timezone.now())
        finish = running_into_us(
            transaction.atomic(lambda: ledger.abandon(job_id=job.pk, fence=job.fence))
        )
    finish()

    call.refresh_from_db()
    assert (call.status, call.cost_nusd, call.hold_nusd) == ("unknown", None, CENT)
    assert call.look_up_at > timezone.now() + timedelta(minutes=50)
    assert audit.differences() == []
