"""Whose turn it is: start-time fair queueing over lanes, one lane a workspace and kind of job.

A new job takes the turn behind the last queued one of its own lane, or the turn that the queue has
come to if its lane is empty. Workers take the lowest turn. So a lane with 5,000 jobs and a lane
with one are served alternately, no slot is ever left idle, and each look is a step into an index.

The queue has come to the highest turn that runs. Jobs that were tried before keep their low turns:
they are next when they are due, and say nothing about where the others are.

A ring says that there is something to do, not what: whoever hears one takes the fairest job.

Source: Goyal, Vin, Cheng, "Start-time Fair Queueing", 1996.
"""

import time
from typing import Final
from uuid import UUID

from django.db.models import QuerySet, Subquery
from django.db.models.functions import Now

from ai.models import Job, JobStatus
from canvas.core.prepared import Select
from canvas.workspaces.models import Workspace

LOOK_EVERY_S: Final = 1.0
_QUEUED: Final = {"status": JobStatus.QUEUED}
_looked: dict[str, float] = {}


def _fairest() -> QuerySet[Job]:
    """The job whose turn it is; one that another worker is taking is passed over."""
    due = Job.objects.filter(**_QUEUED, crashes=0, run_after__lte=Now())
    return (
        due.select_for_update(skip_locked=True, of=("self",)).order_by("turn", "id").only("pk")[:1]
    )


def _turns(workspace: UUID, kind: str) -> QuerySet[Workspace]:
    """The turns that a new job's follows from, each NULL if there is no such job."""
    queued, running = Job.objects.filter(**_QUEUED), Job.objects.filter(status=JobStatus.RUNNING)
    new = queued.filter(attempts=0)
    # The id itself and not the outer row's: a planner that knows it steps into the lane's index.
    lane = new.filter(workspace_id=workspace, kind=kind)
    return (
        Workspace.objects.filter(pk=workspace)
        .order_by()
        .only("pk")
        .annotate(
            tail=Subquery(lane.order_by("-turn").values("turn")[:1]),
            running=Subquery(running.order_by("-turn").values("turn")[:1]),
            head=Subquery(new.order_by("turn", "id").values("turn")[:1]),
            highest=Subquery(queued.order_by("-turn", "-id").values("turn")[:1]),
        )
    )


_pick: Final = Select(_fairest)
_pick_suspect: Final = Select(
    lambda: (
        Job.objects.filter(**_QUEUED, crashes__gt=0, run_after__lte=Now())
        .order_by("turn", "id")
        .only("pk")[:1]
    )
)
_found: Final = Select(_turns, workspace=UUID, kind=str)


def next_turn(*, workspace_id: UUID, kind: str) -> int:
    """Give the turn of a new job. Two at once may get the same one, which is fair enough."""
    found = _found.first(workspace=workspace_id, kind=kind)
    assert found is not None  # noqa: S101 who submits is in it
    turns = vars(found)
    reached = [turns[name] for name in ("running", "head", "highest") if turns[name] is not None]
    now: int = reached[0] if reached else 0
    return now if turns["tail"] is None else max(turns["tail"] + 1, now)


def pick() -> UUID | None:
    """Give the job whose turn it is, or None. In the caller's transaction its row is locked."""
    job = _pick.first()
    return None if job is None else job.pk


def find_suspect() -> UUID | None:
    """Find a job whose worker has died: its own ring may stand behind thousands of others.

    A process that has found none looks again after a second: it is a look at all that is queued.
    """
    now = time.monotonic()
    if now < _looked.get("again", now):
        return None
    job = _pick_suspect.first()
    _looked["again"] = now if job else now + LOOK_EVERY_S
    return None if job is None else job.pk


def look_anew() -> None:
    """Have the next look not wait for its second."""
    _looked.clear()
