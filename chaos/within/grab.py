"""Take one scarce thing many times from many threads, all at one moment.

`python -m chaos.within.grab WHAT THREADS TIMES` waits for a line on stdin, takes, prints how many
it got as JSON; at a second line it gives money back.
"""

import json
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import django

django.setup()

from django.db import connections  # noqa: E402 needs the settings

from ai import ledger  # noqa: E402
from ai.models import Job, UpstreamCall  # noqa: E402
from canvas.core.errors import Unaffordable  # noqa: E402
from canvas.workspaces.models import Workspace  # noqa: E402
from chaos.within.cents import CENT_NUSD  # noqa: E402
from scenes.models import Project  # noqa: E402
from scenes.services.changes import Actor  # noqa: E402
from scenes.services.projects import add_project  # noqa: E402
from scenes.services.scenes import add_scene  # noqa: E402

_held: Final[list[UpstreamCall]] = []


def _cent() -> None:
    job = Job.objects.select_related("workspace__plan").order_by("created_at")[0]
    terms = ledger.Terms("chaos", "", "chaos/none", hold_nusd=CENT_NUSD, hold_tokens=1)
    _held.append(ledger.reserve(job=job, terms=terms))


def _picture() -> None:
    job = Job.objects.select_related("workspace__plan").order_by("created_at")[0]
    terms = ledger.Terms("chaos", "", "chaos/none", hold_nusd=0, hold_tokens=1, images=1)
    _held.append(ledger.reserve(job=job, terms=terms))


def _project() -> None:
    add_project(workspace=Workspace.objects.all()[0], by=Actor.human(None), title="One more")


def _scene() -> None:
    project = Project.objects.order_by("created_at").select_related("workspace__plan")[0]
    add_scene(project=project, by=Actor.human(None), title="One more")


WHAT: Final[dict[str, Callable[[], None]]] = {
    "cents": _cent,
    "pictures": _picture,
    "projects": _project,
    "scenes": _scene,
}


def main() -> None:
    """Do as the module says."""
    take, threads, times = WHAT[sys.argv[1]], int(sys.argv[2]), int(sys.argv[3])
    barrier = threading.Barrier(threads)
    _say("ready")
    sys.stdin.readline()
    with ThreadPoolExecutor(threads) as pool:
        got = sum(pool.map(lambda _: _take(take, times, barrier), range(threads)))
    _say(json.dumps({"got": got}))
    sys.stdin.readline()
    for call in _held:
        ledger.fail(call)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _take(take: Callable[[], None], times: int, barrier: threading.Barrier) -> int:
    barrier.wait()
    got = 0
    try:
        for _ in range(times):
            try:
                take()
                got += 1
            except Unaffordable:
                pass
    finally:
        connections.close_all()
    return got


if __name__ == "__main__":
    main()
