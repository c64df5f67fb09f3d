"""S15: the shot list of a long film as CSV, from the rows to the stored file, beside bare csv."""

import os
from collections.abc import Iterator
from typing import Any, Final

from benchmarks.figures import Figure
from benchmarks.service import Ground

SHOTS: Final = 5_000


def measure() -> Iterator[Figure]:
    """Measure on SQLite, or on a PostgreSQL server that DATABASE_URL names."""
    with Ground(database=os.environ.get("DATABASE_URL", "")) as ground:
        found: dict[str, Any] = ground.within("shots", str(SHOTS))
        where = ground.engine
    yield Figure(
        key="S15", name=f"{SHOTS:,} shots as CSV, stored ({where})", unit="s",
        values=found["seconds"], target=1.0, peer="the csv module alone, on the same cells",
        peer_values=found["plain_seconds"],
    )  # fmt: skip
