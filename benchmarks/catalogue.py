"""S13: a sync of 600 models and 3,000 endpoints, over loopback, one request a model."""

import os
from collections.abc import Iterator
from typing import Any, Final

from benchmarks.figures import Figure
from benchmarks.service import Ground

MODELS: Final = 600
ENDPOINTS_EACH: Final = 5
MOST_S: Final = 10.0
_WHAT: Final = {
    "first": "the first sync",
    "repriced": "a sync that reprices everything",
    "same": "a sync that changes nothing",
}


def measure() -> Iterator[Figure]:
    """Measure on the database that DATABASE_URL names, else on SQLite."""
    with Ground(database=os.environ.get("DATABASE_URL", "")) as ground:
        found: dict[str, Any] = ground.within("syncs", str(MODELS), str(ENDPOINTS_EACH))
        engine = ground.engine
    of = f"{MODELS} models, {MODELS * ENDPOINTS_EACH:,} endpoints ({engine})"
    for name, words in _WHAT.items():
        yield Figure(
            key="S13", name=f"{words}: {of}", unit="s", values=found[f"{name}_s"], target=MOST_S
        )
    for name, words in _WHAT.items():
        yield Figure(
            key="S13", name=f"statements of {words} ({engine})", unit="queries",
            values=found[f"{name}_statements"],
        )  # fmt: skip
