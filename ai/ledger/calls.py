"""The life of one upstream call, each step once: every UPDATE names the state that it leaves."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from ai import accounts
from ai.ledger import purses, rows, warnings
from ai.ledger.believing import believed, is_doubtful
from ai.ledger.prices import nusd_of
from ai.models import CallStatus, Job, Payer, UpstreamCall
from ai.openrouter.errors import StoppedError
from ai.openrouter.wire import Usage
from canvas.core.errors import Unaffordable
from canvas.workspaces.models import Workspace

FIRST_LOOK_UP_AFTER: Final = timedelta(seconds=1)
# An unknown call without an id can never be looked up; its hold ends after this.
NAMELESS_HOLD: Final = timedelta(hours=1)
BATCH: Final = 100
KEEP_RAW_CHARACTERS: Final = 400_000
# What a call is that charged nothing.
_NOTHING: Final = {"status": CallStatus.FAILED, "cost_nusd": 0, "images": 0}


@dataclass(frozen=True, slots=True)
class Terms:
    """What a call is about to ask, for the row and the hold. Counts are the worst case."""

    recipe: str
    prompt_digest: str
    model_slug: str
    hold_nusd: int
    hold_tokens: int
    images: int = 0
    streamed: bool = False
    message_id: UUID | None = None
    task: str = ""
    chosen_as: str = ""
    payer: str = Payer.OPERATOR

    @property
    def need(self) -> purses.Need:
        """What it may use of each purse."""
        return purses.Need(self.hold_nusd, self.hold_tokens, self.images)


class _NoRoomError(Exception):
    """A purse is too small, or is not there yet."""


def reserve(*, job: Job, terms: Terms) -> UpstreamCall:
    """Hold the worst case against each budget and quota, and open the call's row.

    Limits are read afresh: a change of plan or budget holds from the next call on.

    Raises:
        Unaffordable: `budget-exhausted` or `quota-exhausted`; nothing is held then.
    """
    day = purses.today()
    call = _open(job, day, terms)
    if call is None:  # it does not fit, or the counters are not there yet
        limits = purses.Limits.of(job.workspace_id, terms.payer)
        if purses.make_missing(limits, project_id=job.project_id, day=day):
            call = _open(job, day, terms)
    if call is None:
        purses.refuse_unless_fits(limits, terms.need, project_id=job.project_id, day=day)
        call = _open(job, day, terms)  # room was made meanwhile
    if call is None:
        raise Unaffordable("The budget is being used up by other calls. Try again in a moment.")
    return call


def refuse_exhausted(
    workspace: Workspace, project_id: UUID | None = None, *, images: int = 0
) -> None:
    """Refuse new work early when nothing is left; the hold is what counts in the end.

    Args:
        workspace: who pays.
        project_id: what it is for.
        images: how many pictures it will surely see or make.

    Raises:
        Unaffordable: `budget-exhausted` or `quota-exhausted`.
        Conflict: `key-refused` or `key-unreadable`, the workspace's own key does not work.
    """
    payer = accounts.payer_of(workspace.pk)
    key = accounts.key_in_use(workspace.pk) if payer == Payer.OWN else None
    limits = purses.Limits(workspace, payer, key.budget_nusd_a_month if key else None)
    need = purses.Need(nusd=1, tokens=1, images=images)
    purses.refuse_unless_fits(limits, need, project_id=project_id, day=purses.today())


def sent(call: UpstreamCall) -> None:
    """Say that the request is leaving now: from here on it may cost something.

    Raises:
        StoppedError: the claim is no longer ours, so nothing may be sent: nobody would book it.
    """
    if not rows.send(pk=call.pk, fence=call.fence):
        error = StoppedError("lease-lost")
        error.never_sent = True
        raise error


def named(call: UpstreamCall, generation_id: str | None) -> None:
    """Keep the generation's id as soon as the headers bring it."""
    if generation_id:
        call.generation_id = generation_id[:120]
        rows.name(pk=call.pk, generation_id=call.generation_id)


def settle(
    call: UpstreamCall,
    usage: Usage | None,
    *,
    is_bill: bool = False,
    **seen: Any,  # noqa: ANN401 columns
) -> None:
    """Book what the call cost; without a believable cost it is owed and looked up later.

    Args:
        call: reserved, sent or unknown; any other state is left as it is.
        usage: as the provider reported it.
        is_bill: it was looked up, and counts even if it is far more than was held.
        seen: further columns: model_served, provider, finish_reason, raw_text, …
    """
    usage = believed(usage)
    if usage is None or usage.cost_usd is None:
        owe(call, usage, **seen)
        return
    cost = nusd_of(usage.cost_usd)
    if not is_bill and is_doubtful(cost, held_nusd=call.hold_nusd):
        said = f"The answer says that it cost {usage.cost_usd:f} USD: the bill is asked for."
        owe(call, usage, **{**seen, "error_detail": said})
        return
    tokens = (usage.prompt_tokens or 0) + (usage.completion_tokens or 0)
    columns = {**_counted(usage), **seen, "status": CallStatus.SETTLED, "cost_nusd": cost}
    _close(call, columns, nusd=cost, tokens=tokens)


