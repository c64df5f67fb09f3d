"""The life of one upstream call, each step once: every UPDATE names the state that it leaves."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from ai.ledger.prices import nusd_of
from ai.models import Budget, CallStatus, Job, JobStatus, UpstreamCall
from ai.openrouter.errors import StoppedError
from ai.openrouter.wire import Usage
from canvas.core.errors import Unaffordable
from canvas.core.money import usd_text
from canvas.workspaces.models import Workspace

OPEN: Final = (CallStatus.RESERVED, CallStatus.SENT, CallStatus.UNKNOWN)
FIRST_LOOK_UP_AFTER: Final = timedelta(seconds=1)
# An unknown call without an id can never be looked up; its hold ends after this.
NAMELESS_HOLD: Final = timedelta(hours=1)
BATCH: Final = 100
KEEP_RAW_CHARACTERS: Final = 400_000


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


def reserve(*, job: Job, terms: Terms) -> UpstreamCall:
    """Hold the worst case against the month's budget and quotas, and open the call's row.

    Raises:
        Unaffordable: `budget-exhausted` or `quota-exhausted`; nothing is held then.
    """
    month = timezone.now().strftime("%Y-%m")
    Budget.objects.bulk_create(
        [Budget(workspace_id=job.workspace_id, month=month)], ignore_conflicts=True
    )
    with transaction.atomic(durable=True):
        mine = Budget.objects.filter(workspace_id=job.workspace_id, month=month)
        hit = mine.filter(_within(job.workspace, terms)).update(
            hold_nusd=F("hold_nusd") + terms.hold_nusd,
            hold_tokens=F("hold_tokens") + terms.hold_tokens,
            images=F("images") + terms.images,
        )
        if not hit:
            raise _refusal(job.workspace, mine.get(), terms)
        return UpstreamCall.objects.create(
            workspace_id=job.workspace_id,
            project_id=job.project_id,
            job=job,
            message_id=terms.message_id,
            token_id=job.token_id,
            request_id=job.request_id,
            attempt=job.attempts,
            fence=job.fence,
            recipe=terms.recipe,
            prompt_digest=terms.prompt_digest,
            month=month,
            hold_nusd=terms.hold_nusd,
            hold_tokens=terms.hold_tokens,
            model_slug=terms.model_slug,
            streamed=terms.streamed,
            images=terms.images,
        )


def refuse_exhausted(workspace: Workspace) -> None:
    """Refuse new work early when nothing is left this month; the hold is what counts in the end.

    Raises:
        Unaffordable: `budget-exhausted` or `quota-exhausted`.
    """
    month = timezone.now().strftime("%Y-%m")
    now = Budget.objects.filter(workspace_id=workspace.pk, month=month).first()
    one = Terms("", "", "", hold_nusd=1, hold_tokens=1)
    if now is None:
        now = Budget(workspace=workspace, month=month)
    limit, tokens = workspace.budget_nusd, workspace.plan.tokens_a_month
    if (limit is not None and now.spent_nusd + now.hold_nusd >= limit) or (
        tokens is not None and now.tokens + now.hold_tokens >= tokens
    ):
        raise _refusal(workspace, now, one)


def sent(call: UpstreamCall) -> None:
    """Say that the request is leaving now: from here on it may cost something.

    Raises:
        StoppedError: the claim is no longer ours, so nothing may be sent: nobody would book it.
    """
    ours = UpstreamCall.objects.filter(
        pk=call.pk,
        status=CallStatus.RESERVED,
        job__status=JobStatus.RUNNING,
        job__fence=call.fence,
    )
    if not ours.update(status=CallStatus.SENT, sent_at=Now()):
        error = StoppedError("lease-lost")
        error.never_sent = True
        raise error


def named(call: UpstreamCall, generation_id: str | None) -> None:
    """Keep the generation's id as soon as the headers bring it."""
    if generation_id:
        call.generation_id = generation_id[:120]
        UpstreamCall.objects.filter(pk=call.pk).update(generation_id=call.generation_id)


def settle(call: UpstreamCall, usage: Usage | None, **seen: Any) -> None:  # noqa: ANN401 columns
    """Book what the call cost; without a cost it is owed and looked up later.

    Args:
        call: reserved, sent or unknown; any other state is left as it is.
        usage: as the provider reported it.
        seen: further columns: model_served, provider, finish_reason, raw_text, …
    """
    if usage is None or usage.cost_usd is None:
        owe(call, usage, **seen)
        return
    cost = nusd_of(max(usage.cost_usd, usage.cost_usd * 0))
    tokens = (usage.prompt_tokens or 0) + (usage.completion_tokens or 0)
    columns = {**_counted(usage), **seen, "status": CallStatus.SETTLED, "cost_nusd": cost}
    _close(call, columns, spent_nusd=F("spent_nusd") + cost, tokens=F("tokens") + tokens)


