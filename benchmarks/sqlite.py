"""S10: fifty threads write to SQLite at once, with the settings that the service runs on.

A write is the service's commonest: take a number of a project's feed and append one event.
PostgreSQL, in a database of its own, does the very same.
"""

import os
import subprocess
from collections.abc import Iterator
from typing import Any, Final

import psycopg

from benchmarks.figures import Figure
from benchmarks.service import Ground

THREADS: Final = 50


def measure() -> Iterator[Figure]:
    """Measure on SQLite, and on the PostgreSQL server that DATABASE_URL names."""
    with Ground() as ground:
        many: dict[str, Any] = ground.within("writers", str(THREADS))
    peer, failure = _postgres()
    yield Figure(
        key="S10", name=f"lock errors, {THREADS} writers (SQLite)", unit="errors",
        values=many["errors"], target=0,
    )  # fmt: skip
    yield Figure(
        key="S10", name=f"transactions a second, {THREADS} writers (SQLite)", unit="/s",
        values=many["rates"], target_ratio=0.8, at_least=True,
        peer="PostgreSQL", peer_values=peer.get("rates", ()), failure=failure,
    )  # fmt: skip
    yield Figure(
        key="S10", name=f"transactions a second, {THREADS} writers (SQLite)", unit="/s",
        values=many["rates"], at_least=True,
        peer="one thread of plain sqlite3", peer_values=many["plain_rates"],
    )  # fmt: skip
    yield Figure(
        key="S10", name=f"a transaction's p99, {THREADS} writers (SQLite)", unit="ms",
        values=many["p99_ms"], peer="PostgreSQL", peer_values=peer.get("p99_ms", ()),
        failure=failure,
    )  # fmt: skip


def _postgres() -> tuple[dict[str, Any], str]:
    """Have PostgreSQL do the same, or say why it did not."""
    database = os.environ.get("DATABASE_URL", "")
    if not database.startswith("postgres"):
        return {}, "peer did not run: DATABASE_URL names no PostgreSQL server"
    try:
        with Ground(database=database) as ground:
            found: dict[str, Any] = ground.within("writers", str(THREADS))
    except (psycopg.OperationalError, subprocess.SubprocessError) as exc:
        return {}, f"peer did not run: {exc}"
    return found, ""
