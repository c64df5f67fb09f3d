"""What happens by the clock: once in its time, and told how it went."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ai.jobs import schedule
from ai.models import Schedule


@pytest.fixture
def act(db, monkeypatch):
    """The only act there is; it counts how often it was done."""
    monkeypatch.setattr(schedule, "_acts", {})
    done = []

    def do():
        done.append(1)
        return f"time {len(done)}"

    schedule.register(schedule.Act("tidy", timedelta(hours=1), do))
    return done


def test_an_act_is_done_once_in_its_time(act):
    first, again = schedule.do_due(), schedule.do_due()

    assert (first, again, len(act)) == (["tidy"], [], 1)
    assert Schedule.objects.get().note == "time 1"


def test_an_act_is_done_again_when_it_is_due(act):
    schedule.do_due()
    Schedule.objects.update(due_at=timezone.now() - timedelta(seconds=1))

    assert schedule.do_due() == ["tidy"]
    assert len(act) == 2


def test_an_act_that_another_worker_has_taken_is_not_done(act):
    Schedule.objects.create(name="tidy", due_at=timezone.now() + timedelta(minutes=59))

    assert schedule.do_due() == []
    assert act == []


def test_an_act_that_was_put_off_while_the_clock_was_ahead_is_done_now(act):
    Schedule.objects.create(name="tidy", due_at=timezone.now() + timedelta(days=365))

    assert schedule.do_due() == ["tidy"]
    assert Schedule.objects.get().due_at < timezone.now() + timedelta(minutes=61)


def test_by_hand_an_act_is_done_at_once_and_put_off(act):
    note = schedule.do_now("tidy")

    assert (note, schedule.do_due()) == ("time 1", [])


def test_an_act_that_is_made_due_is_done_at_the_next_look(act):
    schedule.do_due()

    schedule.make_due("tidy")

    assert schedule.do_due() == ["tidy"]
    assert len(act) == 2


def test_an_act_that_fails_says_why_and_comes_again(act, monkeypatch):
    def fail():
        raise ValueError("no list")

    schedule.register(schedule.Act("tidy", timedelta(hours=1), fail))

    with pytest.raises(ValueError, match="no list"):
        schedule.do_due()

    row = Schedule.objects.get()
    assert row.note == "failed: ValueError: no list"
    assert row.due_at > timezone.now()