def fail(call: UpstreamCall, **seen: Any) -> None:  # noqa: ANN401 columns
    """Book that the call charged nothing."""
    columns = {**seen, "status": CallStatus.FAILED, "cost_nusd": 0, "images": 0}
    _close(call, columns, images=F("images") - call.images)


def owe(call: UpstreamCall, usage: Usage | None = None, **seen: Any) -> None:  # noqa: ANN401 columns
    """Book that the call has ended and its cost is not known; the hold stays."""
    columns = {**_counted(usage), **_trimmed(seen)}
    UpstreamCall.objects.filter(pk=call.pk, status__in=OPEN).update(
        status=CallStatus.UNKNOWN,
        ended_at=Now(),
        look_up_at=Now() + (FIRST_LOOK_UP_AFTER if call.generation_id else NAMELESS_HOLD),
        **columns,
    )


def expire(call: UpstreamCall) -> None:
    """Give up on a bill that never came: the hold ends, the cost stays unknown."""
    with transaction.atomic(durable=True):
        rows = UpstreamCall.objects.filter(pk=call.pk, status=CallStatus.UNKNOWN)
        row = rows.exclude(look_up_at=None).select_for_update().first()
        if row is not None:
            rows.update(
                hold_nusd=0, hold_tokens=0, look_up_at=None, error_detail="The bill never came."
            )
            _release(row)


def abandon(*, job_id: UUID | None, fence: UUID | None) -> None:
    """Close the open calls of a worker that died. Joins the caller's transaction."""
    of_job = Q(job=None) if job_id is None else Q(job_id=job_id)
    for call in UpstreamCall.objects.filter(of_job, fence=fence, ended_at=None):
        if call.status == CallStatus.RESERVED:
            _close_in(
                call,
                {
                    "status": CallStatus.FAILED,
                    "cost_nusd": 0,
                    "images": 0,
                    "error_code": "worker-lost",
                },
                images=F("images") - call.images,
            )
        elif call.status == CallStatus.SENT:
            owe(call, error_code="worker-lost")


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


def _close(call: UpstreamCall, columns: dict[str, Any], **counters: Any) -> None:  # noqa: ANN401 expressions
    with transaction.atomic(durable=True):
        _close_in(call, columns, **counters)


def _close_in(call: UpstreamCall, columns: dict[str, Any], **counters: Any) -> None:  # noqa: ANN401 expressions
    # The row, not the caller's copy, says what is still held: a look-up may have let go of it.
    row = UpstreamCall.objects.select_for_update().filter(pk=call.pk, status__in=OPEN).first()
    if row is None:
        return
    UpstreamCall.objects.filter(pk=row.pk).update(
        ended_at=Now(), look_up_at=None, hold_nusd=0, hold_tokens=0, **_trimmed(columns)
    )
    _release(row, **counters)


def _release(call: UpstreamCall, **counters: Any) -> None:  # noqa: ANN401 expressions
    """Take the hold off the month it was put on, whatever month it is now."""
    Budget.objects.filter(workspace_id=call.workspace_id, month=call.month).update(
        hold_nusd=F("hold_nusd") - call.hold_nusd,
        hold_tokens=F("hold_tokens") - call.hold_tokens,
        **counters,
    )


def _within(workspace: Workspace, terms: Terms) -> Q:
    """The condition under which the hold fits."""
    plan, fits = workspace.plan, Q()
    if workspace.budget_nusd is not None:
        most = workspace.budget_nusd - terms.hold_nusd
        fits &= Q(spent_nusd__lte=most - F("hold_nusd"))
    if plan.tokens_a_month is not None:
        fits &= Q(tokens__lte=plan.tokens_a_month - terms.hold_tokens - F("hold_tokens"))
    if plan.images_a_month is not None and terms.images:
        fits &= Q(images__lte=plan.images_a_month - terms.images)
    return fits


def _refusal(workspace: Workspace, now: Budget, terms: Terms) -> Unaffordable:
    limit, plan = workspace.budget_nusd, workspace.plan
    if limit is not None and now.spent_nusd + now.hold_nusd + terms.hold_nusd > limit:
        left = usd_text(max(limit - now.spent_nusd - now.hold_nusd, 0))
        return Unaffordable(
            f"This may cost up to {usd_text(terms.hold_nusd)} USD; {left} USD of this month's "
            "budget are left. Raise the budget, or wait for the next month.",
            extra={"limitUsd": usd_text(limit), "leftUsd": left},
        )
    what = "pictures" if _pictures_gone(workspace, now, terms) else "tokens"
    return Unaffordable(
        f"The {plan.name} plan's {what} of this month are used up. "
        "Move the workspace to a larger plan, or wait for the next month.",
        code="quota-exhausted",
        extra={"quota": what},
    )


def _pictures_gone(workspace: Workspace, now: Budget, terms: Terms) -> bool:
    most = workspace.plan.images_a_month
    return most is not None and terms.images > 0 and now.images + terms.images > most


def _counted(usage: Usage | None) -> dict[str, Any]:
    if usage is None:
        return {}
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "cached_tokens": usage.cached_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
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
