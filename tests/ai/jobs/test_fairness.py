"""The fair queue: lanes are served in turns, and every ring finds the job whose turn it is."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ai.jobs import fairness, runner
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


def set_job(job_id, **columns):
    Job.objects.filter(pk=job_id).update(**columns)


def test_a_job_that_waits_at_a_low_turn_gives_newcomers_no_start_over_the_others(
    api, project, other
):
    set_job(outline(api, project), turn=3, attempts=1, waits=1, run_after="2100-01-01T00:00:00Z")
    busy = outline(api, project)
    set_job(busy, turn=5_000)

    theirs = [outline(other, other.project) for _ in range(3)]

    assert [job.turn for job in Job.objects.filter(pk__in=theirs).order_by("turn")] == [
        5_000, 5_001, 5_002,
    ]  # fmt: skip
    assert served() == [api.workspace.pk, *[other.workspace.pk] * 3]


def test_a_lane_whose_own_job_waits_at_a_low_turn_does_not_overtake(api, project, other):
    set_job(outline(api, project), turn=3, attempts=1, waits=1, run_after="2100-01-01T00:00:00Z")
    set_job(outline(other, other.project), turn=5_000)

    mine = outline(api, project)

    assert Job.objects.get(pk=mine).turn == 5_000


def test_a_job_that_is_due_again_at_a_low_turn_is_next_and_alone(api, project, other):
    again = outline(api, project)
    set_job(again, turn=3, attempts=1, waits=1)
    set_job(outline(other, other.project), turn=5_000)

    outline(api, project)

    mine, theirs = api.workspace.pk, other.workspace.pk
    assert served() == [mine, theirs, mine]


def test_the_turn_goes_on_while_everything_that_was_queued_runs(api, project, other):
    set_job(outline(api, project), turn=5_000)
    runner.claim_fairest()

    assert Job.objects.get(pk=outline(other, other.project)).turn == 5_000


def test_the_turn_does_not_begin_anew_while_all_that_is_queued_waits(api, project, other):
    waits = outline(api, project)
    set_job(waits, turn=5_000, attempts=1, waits=1, run_after="2100-01-01T00:00:00Z")

    theirs = outline(other, other.project)
    set_job(waits, run_after="2020-01-01T00:00:00Z")
    outline(other, other.project)

    assert Job.objects.get(pk=theirs).turn == 5_000
    assert served() == [api.workspace.pk, other.workspace.pk, other.workspace.pk]


def test_a_turn_is_one_statement_however_many_are_queued(api, project, other):
    def statements():
        with CaptureQueriesContext(connection) as queries:
            fairness.next_turn(workspace_id=other.workspace.pk, kind="outline")
        return len(queries)

    empty = statements()
    for _ in range(4):
        outline(api, project)
        outline(other, other.project)

    assert (empty, statements()) == (1, 1)


def test_a_ring_for_another_job_finds_one_whose_worker_died(api, project, other, openrouter):
    suspect, second = outline(api, project), outline(other, other.project)
    set_job(suspect, crashes=1, attempts=1)
    for _ in range(2):
        openrouter.will_answer(OUTLINE)
    fairness.look_anew()

    runner.heard(second)  # the suspect's own ring stands behind thousands of others

    assert set(Job.objects.values_list("status", flat=True)) == {"succeeded"}
    assert Job.objects.count() == 2
