"""The auditor of `make chaos` finds what it is there to find, and nothing where all is well."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from ai.models import Budget, CallStatus, Job, MessageRole
from chaos.auditor import audit
from chaos.tables import Tables
from scenes.models import Event
from scenes.services import feed
from tests.ai.conftest import project  # noqa: F401 a fixture
from tests.ai.factories import make_call, make_job, make_message

CENT_NUSD = 10_000_000


def tables():
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return Tables(f"sqlite:///{database['NAME']}")
    user, host, port = (database[key] or "" for key in ("USER", "HOST", "PORT"))
    return Tables(f"postgresql://{user}@{host}:{port}/{database['NAME']}")


@pytest.fixture
def sound(project):  # noqa: F811 the fixture
    """One job that ended, said so, paid a cent, and is on the bill."""
    job = make_job(project, kind="vision", status="succeeded")
    feed.publish(project.pk, [feed.NewEvent("job.updated", {"status": "succeeded"}, job.pk)])
    call = make_call(job, cost_nusd=CENT_NUSD, prompt_tokens=3, completion_tokens=4)
    for scope, period in (
        (project.workspace_id, call.day),
        (project.workspace_id, call.day[:7]),
        (project.pk, "all"),
    ):
        Budget.objects.create(
            workspace=project.workspace,
            scope_id=scope,
            period=period,
            spent_nusd=CENT_NUSD,
            tokens=7,
        )
    return call


def line(call, **over):
    return {"callId": str(call.pk), "costUsd": "0.01", "generationId": "gen-1", **over}


def found(call, **over):
    """What the auditor says of the tables and a bill of one line."""
    return audit(tables(), [line(call, **over)])


def test_where_all_is_well_the_auditor_finds_nothing(sound):
    assert found(sound) == []


@pytest.mark.parametrize("status", ["queued", "running"])
def test_a_job_that_never_ended_is_found(sound, status):
    values = {"lease_until": timezone.now(), "fence": sound.pk} if status == "running" else {}
    Job.objects.update(status=status, finished_at=None, **values)

    assert found(sound) == [f"job vision {sound.job_id.hex} is {status} for ever"]


def test_a_job_that_ended_twice_or_silently_is_found(sound):
    event = {"status": "succeeded"}
    feed.publish(sound.project_id, [feed.NewEvent("job.updated", event, sound.job_id)])
    twice = found(sound)
    Event.objects.update(data={"status": "running"})
    silent = found(sound)

    assert twice == [f"job vision {sound.job_id.hex} told its end 2 times"]
    assert silent == [f"job vision {sound.job_id.hex} told its end 0 times"]


def test_a_job_that_succeeded_without_its_outline_is_found(sound):
    Job.objects.update(kind="outline")

    assert found(sound) == [f"outline job {sound.job_id.hex} succeeded with 0 outlines"]


def test_a_tool_that_acted_twice_is_found(sound):
    for _ in range(2):
        make_message(sound.project, role=MessageRole.TOOL, tool_call_id="call-1")

    assert found(sound) == ["tool call call-1 has 2 results"]


@pytest.mark.parametrize("column", ["spent_nusd", "hold_nusd", "tokens", "hold_tokens", "images"])
def test_a_counter_that_is_not_the_sum_of_its_rows_is_found(sound, column):
    purse = Budget.objects.get(period="2026-11")
    is_now = getattr(purse, column) + 1
    Budget.objects.filter(pk=purse.pk).update(**{column: is_now})

    assert found(sound) == [f"budget 2026-11 {column} is {is_now}, its rows sum up to {is_now - 1}"]


def test_calls_of_a_month_without_counters_are_found(sound):
    Budget.objects.filter(period="2026-11").delete()

    assert found(sound) == [f"{sound.workspace_id.hex} has calls and no budget row in 2026-11"]


def test_a_line_of_the_bill_without_its_one_row_is_found(sound):
    twice = audit(tables(), [line(sound), line(sound)])
    nameless = audit(tables(), [line(sound), line(sound, callId=None)])
    other = found(sound, costUsd="0.02")
    none = audit(tables(), [])

    assert twice == [f"call {sound.pk.hex} was billed 2 times"]
    assert nameless == ["1 lines of the bill have no row (call without an id)"]
    assert other == [f"call {sound.pk.hex}: settled with 10000000 nano-dollars, billed 20000000"]
    assert none == [f"call {sound.pk.hex} is settled and on no bill"]


def test_a_gap_in_a_feed_is_found(sound):
    feed.publish(sound.project_id, [feed.NewEvent("a", {}, None), feed.NewEvent("b", {}, None)])
    Event.objects.filter(name="a").delete()

    assert found(sound) == [f"feed of project {sound.project_id.hex} has a gap"]


def test_a_call_that_is_open_still_is_found(sound):
    type(sound).objects.update(status=CallStatus.SENT, cost_nusd=None, ended_at=None)
    Budget.objects.update(spent_nusd=0, tokens=0)

    assert f"call {sound.pk.hex} is sent still, holding 0" in found(sound)


@pytest.mark.parametrize("date", [None, timedelta(seconds=-120)], ids=["no date", "long past"])
def test_an_owed_bill_that_nobody_asks_for_is_found(sound, date):
    type(sound).objects.update(
        status=CallStatus.UNKNOWN,
        cost_nusd=None,
        hold_nusd=CENT_NUSD,
        look_up_at=date and timezone.now() + date,
    )
    Budget.objects.update(spent_nusd=0, tokens=0, hold_nusd=CENT_NUSD)

    assert found(sound) == [f"call {sound.pk.hex} is owed, and nobody asks for its bill"]
