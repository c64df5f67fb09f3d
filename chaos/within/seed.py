"""Make a project and a job that has ended, so that calls have something to belong to."""

import django

django.setup()

from django.utils import timezone  # noqa: E402 needs the settings

from ai.models import Job, JobKind, JobStatus  # noqa: E402
from canvas.workspaces.models import Workspace  # noqa: E402
from scenes.services.changes import Actor  # noqa: E402
from scenes.services.projects import add_project  # noqa: E402


def main() -> None:
    """Do as the module says."""
    workspace = Workspace.objects.all()[0]
    add_project(workspace=workspace, by=Actor.human(None), title="A film")
    Job.objects.create(
        workspace=workspace,
        kind=JobKind.VISION,
        status=JobStatus.CANCELLED,
        finished_at=timezone.now(),
    )


if __name__ == "__main__":
    main()
