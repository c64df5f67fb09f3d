"""The lab: runs are asked for, and what they find is promoted."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ai import ledger
from ai.catalogue.resolve import WRONG_ID, Unknown, look_up
from ai.jobs.registry import Store
from ai.jobs.service import submit
from ai.lab import frozen, requests, running, wordings
from ai.lab.expectations import checks_of
from ai.lab.selectors import results_of
from ai.lab.summary import Row, side_by_side
from ai.models import Job, JobKind, LabRun, Stack
from ai.selectors import get_job
from ai.services.configurations import configuration_of, edit_configuration
from ai.services.stacks import MOST_FALLBACKS, edit_stack
from canvas.core.errors import Conflict, Fault, Forbidden, Invalid, Missing
from canvas.workspaces.access import Access
from canvas.workspaces.models import Role, User

if TYPE_CHECKING:
    from scenes.models import Project

MOST_MODELS: Final = 8
MOST_CASES: Final = 50
MOST_CELLS: Final = 200


def request_run(
    *,
    access: Access,
    task: str,
    models: Sequence[str],
    cases: Sequence[str] | None = None,
    all_cases: bool = False,
    request: Mapping[str, Any] | None = None,
    job_id: UUID | None = None,
    expectations: Sequence[Any] = (),
    wordings_given: Sequence[Mapping[str, str]] = (),
    baseline: str = "",
    project: "Project | None" = None,
    name: str = "",
) -> tuple[LabRun, Job]:
    """Store a run and submit its job.

    Args:
        access: who asks.
        task: chat, outline or vision.
        models: which models; the baseline is added when it is not among them.
        cases: keys of the frozen set.
        all_cases: the whole frozen set of the task.
        request: one request of one's own: content, text or asset_id, target.
        job_id: a job of the workspace whose question is asked again.
        expectations: what is expected of the answers to `request` or `job_id`.
        wordings_given: prompt versions; none is the shipped one.
        baseline: what the others are compared to; blank is the setting.
        project: whose bible, budget and wishes count.
        name: for people.

    Raises:
        Invalid: not exactly one source, too much, or a model, case, wording that is none.
        Missing: another workspace's job or picture.
        Unaffordable: the month's budget or tokens are used up.
    """
    slugs, base = _models(models, baseline or settings.BASELINE_MODEL)
    _refuse_unless_one(cases is not None or all_cases, request is not None, job_id is not None)
    origin: dict[str, Any] = {"set": None}
    if request is not None or job_id is not None:
        pointer = "/request/expectations" if request is not None else "/expectations"
        checks_of(task, expectations, pointer=pointer)
        case = (
            requests.given(access=access, task=task, request=dict(request), project=project)
            if request is not None
            else _recorded(access, task, job_id)
        )
        found = [{**case, "expect": list(expectations)}]
    else:
        found = frozen.chosen(task, None if all_cases else cases)
        own = frozen.frozen_set(task)
        origin["set"] = {"version": own.version, "digest": own.digest}
    run = LabRun(
        workspace=access.workspace,
        project=project,
        name=name,
        task=task,
        cases={**origin, "cases": found},
        model_slugs=slugs,
        wordings=wordings.kept(task, wordings_given),
        baseline=base,
    )
    _refuse_too_much(run)
    ledger.refuse_exhausted(access.workspace, project.pk if project else None)
    with transaction.atomic():
        run.save(force_insert=True)
        run.job = submit(
            access=access,
            kind=JobKind.LAB,
            project_id=project.pk if project else None,
            subject_id=run.pk,
        )
        run.save(update_fields=["job"])
    return run, run.job


def do_run(job: Job) -> Store:
    """Do a run; see ai.lab.running."""
    return running.work(job)


def promote(
    *,
    access: Access,
    run: LabRun,
    model: str,
    plan: str | None = None,
    user: User | None = None,
    force: bool = False,
) -> LabRun:
    """Make a model of a run the first choice for its task: of a plan, or of the workspace.

    The plan's former first model becomes its first fallback. Doing it again changes nothing.

    Args:
        access: the workspace's caller.
        run: a run of that workspace.
        model: one that the run has asked.
        plan: a plan's key, for staff; None is the workspace itself, for its owners.
        user: who does it.
        force: although the model did worse than the baseline.

    Raises:
        Forbidden: `staff-only`, or not an owner.
        Invalid: `not-in-run`, or a model that cannot do the task.
        Conflict: `not-good-enough`, fewer valid answers than the baseline, or none.
        Missing: no such plan, or it has no stack for the task.
    """
    if plan is not None and not (user is not None and user.is_staff):
        raise Forbidden("Only staff changes what a plan uses.", code="staff-only")
    if plan is None:
        access.require(Role.OWNER)
    if model not in run.model_slugs:
        said = f"This run has not asked {model}."
        raise Invalid(said, code="not-in-run", faults=[Fault("/model", "not-in-run", said)])
    if not force:
        _refuse_worse(run, model)
    note = f"Promoted by lab run {run.pk}"
    user_id = user.pk if user else None
    with transaction.atomic():
        if plan is None:
            _promote_in_workspace(run, model, user_id, note)
        else:
            _promote_in_plan(run.task, plan, model, user_id, note)
        if run.promoted_at is None:
            run.promoted_at = timezone.now()
            run.save(update_fields=["promoted_at"])
    return run


def _promote_in_workspace(run: LabRun, model: str, user_id: UUID | None, note: str) -> None:
    column = f"{run.task}_model"
    if getattr(configuration_of(workspace=run.workspace), column) == model:
        return
    changes: dict[str, Any] = {column: model}
    edit_configuration(workspace=run.workspace, user_id=user_id, note=note, **changes)


def _promote_in_plan(task: str, plan: str, model: str, user_id: UUID | None, note: str) -> None:
    stack = Stack.objects.select_related("plan").filter(plan_id=plan, task=task).first()
    if stack is None:
        raise Missing(f"There is no stack of the plan {plan} for {task}.")
    if stack.model_slug == model:
        return
    others = [slug for slug in (stack.model_slug, *stack.fallback_slugs) if slug != model]
    fallbacks = others[:MOST_FALLBACKS]
    edit_stack(stack=stack, user_id=user_id, note=note, model_slug=model, fallback_slugs=fallbacks)


def _refuse_worse(run: LabRun, model: str) -> None:
    rows = side_by_side(run, results_of(run))
    best = _best(rows, model)
    base = _best(rows, run.baseline)
    if best is None or not best.valid:
        raise Conflict(f"{model} has given no valid answer in this run.", code="not-good-enough")
    if best.cases < len(run.cases["cases"]):
        raise Conflict(
            f"{model} has answered {best.cases} of {len(run.cases['cases'])} cases so far.",
            code="not-good-enough",
        )
    if base is not None and (best.validity_rate or 0) < (base.validity_rate or 0):
        raise Conflict(
            f"{model} was valid in {best.valid} of {best.cases} cases, "
            f"{run.baseline} in {base.valid} of {base.cases}. Send force to promote it anyway.",
            code="not-good-enough",
        )


def _best(rows: Sequence[Row], model: str) -> Row | None:
    """Give a model's row with the wording in which it was valid most often."""
    own = [row for row in rows if row.model == model and row.cases]
    return max(own, key=lambda row: row.validity_rate or 0, default=None)


