"""Whose turn it is: start-time fair queueing over lanes, one lane a workspace and kind of job.

A new job takes the turn behind the last queued one of its own lane, or the turn of the head of the
queue if its lane is empty. Workers take the lowest turn. So a lane with 5,000 jobs and a lane with
one are served alternately, no slot is ever left idle, and both ends are one look into an index.

A ring says that there is something to do, not what: whoever hears one takes the fairest job.

Source: Goyal, Vin, Cheng, "Start-time Fair Queueing", 1996.
"""

from typing import Final
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Now

from ai.models import Job, JobStatus
from canvas.core.prepared import Select

_QUEUED: Final = {"status": JobStatus.QUEUED}


def _fairest() -> QuerySet[Job]:
    """The job whose turn it is; one that another worker is taking is passed over."""
    due = Job.objects.filter(**_QUEUED, crashes=0, run_after__lte=Now())
    return (
        due.select_for_update(skip_locked=True, of=("self",)).order_by("turn", "id").only("pk")[:1]
    )


def _last_of_lane(workspace: UUID, kind: str) -> QuerySet[Job]:
    lane = Job.objects.filter(workspace_id=workspace, kind=kind, **_QUEUED)
    return lane.order_by("-turn").only("pk", "turn")[:1]


_pick: Final = Select(_fairest)
_head: Final = Select(
    lambda: Job.objects.filter(**_QUEUED).order_by("turn", "id").only("pk", "turn")[:1]
)
_tail: Final = Select(_last_of_lane, workspace=UUID, kind=str)


def next_turn(*, workspace_id: UUID, kind: str) -> int:
    """Give the turn of a new job. Two at once may get the same one, which is fair enough."""
    last = _tail.first(workspace=workspace_id, kind=kind)
    if last is not None:
        return last.turn + 1
    head = _head.first()
    return 0 if head is None else head.turn


def pick() -> UUID | None:
    """Give the job whose turn it is, or None. In the caller's transaction its row is locked."""
    job = _pick.first()
    return None if job is None else job.pk
