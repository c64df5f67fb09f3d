"""Runs inside the ground: one workspace queues very many turns, and another one comes to be.

python -m benchmarks.within.backlog 5000 -> {"token": "…", "queued": 5000}
python -m benchmarks.within.backlog 0    -> the second workspace alone
"""

import json
import sys
from typing import Final

import django
from django.db import transaction

AT_ONCE: Final = 50


def main() -> None:
    """Queue as many turns as asked, each in a project of its own."""
    django.setup()
    # They need the apps.
    from ai.models import Job, JobStatus  # noqa: PLC0415 as above
    from ai.services.chat import post_message  # noqa: PLC0415 as above
    from canvas.workspaces import services  # noqa: PLC0415 as above
    from canvas.workspaces.access import inside  # noqa: PLC0415 as above
    from canvas.workspaces.models import Scope, User, Workspace  # noqa: PLC0415 as above
    from scenes.services.changes import Actor  # noqa: PLC0415 as above
    from scenes.services.projects import add_project  # noqa: PLC0415 as above

    first = Workspace.objects.earliest("created_at")
    for _ in range(0, int(sys.argv[1]), AT_ONCE):
        with transaction.atomic():  # a commit for each would take minutes
            for number in range(AT_ONCE):
                project = add_project(workspace=first, by=Actor.human(None), title=f"Film {number}")
                post_message(access=inside(first), project=project, content="Who waits for whom?")
    owner = User.objects.earliest("date_joined")
    second = services.create_workspace(name="The other", owner=owner)
    _, token = services.create_token(access=inside(second), name="bench", scopes=[Scope.ADMIN])
    queued = Job.objects.filter(workspace=first, status=JobStatus.QUEUED).count()
    sys.stdout.write(json.dumps({"token": token, "queued": queued}))


if __name__ == "__main__":
    main()
