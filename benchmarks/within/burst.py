"""Many outlines asked for in one transaction, so that all become due at the same moment."""

import json
import sys
import time
from uuid import UUID

import django

django.setup()

from django.db import connection, transaction  # noqa: E402 after the set-up

from ai.models import Job, JobStatus  # noqa: E402 as above
from ai.services.outlines import request_outline  # noqa: E402 as above
from canvas.workspaces.access import inside  # noqa: E402 as above
from canvas.workspaces.models import Workspace  # noqa: E402 as above
from scenes.models import Project  # noqa: E402 as above
from scenes.services import feed  # noqa: E402 as above

LONGEST_S = 120.0
LOOK_EVERY_S = 0.1
OPEN = (JobStatus.QUEUED, JobStatus.RUNNING)


def main() -> None:
    """Print when they were queued, when the last ended, how many succeeded, and their projects."""
    count, text = int(sys.argv[1]), sys.argv[2]
    workspace = Workspace.objects.get()
    projects = [Project.objects.create(workspace=workspace, title="A film") for _ in range(count)]
    for project in projects:
        feed.open_feed(project.pk)
    with transaction.atomic():
        jobs = [
            request_outline(access=inside(workspace), project=each, source="text", text=text).pk
            for each in projects
        ]
        queued = time.time()
    _await(jobs)
    ended = Job.objects.filter(pk__in=jobs, status=JobStatus.SUCCEEDED)
    report = {
        "queued": queued,
        "ended": max((job.finished_at.timestamp() for job in ended if job.finished_at), default=0),
        "succeeded": ended.count(),
        "projects": [str(project.pk) for project in projects],
    }
    print(json.dumps(report))


def _await(jobs: list[UUID]) -> None:
    """Look from time to time, seldom enough to cost nothing."""
    deadline = time.monotonic() + LONGEST_S
    while time.monotonic() < deadline:
        if not Job.objects.filter(pk__in=jobs, status__in=OPEN).exists():
            break
        connection.close()
        time.sleep(LOOK_EVERY_S)


if __name__ == "__main__":
    main()
