"""What happens by the clock: each act once in its time, however many workers there are.

An act's row says when it is due. The worker whose conditional UPDATE moves it on does the act; one
that dies on the way leaves it to the next time. Acts are registered by `ai.services`.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db.models import Q
from django.db.models.functions import Now

from ai.models import Schedule

logger = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 5.0
JUST_NOW: Final = timedelta(seconds=1)  # SQLite's clock has milliseconds: now is not due yet
_lock: Final = threading.Lock()  # one act at a time in this process


@dataclass(frozen=True, slots=True)
class Act:
    """Something to do every so often; `do` says in a few words how it went."""

    name: str
    every: timedelta
    do: Callable[[], str]
    first_after: timedelta = timedelta(0)


_acts: dict[str, Act] = {}


def register(act: Act) -> None:
    """Have an act done from now on; the last one of a name counts."""
    _acts[act.name] = act


def do_due() -> list[str]:
    """Do what is due and nobody else does; return the names."""
    with _lock:
        return [act.name for act in list(_acts.values()) if _do(act)]


def do_now(name: str) -> str:
    """Do an act whether it is due or not, and put off the next time.

    Raises:
        KeyError: there is no act of this name.
    """
    act = _acts[name]
    _known(act)
    Schedule.objects.filter(name=name).update(due_at=Now() + act.every, began_at=Now())
    return _perform(act)


def make_due(name: str) -> str:
    """Have a worker do an act within seconds; say so in words."""
    Schedule.objects.filter(name=name).update(due_at=Now() - JUST_NOW)
    return "It is due now."


def _do(act: Act) -> bool:
    _known(act)
    # A clock that was ahead for a while has put it off further than there is a way to.
    beyond = Now() + max(act.every, act.first_after)
    due = Q(due_at__lte=Now()) | Q(due_at__gt=beyond)
    mine = Schedule.objects.filter(due, name=act.name).update(
        due_at=Now() + act.every, began_at=Now()
    )
    if mine:
        _perform(act)
    return mine > 0


def _known(act: Act) -> None:
    if not Schedule.objects.filter(name=act.name).exists():
        first = Schedule(name=act.name, due_at=Now() + act.first_after - JUST_NOW)
        Schedule.objects.bulk_create([first], ignore_conflicts=True)


def _perform(act: Act) -> str:
    try:
        note = act.do()
    except Exception as exc:
        Schedule.objects.filter(name=act.name).update(
            ended_at=Now(), note=f"failed: {type(exc).__name__}: {exc}"[:500]
        )
        raise
    Schedule.objects.filter(name=act.name).update(ended_at=Now(), note=note[:500])
    return note
