"""What earlier jobs of the same kind and model used, read from the ledger.

The project's own jobs if they are enough, else the workspace's, never another tenant's. The number
of rows read has a limit, so a long history costs as much as a short one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from django.db.models import F, Func, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce

from ai.estimates.asks import Ask
from ai.estimates.quantiles import ENOUGH
from ai.models import CallStatus, ChatMessage, Job, JobKind, JobStatus, UpstreamCall

Where = Literal["project", "workspace"]

# Prices, prompts and habits change: what is older than this many jobs says little.
MOST_JOBS: Final = 200
# Of a workspace more are read, because they are of several projects and models.
MOST_OF_WORKSPACE: Final = 400
# A cancelled job says when somebody lost patience, not what it would have cost.
_FINISHED: Final = (JobStatus.SUCCEEDED, JobStatus.FAILED)
_CALL: Final = (
    "job_id", "model_slug", "status", "cost_nusd", "prompt_tokens", "completion_tokens",
    "simulated", "payer",
)  # fmt: skip


class Octets(Func):
    """The length of a text in bytes of UTF-8."""

    function = "OCTET_LENGTH"
    arity = 1

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:  # noqa: ANN401 Django's shape
        """Count the bytes of the text as a blob: older SQLite has no such function."""
        template = "LENGTH(CAST(%(expressions)s AS BLOB))"
        return super().as_sql(compiler, connection, template=template, **more)


@dataclass(frozen=True, slots=True)
class Call:
    """One attempt of a job."""

    model: str
    is_failed: bool
    cost_nusd: int | None
    prompt_tokens: int | None
    completion_tokens: int | None
    simulated: bool
    payer: str


@dataclass(frozen=True, slots=True)
class Used:
    """What one finished job was asked and what it used."""

    pk: UUID
    project_id: UUID
    finished_at: datetime
    seconds: float
    given_bytes: int
    """Of the message, or of the text of an outline; 0 when the source was the chat."""
    target: Mapping[str, Any]
    calls: Sequence[Call] = field(default=())

    @property
    def answered(self) -> list[Call]:
        """The calls that brought an answer with its tokens, in order."""
        return [call for call in self.calls if call.prompt_tokens]

    @property
    def is_timed(self) -> bool:
        """Say whether `seconds` can be believed: not when the clock went back meanwhile."""
        return self.seconds >= 0

    @property
    def is_known(self) -> bool:
        """Say whether all that it used is known. An unknown cost is not 0: such a job is left out.

        A failed call charged nothing and counts as nothing.
        """
        return bool(self.answered) and all(
            call.cost_nusd is not None and (call.is_failed or call.completion_tokens is not None)
            for call in self.calls
        )

    @property
    def model(self) -> str:
        """The model that was asked first, whoever answered in the end."""
        return self.calls[0].model

    @property
    def prompt_tokens(self) -> int:
        """Of all its calls."""
        return sum(call.prompt_tokens or 0 for call in self.calls)

    @property
    def completion_tokens(self) -> int:
        """Of all its calls."""
        return sum(call.completion_tokens or 0 for call in self.calls)

    @property
    def cost_nusd(self) -> int:
        """Of all its calls; to be asked only when it is known."""
        return sum(call.cost_nusd or 0 for call in self.calls)

    @property
    def first_prompt(self) -> int:
        """Tokens of the first prompt that was answered."""
        return self.answered[0].prompt_tokens or 0

    @property
    def context_after(self) -> int:
        """Tokens that the conversation had when it ended: its last prompt and the answer."""
        last = self.answered[-1]
        return (last.prompt_tokens or 0) + (last.completion_tokens or 0)


@dataclass(frozen=True, slots=True)
class History:
    """Jobs of one kind, oldest first, and where they are from; none if there are too few.

    `before` are all recent ones of the project, of any model and complete or not: from them it is
    known how long the conversation is.
    """

    jobs: Sequence[Used] = ()
    where: Where | None = None
    before: Sequence[Used] = ()

    @property
    def is_simulated(self) -> bool:
        """Say whether the figures are of simulated answers."""
        return any(call.simulated for job in self.jobs for call in job.calls)


def read(ask: Ask, *, model: str, payer: str) -> History:
    """Read the jobs that say what this request will use, in two or four statements."""
    own = _used(ask.kind, _finished(ask).filter(project_id=ask.project.pk), MOST_JOBS)
    like = _alike(own, model, payer)
    if len(like) >= ENOUGH:
        return History(like, "project", own)
    wide = _used(ask.kind, _finished(ask).filter(workspace_id=ask.workspace.pk), MOST_OF_WORKSPACE)
    like = _alike(wide, model, payer)
    if len(like) >= ENOUGH:
        return History(like, "workspace", own)
    return History(before=own)


def of_one(job: Job) -> Used | None:
    """Read what one finished job used; None when it called nobody."""
    return next(iter(_used(job.kind, Job.objects.filter(pk=job.pk), 1)), None)


def _alike(jobs: Sequence[Used], model: str, payer: str) -> list[Used]:
    """Choose the latest jobs of this model and payer whose figures are known.

    Simulated answers say nothing about real ones: those of the other sort are left out, too.
    """
    same = [
        job
        for job in jobs
        if job.is_known and job.model == model and {call.payer for call in job.calls} == {payer}
    ]
    is_simulated = bool(same) and same[-1].calls[-1].simulated
    same = [job for job in same if all(call.simulated is is_simulated for call in job.answered)]
    return same[-MOST_JOBS:]


def _finished(ask: Ask) -> QuerySet[Job]:
    rows = Job.objects.filter(kind=ask.kind, status__in=_FINISHED, project__isnull=False)
    return rows.filter(finished_at__lt=ask.at) if ask.at else rows


def _used(kind: str, rows: QuerySet[Job], most: int) -> list[Used]:
    """Read the latest jobs with their calls, oldest first."""
    jobs = list(
        rows.annotate(given_bytes=Coalesce(_given(kind), Value(0)))
        .order_by("-created_at", "-id")
        .values_list(
            "pk", "project_id", "queued_at", "started_at", "finished_at", "given_bytes",
            "payload__target",
        )[:most]
    )  # fmt: skip
    calls = _calls([job[0] for job in jobs])
    return [
        Used(
            pk=key,
            project_id=project_id,
            finished_at=finished_at,
            seconds=(finished_at - (started_at or queued_at)).total_seconds(),
            given_bytes=given_bytes,
            target=target if isinstance(target, dict) else {},
            calls=calls[key],
        )
        for key, project_id, queued_at, started_at, finished_at, given_bytes, target in reversed(
            jobs
        )
        if key in calls
    ]


def _given(kind: str) -> Any:  # noqa: ANN401 an expression
    """Measure what the person gave, in bytes; the text itself is not read."""
    if kind == JobKind.CHAT:
        message = ChatMessage.objects.filter(pk=OuterRef("subject_id")).order_by()
        return Subquery(message.values(size=Octets(F("content"), output_field=IntegerField()))[:1])
    if kind == JobKind.OUTLINE:
        return Octets(KT("payload__text"), output_field=IntegerField())
    return Value(None, output_field=IntegerField())


def _calls(jobs: Iterable[UUID]) -> Mapping[UUID, list[Call]]:
    found: dict[UUID, list[Call]] = defaultdict(list)
    rows = UpstreamCall.objects.filter(job_id__in=jobs).order_by("created_at", "id")
    for job_id, model, status, *figures in rows.values_list(*_CALL):
        found[job_id].append(Call(model, status == CallStatus.FAILED, *figures))
    return dict(found)
