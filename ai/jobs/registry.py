"""Which function does which kind of job. Services register theirs when the app starts."""

from collections.abc import Callable
from typing import Any, Final

from ai.models import Job

# Runs inside the guarded transaction that finishes the job; returns the job's result, JSON-ready.
Store = Callable[[], dict[str, Any]]
# Loads and calls, without an open transaction, and says how to store.
Work = Callable[[Job], Store]

_works: Final[dict[str, Work]] = {}


def register(kind: str, work: Work) -> None:
    """Let `work` do the jobs of this kind."""
    _works[kind] = work


def work_of(kind: str) -> Work:
    """Return the function that does this kind."""
    return _works[kind]
