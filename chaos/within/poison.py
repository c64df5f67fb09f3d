"""Outlines that harm the process that drafts them, as a bug of ours or of a library would."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from django.apps import AppConfig

if TYPE_CHECKING:
    from ai.jobs.registry import Store, Work
    from ai.models import Job

GLUTTON_BYTES: Final = 4 * 1024**3
BITE_BYTES: Final = 8 * 1024**2
_CHEWS_S: Final = 0.01


class PoisonConfig(AppConfig):
    """Put the poison before the work that drafts outlines."""

    name = "chaos.within"
    label = "chaos"

    def ready(self) -> None:
        """Register anew; the service's own apps have been made ready before."""
        from ai.jobs import registry  # noqa: PLC0415 needs the apps
        from ai.models import JobKind  # noqa: PLC0415

        registry.register(JobKind.OUTLINE, _poisoned(registry.work_of(JobKind.OUTLINE)))


def eat() -> None:
    """Take 4 GB, bite by bite, so that others are hungry meanwhile."""
    eaten: list[bytes] = []
    while len(eaten) * BITE_BYTES < GLUTTON_BYTES:
        eaten.append(b"x" * BITE_BYTES)
        time.sleep(_CHEWS_S)


def spin() -> None:
    """Go round and round for ever."""
    turns = 0
    while True:
        turns += 1


# What the text of an outline says to take one.
POISONS: Final[dict[str, Callable[[], None]]] = {
    "Poison that eats.": eat,
    "Poison that spins.": spin,
}


def _poisoned(work: "Work") -> "Work":
    def take(job: "Job") -> "Store":
        for name, harm in POISONS.items():
            if name in job.payload.get("text", ""):
                harm()
        return work(job)

    return take
