"""The fair queue: lanes are served in turns, and every ring finds the job whose turn it is."""

import pytest

from ai.jobs import runner
from ai.models import Job
from canvas.workspaces.models import Workspace
from scenes.services.changes import Actor
from scenes.services.projects import add_project
from tests.ai.conftest import use_models
from tests.ai.jobs.test_runner import OUTLINE, outline
from tests.factories import client_for, make_workspace


@pytest.fixture
def other(project):
    """A client of a second workspace with a project of its own, on the same plan."""
    workspace = make_workspace()
    use_models(workspace, "maker/first", "maker/second")
    client = client_for(workspace)
    client.project = add_project(workspace=workspace, by=Actor.human(None), title="The Other")
    return client


def served() -> list[str]:
    """Names of the workspaces in the order in which rings would be answered."""
    order = []
    while (job := runner.claim_fairest()) is not None:
        order.append(Workspace.objects.get(pk=job.workspace_id).pk)
    return order


def test_a_lone_job_of_another_workspace_is_next_although_many_were_queued_before_it(
    api, project, other
):
    for _ in range(5):
        outline(api, project)
    mine, theirs = api.workspace.pk, other.workspace.pk

    outline(other, other.project)

    assert served() == [mine, theirs, mine, mine, mine, mine]


def test_two_lanes_are_served_in_turns(api, project, other):
    for _ in range(3):
        outline(api, project)
    for _ in range(3):
        outline(other, other.project)
    mine, theirs = api.workspace.pk, other.workspace.pk

    assert served() == [mine, theirs] * 3


def test_a_chat_is_not_behind_the_outlines_of_its_own_workspace(api, project):
    for _ in range(3):
        outline(api, project)

    api.post(f"/api/v1/projects/{project.pk}/messages/", {"content": "Hello."})

    kinds = []
    while (job := runner.claim_fairest()) is not None:
        kinds.append(job.kind)
    assert kinds == ["outline", "chat", "outline", "outline"]


def test_a_ring_does_the_job_whose_turn_it_is(api, project, other, openrouter):
    first, second = outline(api, project), outline(api, project)
    theirs = outline(other, other.project)
    for _ in range(3):
        openrouter.will_answer(OUTLINE)

    done = []
    for ring in (second, second, second):
        runner.heard(ring)
        done.append(set(Job.objects.filter(status="succeeded").values_list("pk", flat=True)))

    first, second, theirs = (str(key) for key in (first, second, theirs))
    assert [{str(key) for key in keys} for keys in done] == [
        {first},
        {first, theirs},
        {first, theirs, second},
    ]


def test_a_job_whose_worker_died_is_tried_after_the_one_whose_turn_it_was(api, project, openrouter):
    suspect, innocent = outline(api, project), outline(api, project)
    Job.objects.filter(pk=suspect).update(crashes=1)
    openrouter.will_answer(OUTLINE)
    openrouter.will_answer(OUTLINE)

    runner.heard(suspect)

    assert [job.status for job in Job.objects.filter(pk__in=[suspect, innocent])] == [
        "succeeded",
        "succeeded",
    ]


def test_what_waits_for_its_time_is_passed_over(api, project):
    waits, due = outline(api, project), outline(api, project)
    Job.objects.filter(pk=waits).update(run_after="2100-01-01T00:00:00Z")

    job = runner.claim_fairest()

    assert str(job.pk) == str(due)
    assert runner.claim_fairest() is None
