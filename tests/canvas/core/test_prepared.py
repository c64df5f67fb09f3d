"""Compiled statements give what the query sets they are made of give."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db.models import Count, F
from django.db.models.functions import Now
from django.utils import timezone

from ai.models import Job, JobStatus
from canvas.core.prepared import Insert, Select, Update
from canvas.workspaces.models import Workspace
from scenes.models import Event, FeedCounter, Project
from tests.factories import make_workspace
from tests.scenes.factories import make_project

pytestmark = pytest.mark.django_db


def job_of(project, **values):
    values = {"kind": "outline", "workspace": project.workspace, "project": project, **values}
    job = Job(**values)
    job.save(force_insert=True)
    return Job.objects.get(pk=job.pk)


def test_a_select_gives_whole_rows_with_their_relations(django_assert_num_queries):
    find = Select(
        lambda pk: Job.objects.select_related("workspace__plan", "project").filter(pk=pk), pk=UUID
    )
    first, second = (
        job_of(make_project(make_workspace()), payload={"scenes": 3}) for _ in range(2)
    )
    plan = first.workspace.plan_id

    found = [find.first(pk=job.pk) for job in (first, second)]

    assert found == [first, second]
    with django_assert_num_queries(0):
        assert [job.project_id for job in found] == [job.project.pk for job in found]
        assert [job.workspace.plan.pk for job in found] == [plan] * 2
    assert [vars(job) | {"_state": 0} for job in found] == [
        vars(Job.objects.select_related("workspace__plan", "project").get(pk=job.pk))
        | {"_state": 0}
        for job in (first, second)
    ]


def test_a_select_finds_nothing_and_many_in_order():
    of_workspace = Select(
        lambda workspace: Project.objects.filter(workspace_id=workspace).order_by("title"),
        workspace=UUID,
    )
    workspace = make_workspace()
    for title in ("b", "c", "a"):
        make_project(workspace, title=title)

    found = of_workspace.all(workspace=workspace.pk)

    assert [project.title for project in found] == ["a", "b", "c"]
    assert of_workspace.first(workspace=uuid4()) is None


def test_a_select_gives_annotations_and_takes_each_kind_of_parameter():
    find = Select(
        lambda name, least: Workspace.objects.annotate(count=Count("projects")).filter(
            name=name, count__gte=least
        ),
        name=str,
        least=int,
    )
    workspace = make_workspace()
    make_project(workspace)
    make_project(workspace)

    assert [row.count for row in find.all(name=workspace.name, least=2)] == [2]
    assert find.all(name=workspace.name, least=3) == []
    assert find.all(name="another", least=0) == []


def test_an_update_writes_parameters_and_expressions_and_counts_its_rows():
    claim = Update(
        lambda pk, **_: Job.objects.filter(pk=pk, status=JobStatus.QUEUED),
        lambda fence, lease, result, worker, **_: {
            "fence": fence,
            "lease_until": Now() + lease,
            "status": JobStatus.RUNNING,
            "attempts": F("attempts") + 1,
            "result": result,
            "worker": worker,
        },
        pk=UUID, fence=UUID, lease=timedelta, result=dict, worker=str,
    )  # fmt: skip
    job, other, fence = (
        job_of(make_project(make_workspace())),
        job_of(make_project(make_workspace())),
        uuid4(),
    )
    values = {
        "fence": fence, "lease": timedelta(hours=1), "result": {"naïve": [1, None]}, "worker": "w",
    }  # fmt: skip

    hits = [claim(pk=job.pk, **values), claim(pk=job.pk, **values), claim(pk=uuid4(), **values)]

    job.refresh_from_db()
    other.refresh_from_db()
    assert hits == [1, 0, 0]
    assert (job.status, job.fence, job.attempts) == ("running", fence, 1)
    assert (job.result, job.worker) == ({"naïve": [1, None]}, "w")
    assert 3_500 < (job.lease_until - timezone.now()).total_seconds() < 3_700
    assert (other.status, other.fence) == ("queued", None)


def test_an_update_may_set_nothing():
    keep = Update(
        lambda pk, **_: Job.objects.filter(pk=pk),
        lambda result, fence, **_: {"result": result, "fence": fence},
        pk=UUID, result=dict, fence=UUID,
    )  # fmt: skip
    job = job_of(make_project(make_workspace()), result={"a": 1}, fence=uuid4())

    keep(pk=job.pk, result=None, fence=None)

    assert Job.objects.filter(pk=job.pk, result__isnull=True, fence__isnull=True).exists()


@pytest.mark.parametrize("count", [0, 1, 3])
def test_an_insert_writes_whole_rows(count):
    append = Insert(Event)
    project = make_project(make_workspace())
    before = FeedCounter.objects.get(project=project).last_seq
    data = {"text": "“Zoë” \U0001f600", "list": [1.5, None, True]}
    events = [
        Event(project=project, seq=before + number, name="text.delta", data=data, job_id=uuid4())
        for number in range(1, count + 1)
    ]

    append(events)

    kept = Event.objects.filter(project=project, seq__gt=before).order_by("seq")
    assert [(row.seq, row.name, row.data, row.job_id) for row in kept] == [
        (event.seq, "text.delta", data, event.job_id) for event in events
    ]
    assert all(abs(row.created_at - timezone.now()) < timedelta(minutes=1) for row in kept)
    assert [event._state.adding for event in events] == [False] * count


def test_a_parameter_that_does_not_reach_the_statement_is_refused():
    wrong = Select(lambda pk, title: Project.objects.filter(pk=pk), pk=UUID, title=str)

    with pytest.raises(ValueError, match="'title' is no parameter"):
        wrong.first(pk=uuid4(), title="x")
