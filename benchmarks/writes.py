"""S9: a scene is edited with its ETag and recorded as a change; against a bare `save()`."""

import os
import statistics
import time
from collections.abc import Iterator
from typing import Any, Final

from benchmarks.figures import REPEATS, Figure, ms
from benchmarks.service import Service

EDITS: Final = 40


def measure() -> Iterator[Figure]:
    """Measure on the database that DATABASE_URL names, else on SQLite."""
    with Service(database=os.environ.get("DATABASE_URL", "")) as service:
        project_id = service.projects(1)[0]
        scene = service.call("POST", f"/projects/{project_id}/scenes/", json={"title": "Pier"})
        path = f"/scenes/{scene['id']}/"
        _edits(service, path)
        edits = [_edits(service, path) for _ in range(REPEATS)]
        inside: dict[str, Any] = service.within("saves", scene["id"], service.token)
        engine = service.engine
    yield Figure(
        key="S9", name=f"PATCH a scene with If-Match, p50 ({engine})", unit="ms",
        values=[statistics.median(each) for each in edits], target=15.0,
        peer="save() of the row", peer_values=inside["saves_ms"],
    )  # fmt: skip
    yield Figure(
        key="S9", name=f"statements of that PATCH ({engine})", unit="queries",
        values=inside["queries"], target=6.0,
    )  # fmt: skip


def _edits(service: Service, path: str) -> list[float]:
    """Edit again and again; each edit names the version that the one before gave."""
    etag = service.http.get(path).raise_for_status().headers["ETag"]
    spent = []
    for number in range(EDITS):
        started = time.monotonic()
        answer = service.http.patch(
            path, json={"notes": f"Take {number}, {started}."}, headers={"If-Match": etag}
        )
        spent.append(ms(time.monotonic() - started))
        etag = answer.raise_for_status().headers["ETag"]
    return spent
