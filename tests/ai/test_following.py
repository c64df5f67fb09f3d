"""Which of many jobs have ended, and which have said all."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ai import following
from ai.models import Job, JobStatus
from tests.ai.factories import make_job
from tests.scenes.factories import make_project, roomy_workspace


@pytest.fixture
def jobs(db):
    """One in each state; the stopped ones a moment ago, and long ago."""
    project = make_project(roomy_workspace())
    now = timezone.now()
    long_ago = now - timedelta(seconds=5)
    ends = {
        "queued": (JobStatus.QUEUED, None),
        "succeeded": (JobStatus.SUCCEEDED, now),
        "failed": (JobStatus.FAILED, long_ago),
        "cancelled": (JobStatus.CANCELLED, now + timedelta(seconds=5)),
    }
    made = {}
    for name, (status, finished_at) in ends.items():
        made[name] = make_job(project).pk
        Job.objects.filter(pk=made[name]).update(status=status, finished_at=finished_at)
    return made


def test_ended_jobs_are_found_in_slices(jobs, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(following, "MOST_AT_ONCE", 2)

    with django_assert_num_queries(2):
        ended = following.ended(list(jobs.values()))

    assert ended == {jobs["succeeded"], jobs["failed"], jobs["cancelled"]}


def test_a_job_that_was_stopped_just_now_may_still_have_words(jobs):
    assert following.said_all(jobs.values()) == {jobs["succeeded"], jobs["failed"]}


def test_nobody_is_asked_for_no_job(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert (following.ended([]), following.said_all([])) == (set(), set())
