"""Rows of AI work for tests: plain functions; whatever is not said is filled in."""

import itertools
from typing import Any

from django.db.models import Max
from django.utils import timezone

from ai.director.proposals import propose
from ai.models import CallStatus, ChatMessage, Job, JobStatus, MessageRole, Outline, UpstreamCall
from scenes.models import Project
from scenes.services import feed

ENDED = {JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED}
_number = itertools.count(1)


def make_job(project: Project | None = None, **over: Any) -> Job:
    """Make a job's row in any state; nobody is rung for."""
    workspace = over.pop("workspace", None) or project.workspace
    values = {"kind": "chat", "status": JobStatus.QUEUED, **over}
    if values["status"] in ENDED:
        values.setdefault("finished_at", timezone.now())
    return Job.objects.create(workspace=workspace, project=project, **values)


def make_call(job: Job, **over: Any) -> UpstreamCall:
    """Make a line of the ledger; its cost is known unless it is said to be None."""
    cost = over.get("cost_nusd", 0)
    values = {
        "status": CallStatus.UNKNOWN if cost is None else CallStatus.SETTLED,
        "recipe": "director",
        "day": "2026-11-21",
        "model_slug": "maker/asked",
        "model_served": "maker/served",
        "cost_nusd": cost,
        "ended_at": timezone.now(),
        **over,
    }
    return UpstreamCall.objects.create(
        workspace_id=job.workspace_id, project_id=job.project_id, job=job, **values
    )


def make_message(project: Project, **over: Any) -> ChatMessage:
    last = ChatMessage.objects.filter(project=project).aggregate(last=Max("position"))["last"]
    values = {"role": MessageRole.USER, "content": f"Words {next(_number)}", **over}
    return ChatMessage.objects.create(project=project, position=(last or 0) + 1, **values)


def make_outline(project: Project, *, scenes: int = 2, **over: Any) -> Outline:
    content = {
        "title": "Night Bus",
        "logline": "Someone waits.",
        "characters": [{"name": "Mara", "description": "A woman in a red coat."}],
        "locations": [{"name": "Bus stop", "description": "A shelter in the rain."}],
        "scenes": [outline_scene(f"Scene {place}") for place in range(1, scenes + 1)],
    }
    return propose(project=project, content=content, source="text", job_id=None, **over)


def outline_scene(title: str) -> dict[str, Any]:
    return {
        "title": title,
        "summary": "Mara waits.",
        "location": "Bus stop",
        "time_of_day": "night",
        "characters": ["Mara"],
        "beats": [{"summary": "She looks up.", "duration_s": 4.5}],
        "duration_s": 4.5,
        "purpose": "It begins.",
    }


def tell(project: Project, name: str, job: Job | None = None, **data: Any) -> None:
    """Publish one event."""
    feed.publish(project.pk, [feed.NewEvent(name, data, job.pk if job else None)])
