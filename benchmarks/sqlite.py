"""S10: fifty threads write to SQLite at once, with the settings that the service runs on.

A write is the service's commonest: take a number of a project's feed and append one event.
"""

import os
from collections.abc import Iterator
from typing import Any, Final

from benchmarks.figures import Figure
from benchmarks.service import Ground

THREADS: Final = 50


def measure() -> Iterator[Figure]:
    """Measure on SQLite, and on PostgreSQL as the peer when DATABASE_URL names one."""
    database = os.environ.get("DATABASE_URL", "")
    with Ground() as ground:
        many: dict[str, Any] = ground.within("writers", str(THREADS))
    peer: dict[str, Any] | None = None
    if database.startswith("postgres"):
        with Ground(database=database) as ground:
            peer = ground.within("writers", str(THREADS))
    yield Figure(
        key="S10", name=f"lock errors, {THREADS} writers (SQLite)", unit="errors",
        values=many["errors"], target=0,
    )  # fmt: skip
    yield Figure(
        key="S10", name=f"transactions a second, {THREADS} writers (SQLite)", unit="/s",
        values=many["rates"], at_least=True,
        peer="one thread of plain sqlite3", peer_values=many["plain_rates"],
    )  # fmt: skip
    yield Figure(
        key="S10", name=f"a transaction's p99, {THREADS} writers (SQLite)", unit="ms",
        values=many["p99_ms"],
    )  # fmt: skip
    if peer is not None:
        yield Figure(
            key="S10", name=f"as a share of PostgreSQL's rate, {THREADS} writers", unit="x",
            values=[rate / other for rate, other in zip(many["rates"], peer["rates"], strict=True)],
            target=0.8, at_least=True, peer="PostgreSQL, in x", peer_values=[1.0],
        )  # fmt: skip
