"""Many threads that append events to feeds at the same time; and one on plain sqlite3."""

import json
import sqlite3
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Final
from urllib.parse import urlsplit

import django

django.setup()

from django.conf import settings  # noqa: E402 after the set-up
from django.db import OperationalError, connection  # noqa: E402 as above

from benchmarks.figures import REPEATS, ms, percentile  # noqa: E402 as above
from canvas.workspaces.models import Workspace  # noqa: E402 as above
from scenes.models import Project  # noqa: E402 as above
from scenes.services import feed  # noqa: E402 as above

WRITES: Final = 40
PLAIN_WRITES: Final = 2_000
TEXT: Final = "sixteen letters."


def main() -> None:
    """Print rates, errors and p99 of each repeat."""
    threads = int(sys.argv[1])
    projects = [_project() for _ in range(threads)]
    runs = [_run(projects) for _ in range(REPEATS)]
    report = {
        "rates": [run[0] for run in runs],
        "errors": [run[1] for run in runs],
        "p99_ms": [run[2] for run in runs],
        "plain_rates": [_plain(projects[0]) for _ in range(REPEATS)],
    }
    print(json.dumps(report))


def _project() -> Project:
    project = Project.objects.create(workspace=Workspace.objects.get(), title="A film")
    feed.open_feed(project.pk)
    return project


def _run(projects: list[Project]) -> tuple[float, int, float]:
    """Write with one thread per project: transactions a second, errors, p99 in ms."""
    started = time.monotonic()
    with ThreadPoolExecutor(len(projects)) as pool:
        results = list(pool.map(_write, projects))
    spent_s = time.monotonic() - started
    times = [each for times, _ in results for each in times]
    return len(times) / spent_s, sum(errors for _, errors in results), percentile(times, 99)


def _write(project: Project) -> tuple[list[float], int]:
    times, errors = [], 0
    for _ in range(WRITES):
        started = time.monotonic()
        try:
            feed.publish(project.pk, [feed.NewEvent("text.delta", {"text": TEXT})])
            times.append(ms(time.monotonic() - started))
        except OperationalError:
            errors += 1
    connection.close()
    return times, errors


def _plain(project: Project) -> float:
    """Do the same two statements without Django, in one thread; transactions a second."""
    if connection.vendor != "sqlite":
        return 0.0
    path = urlsplit(settings.DATABASE_URL).path
    take = (
        "UPDATE scenes_feedcounter SET last_seq = last_seq + 1 WHERE project_id = ?"
        " RETURNING last_seq"
    )
    copy = (
        "INSERT INTO scenes_event (project_id, seq, name, data, created_at)"
        " VALUES (?, ?, 'text.delta', ?, CURRENT_TIMESTAMP)"
    )
    key, data = project.pk.hex, json.dumps({"text": TEXT})
    with closing(sqlite3.connect(path, timeout=20, isolation_level=None)) as plain:
        plain.execute("PRAGMA journal_mode=WAL")
        plain.execute("PRAGMA synchronous=NORMAL")
        started = time.monotonic()
        for _ in range(PLAIN_WRITES):
            plain.execute("BEGIN IMMEDIATE")
            seq = plain.execute(take, [key]).fetchone()[0]
            plain.execute(copy, [key, seq, data])
            plain.execute("COMMIT")
        return PLAIN_WRITES / (time.monotonic() - started)


if __name__ == "__main__":
    main()
