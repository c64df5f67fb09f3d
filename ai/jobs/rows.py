"""The hot statements of a job's life, compiled once. Each UPDATE names the state that it leaves."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce, Now

from ai.models import Job, JobStatus
from canvas.core.prepared import Select, Update


def queued(pk: UUID, **more: Any) -> QuerySet[Job]:  # noqa: ANN401 lookups
    """A job that waits to be done."""
    return Job.objects.filter(pk=pk, status=JobStatus.QUEUED, **more)


def held(pk: UUID, fence: UUID, **_: Any) -> QuerySet[Job]:  # noqa: ANN401 further parameters
    """A job that runs under this very claim."""
    return Job.objects.filter(pk=pk, status=JobStatus.RUNNING, fence=fence)


def _claimed(fence: UUID, lease: timedelta, worker: str, **_: Any) -> Mapping[str, Any]:  # noqa: ANN401 further parameters
    return {
        "status": JobStatus.RUNNING,
        "fence": fence,
        "lease_until": Now() + lease,
        "worker": worker,
        "attempts": F("attempts") + 1,
        "started_at": Coalesce("started_at", Now()),
        "ring_at": None,
        **_touched(),
    }


def _touched(**_: Any) -> Mapping[str, Any]:  # noqa: ANN401 parameters
    return {"version": F("version") + 1, "modified_at": Now()}


def _claim(**lookups: Any) -> Update:  # noqa: ANN401 lookups
    return Update(
        lambda pk, **_: queued(pk, run_after__lte=Now(), **lookups),
        _claimed,
        pk=UUID, fence=UUID, lease=timedelta, worker=str,
    )  # fmt: skip


claim: Final = _claim(crashes=0)
claim_suspect: Final = _claim(crashes__gt=0)
find: Final = Select(
    lambda pk: Job.objects.select_related("workspace__plan", "project").filter(pk=pk).order_by(),
    pk=UUID,
)
touch: Final = Update(held, lambda **_: {"modified_at": Now()}, pk=UUID, fence=UUID)
succeed: Final = Update(
    held,
    lambda result, **_: {
        "status": JobStatus.SUCCEEDED,
        "finished_at": Now(),
        "lease_until": None,
        "result": result,
        **_touched(),
    },
    pk=UUID, fence=UUID, result=dict,
)  # fmt: skip
