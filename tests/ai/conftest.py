"""Fixtures of the AI tests: the scripted wire, a project, and a runner that has no queue."""

import pytest

from ai import exchange
from ai.jobs import runner
from ai.models import Job, Stack, Task
from canvas.workspaces.models import Workspace
from scenes.models import Project
from scenes.services.changes import Actor
from scenes.services.projects import add_project
from tests.ai.fake_openrouter import FakeOpenRouter
from tests.secrecy import CANARY_KEY


@pytest.fixture
def openrouter(monkeypatch, settings):
    """The scripted OpenRouter; nothing else can be reached."""
    fake = FakeOpenRouter()
    settings.OPENROUTER_API_KEY = CANARY_KEY
    settings.OPENROUTER_BASE_URL = "http://127.0.0.1:1/api/v1"
    monkeypatch.setattr(exchange, "fake_transport", fake.transport)
    return fake


@pytest.fixture
def project(transactional_db, api):
    """A project of the client's workspace, whose plan asks `maker/first`, then `maker/second`.

    Committed for real: leases and deltas are written by threads of their own.
    """
    use_models(api.workspace, "maker/first", "maker/second")
    return add_project(workspace=api.workspace, by=Actor.human(api.user.pk), title="The Ferry")


def use_models(workspace: Workspace, first: str, *others: str) -> None:
    """Let the workspace's plan use these models for everything."""
    for task in Task.values:
        Stack.objects.update_or_create(
            plan=workspace.plan,
            task=task,
            defaults={"model_slug": first, "fallback_slugs": list(others)},
        )


def run(job_id) -> Job:
    """Do a job as a worker would, and return its row."""
    runner.run(job_id)
    return Job.objects.get(pk=job_id)


def run_after_wait(job_id) -> Job:
    """Do a job that waits for its time, as if the time had come."""
    Job.objects.filter(pk=job_id).update(run_after="2020-01-01T00:00:00Z")
    return run(job_id)


def scenes_of(project: Project) -> list[str]:
    """Titles of the living scenes, in order."""
    return [scene.title for scene in project.scenes.filter(deleted_at=None)]
