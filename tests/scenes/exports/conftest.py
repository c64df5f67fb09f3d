"""A client and a film whose workspace has a plan of its own; jobs run as a worker would."""

import pytest

from ai.jobs import runner
from ai.models import Job
from tests.factories import client_for, owner_of
from tests.scenes.factories import make_beat, make_project, make_scene, roomy_workspace


@pytest.fixture
def film(transactional_db):
    """A client with an owner's token; `.workspace` and `.project` name its world.

    Committed for real: leases are written by threads of their own.
    """
    workspace = roomy_workspace()
    client = client_for(workspace)
    client.user = owner_of(workspace)
    client.project = make_project(workspace, title="Salt Roads", logline="A crossing.")
    scene = make_scene(
        client.project,
        title="The ferry",
        notes="Mara waits.",
        location="Quay",
        prompt_slots={"subject": "a quay", "camera": {"angle": "low", "lens": "35mm"}},
    )
    make_beat(scene, summary="She looks up.", duration_s=4.5, shot={"size": "wide"})
    return client


def mark(client, *, watermark=True):
    """Let the plan of a client's workspace ask for the line, or not."""
    plan = client.workspace.plan
    plan.watermark = watermark
    plan.save()


def order(client, form):
    """Ask for an export, and give the job's id."""
    answer = client.post(f"/api/v1/projects/{client.project.pk}/exports/", {"format": form})
    assert answer.status_code == 202, answer.content
    return answer.json()["id"]


def export(client, form):
    """Have the film exported, and give the job's result."""
    job_id = order(client, form)
    runner.run(job_id)
    job = Job.objects.get(pk=job_id)
    assert (job.status, job.error) == ("succeeded", None)
    return job.result