def _recorded(access: Access, task: str, job_id: UUID | None) -> dict[str, Any]:
    assert job_id is not None  # noqa: S101 one source is there
    job = get_job(access=access, job_id=job_id)
    return requests.recorded(access=access, task=task, job=job)


def _models(given: Sequence[str], baseline: str) -> tuple[list[str], str]:
    """Read names of models, routing shortcuts kept; the baseline is one of those that are asked."""
    found = look_up([*given, baseline])
    slugs: list[str] = []
    faults = []
    for place, asked in enumerate([*given, baseline]):
        pointer = f"/models/{place}" if place < len(given) else "/baseline"
        one = found[asked]
        if isinstance(one, Unknown):
            faults.append(Fault(pointer, WRONG_ID, one.detail))
            continue
        slugs.append(f"{one.slug}:{one.variant}" if one.variant else one.slug)
    if faults:
        raise Invalid(faults[0].detail, code=WRONG_ID, faults=faults)
    return list(dict.fromkeys(slugs)), slugs[-1]


def _refuse_unless_one(*sources: bool) -> None:
    if sum(sources) != 1:
        said = "Say exactly one of cases, request and jobId."
        raise Invalid(said, code="one-source", faults=[Fault("", "one-source", said)])


def _refuse_too_much(run: LabRun) -> None:
    cases, cells = len(run.cases["cases"]), running.size(run)
    limits = (
        ("/cases", "cases", cases, MOST_CASES),
        ("", "answers", cells, MOST_CELLS),
    )
    for pointer, what, count, most in limits:
        if count > most:
            said = f"This run asks for {count} {what}; {most} is the most."
            raise Invalid(said, code="too-many", faults=[Fault(pointer, "too-many", said)])
