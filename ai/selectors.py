"""Reads of AI work, each scoped to the caller's workspace. Absent and foreign look the same."""

from typing import Any, Final
from uuid import UUID

from django.db.models import (
    BigIntegerField,
    Case,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from ai import route
from ai.models import ChatMessage, Job, Outline, UpstreamCall
from canvas.core.errors import Missing
from canvas.core.prepared import Select
from canvas.workspaces.access import Access
from scenes.selectors import get_project

_OF_JOB: Final = Q(job=OuterRef("pk"))
_OF_MESSAGE: Final = Q(job=OuterRef("job_id"), message_id=OuterRef("pk"))


def list_jobs(
    *,
    access: Access,
    status: str | None = None,
    kind: str | None = None,
    project_id: UUID | None = None,
) -> QuerySet[Job]:
    """The workspace's jobs with what their calls add up to.

    `cost_nusd`, `prompt_tokens`, `completion_tokens`, `model_served`, `simulated`, and `route`.

    The cost is None while a call has ended whose cost is not known, and 0 when nothing was charged.
    """
    wanted = {"status": status, "kind": kind, "project_id": project_id}
    filters = {name: value for name, value in wanted.items() if value is not None}
    return route.prefetched(_jobs(workspace_id=access.workspace.pk, **filters))


def get_job(*, access: Access, job_id: UUID) -> Job:
    """One job, with what `list_jobs` adds."""
    job: Job = _found(_find_job.first(workspace=access.workspace.pk, pk=job_id), "job")
    route.attach(job)
    return job


def list_messages(
    *, access: Access, project_id: UUID, role: str | None = None
) -> QuerySet[ChatMessage]:
    """The conversation of one project in its order, each message with `cost_nusd` of its calls.

    The cost is None when no call is booked for the message, or when one is not known.
    """
    project = get_project(access=access, project_id=project_id)
    rows = _messages(project_id=project.pk)
    return rows.filter(role=role) if role is not None else rows


def list_outlines(*, access: Access, project_id: UUID) -> QuerySet[Outline]:
    """The proposals of one project, newest first."""
    project = get_project(access=access, project_id=project_id)
    return Outline.objects.filter(project_id=project.pk)


def get_outline(*, access: Access, outline_id: UUID) -> Outline:
    """One proposal."""
    outline: Outline = _one(Outline.objects.filter(**_inside(access)), outline_id, "outline")
    return outline


def _jobs(**within: Any) -> QuerySet[Job]:  # noqa: ANN401 lookups
    calls = UpstreamCall.objects.filter(_OF_JOB)
    served = calls.exclude(model_served="").order_by("-created_at", "-id")
    return Job.objects.filter(**within).annotate(
        cost_nusd=_cost(_OF_JOB, without_calls=0),
        prompt_tokens=_tokens(calls, "prompt_tokens"),
        completion_tokens=_tokens(calls, "completion_tokens"),
        model_served=Subquery(served.values("model_served")[:1]),
        simulated=Exists(calls.filter(simulated=True)),
    )


def _messages(**within: Any) -> QuerySet[ChatMessage]:  # noqa: ANN401 lookups
    return ChatMessage.objects.filter(**within).annotate(
        cost_nusd=_cost(_OF_MESSAGE, without_calls=None)
    )


def _cost(calls: Q, *, without_calls: int | None) -> Case:
    """Sum the calls of an outer row in nano-dollars; None while the cost of one is not known."""
    rows = UpstreamCall.objects.filter(calls)
    total = rows.order_by().values("job").annotate(total=Sum("cost_nusd")).values("total")
    unknown = rows.filter(cost_nusd__isnull=True)
    return Case(
        When(Exists(unknown), then=Value(None)),
        default=Coalesce(Subquery(total), Value(without_calls)),
        output_field=BigIntegerField(),
    )


def _tokens(calls: QuerySet[UpstreamCall], column: str) -> Coalesce:
    total = calls.order_by().values("job").annotate(total=Sum(column)).values("total")
    return Coalesce(Subquery(total), Value(0))


def _inside(access: Access) -> dict[str, Any]:
    return {"project__workspace": access.workspace, "project__deleted_at__isnull": True}


def _one(rows: QuerySet[Any], key: UUID, noun: str) -> Any:  # noqa: ANN401 the queryset's row
    return _found(rows.filter(pk=key).first(), noun)


def _found(row: Any, noun: str) -> Any:  # noqa: ANN401 the query's row
    if row is None:
        raise Missing(f"There is no {noun} with this id in your workspace.")
    return row


_find_job: Final = Select(
    lambda workspace, pk: _jobs(workspace_id=workspace, pk=pk).order_by(), workspace=UUID, pk=UUID
)