def fail(call: UpstreamCall, **seen: Any) -> None:  # noqa: ANN401 columns
    """Book that the call charged nothing."""
    columns = {**seen, **_NOTHING}
    _close(call, columns, images=call.images)


def owe(call: UpstreamCall, usage: Usage | None = None, **seen: Any) -> None:  # noqa: ANN401 columns
    """Book that the call has ended and its cost is not known; the hold stays."""
    columns = {**_counted(usage), **_trimmed(seen)}
    UpstreamCall.objects.filter(pk=call.pk, status__in=rows.OPEN).update(
        status=CallStatus.UNKNOWN,
        ended_at=Now(),
        look_up_at=Now() + (FIRST_LOOK_UP_AFTER if call.generation_id else NAMELESS_HOLD),
        **columns,
    )


def expire(call: UpstreamCall) -> None:
    """Give up on a bill that never came: the hold ends, the cost stays unknown."""
    with transaction.atomic(durable=True):
        owed = UpstreamCall.objects.filter(pk=call.pk, status=CallStatus.UNKNOWN)
        row = owed.exclude(look_up_at=None).select_for_update().first()
        if row is not None:
            owed.update(
                hold_nusd=0, hold_tokens=0, look_up_at=None, error_detail="The bill never came."
            )
            purses.release(row)


def abandon(*, job_id: UUID | None, fence: UUID | None) -> None:
    """Close the open calls of a worker that died. Joins the caller's transaction."""
    of_job = Q(job=None) if job_id is None else Q(job_id=job_id)
    unsent = []
    for call in UpstreamCall.objects.filter(of_job, fence=fence, ended_at=None):
        # A worker that was only slow may be sending it in this moment: the locked row says so.
        row = rows.find_open.first(pk=call.pk)
        if row is None:
            continue
        if row.status == CallStatus.RESERVED:
            rows.close(row.pk, {**_NOTHING, "error_code": "worker-lost"})
            unsent.append((row, (0, 0, row.images)))
        elif row.ended_at is None:
            owe(row, error_code="worker-lost")
    purses.release_all(unsent)


def abandon_orphans(*, silent_for: timedelta) -> int:
    """Close the calls whose job has ended and whose worker never told; return how many.

    A cancelled job has no lease that could run out, so nobody else misses its worker.

    Args:
        silent_for: how long after the job's end its worker may still be closing the call.
    """
    over = UpstreamCall.objects.filter(ended_at=None).filter(
        Q(job__finished_at__lt=Now() - silent_for) | Q(job=None, created_at__lt=Now() - silent_for)
    )
    keys = list(over.order_by().values_list("job_id", "fence").distinct()[:BATCH])
    for job_id, fence in keys:
        with transaction.atomic():
            abandon(job_id=job_id, fence=fence)
    return len(keys)


def _close(call: UpstreamCall, columns: dict[str, Any], **counted: int) -> None:
    with transaction.atomic(durable=True):
        _close_in(call, columns, **counted)


def _close_in(call: UpstreamCall, columns: dict[str, Any], **counted: int) -> None:
    # The row, not the caller's copy, says what is still held: a look-up may have let go of it.
    row = rows.find_open.first(pk=call.pk)
    if row is not None:
        rows.close(row.pk, _trimmed(columns))
        purses.release(row, **counted)
        if columns["status"] == CallStatus.SETTLED:
            warnings.tell_new(row)


def _open(job: Job, day: str, terms: Terms) -> UpstreamCall | None:
    """Hold the worst case and open the call's row, or do nothing."""
    try:
        with transaction.atomic(durable=True):
            _hold(job, day, terms)
            call = UpstreamCall(
                workspace_id=job.workspace_id,
                project_id=job.project_id,
                job_id=job.pk,
                message_id=terms.message_id,
                user_id=job.user_id,
                token_id=job.token_id,
                request_id=job.request_id,
                attempt=job.attempts,
                fence=job.fence,
                payer=terms.payer,
                task=terms.task,
                recipe=terms.recipe,
                prompt_digest=terms.prompt_digest,
                day=day,
                hold_nusd=terms.hold_nusd,
                hold_tokens=terms.hold_tokens,
                model_slug=terms.model_slug,
                chosen_as=terms.chosen_as,
                streamed=terms.streamed,
                images=terms.images,
            )
            rows.add([call])
            return call
    except _NoRoomError:
        return None


def _hold(job: Job, day: str, terms: Terms) -> None:
    if not purses.hold(
        workspace_id=job.workspace_id,
        project_id=job.project_id,
        day=day,
        payer=terms.payer,
        need=terms.need,
    ):
        raise _NoRoomError


def _counted(usage: Usage | None) -> dict[str, Any]:
    if usage is None:
        return {}
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "cached_tokens": usage.cached_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "image_tokens": usage.image_tokens,
    }


def _trimmed(columns: dict[str, Any]) -> dict[str, Any]:
    """Cut texts to their columns and take out what PostgreSQL cannot keep."""
    return {
        name: _fitting(name, value) if isinstance(value, str) else value
        for name, value in columns.items()
    }


def _fitting(column: str, text: str) -> str:
    longest = getattr(UpstreamCall._meta.get_field(column), "max_length", None)
    clean = text.replace("\0", "").encode("utf-8", "replace").decode()
    return clean[: longest or KEEP_RAW_CHARACTERS]
