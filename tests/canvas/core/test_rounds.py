"""The thread that looks for everybody who waits."""

import threading
import time

import pytest
from django.db import OperationalError

from canvas.core.rounds import Rounds
from tests.canvas.core.test_bus import eventually


class Desk:
    def __init__(self):
        self.looks, self.failures = [], []
        self.is_open, self.error = True, None
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def follows(self, topic):
        return True

    def is_empty(self):
        return not self.is_open

    def look(self, topics, *, at_all):
        self.looks.append((set(topics) - {""}, at_all))
        self.may_go_on.wait(5)
        if self.error is not None:
            raise self.error

    def fail(self, exc):
        self.failures.append(exc)

    def called(self):
        return [topics for topics, _ in self.looks if topics]


@pytest.fixture
def desk():
    desk = Desk()
    yield desk
    desk.is_open = False


async def go_to(desk, every_s=60.0):
    rounds = Rounds("test-rounds", lambda: every_s)
    rounds.add(desk)
    await rounds.be_on()
    eventually(lambda: desk.looks)
    return rounds


async def test_what_is_called_during_a_round_is_the_next_one(desk):
    rounds = await go_to(desk)
    desk.may_go_on.clear()
    rounds.call("project:1")
    eventually(desk.called)

    for number in (2, 3, 3, 4):
        rounds.call(f"project:{number}")
    desk.may_go_on.set()

    assert eventually(lambda: len(desk.called()) == 2)
    assert desk.called() == [{"project:1"}, {"project:2", "project:3", "project:4"}]


async def test_it_looks_at_all_by_itself_now_and_then(desk):
    await go_to(desk, every_s=0.05)

    assert eventually(lambda: [at_all for _, at_all in desk.looks].count(True) >= 3)


async def test_it_sleeps_while_nobody_waits_and_wakes_for_the_next(desk):
    rounds = await go_to(desk, every_s=0.05)
    desk.is_open = False
    time.sleep(0.2)
    desk.looks.clear()
    time.sleep(0.2)
    assert desk.looks == []

    desk.is_open = True
    await rounds.be_on()

    assert eventually(lambda: desk.looks)


@pytest.mark.parametrize("error", [OperationalError("gone"), RuntimeError("a bug")])
async def test_a_round_that_fails_is_told_and_the_next_one_is_made(desk, error, caplog):
    rounds = await go_to(desk)
    desk.error = error
    rounds.call("job:1")
    assert eventually(lambda: desk.failures) == [error]

    desk.error = None
    rounds.call("job:2")

    assert eventually(lambda: desk.called() == [{"job:1"}, {"job:2"}])
    assert [line.message for line in caplog.records] == (
        ["test-rounds: a round failed"] if isinstance(error, RuntimeError) else []
    )
