"""Reading many feeds at once."""

from uuid import uuid4

import pytest

from scenes import following
from scenes.following import Told, events_after, events_of_job, last_numbers
from scenes.models import Event
from scenes.services.feed import NewEvent, publish
from tests.scenes.factories import make_project, roomy_workspace


@pytest.fixture
def projects(db):
    workspace = roomy_workspace()
    projects = [make_project(workspace) for _ in range(5)]
    Event.objects.all().delete()
    return projects


def position_of(project):
    return last_numbers([project.pk])[project.pk]


def test_each_feed_is_read_from_its_own_number_up_to_its_own_limit(
    projects, monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr(following, "MOST_AT_ONCE", 2)
    begun = {project.pk: position_of(project) for project in projects}
    job = uuid4()
    for project in projects[:4]:
        publish(project.pk, [NewEvent("scene.created", {"n": n}, job) for n in range(3)])
    begun[projects[1].pk] += 2

    with django_assert_num_queries(3):
        told = events_after(begun, limit=2)

    firsts = [[event.seq - begun[project.pk] for event in told[project.pk]] for project in projects]
    assert firsts == [[1, 2], [1], [1, 2], [1, 2], []]
    seq, name, data, of_job = told[projects[0].pk][0]
    assert (seq, name, of_job) == (begun[projects[0].pk] + 1, "scene.created", job.hex)
    assert data.replace(" ", "") == '{"n":0}'


def test_a_feed_is_cut_to_one_job(projects):
    mine, other = uuid4(), uuid4()
    begun = position_of(projects[0])
    for job in (mine, other, None, mine, mine):
        publish(projects[0].pk, [NewEvent("text.delta", {"text": "é"}, job)])

    told = events_of_job(projects[0].pk, mine, after=begun + 1, limit=1)

    assert [(event.seq - begun, event.job) for event in told] == [(4, mine.hex)]
    assert isinstance(told[0], Told)


def test_a_project_that_is_gone_has_no_last_number(projects, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = last_numbers([projects[0].pk, uuid4()])

    assert found == {projects[0].pk: position_of(projects[0])}
