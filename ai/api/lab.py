"""The lab: runs asked for, read side by side, promoted."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ai.api.answers import address_of, as_submitted
from ai.api.lab_shapes import (
    ALL,
    TASKS,
    FrozenSetsSerializer,
    LabAnswerSerializer,
    LabRunSerializer,
    NewLabRunSerializer,
    PromotionSerializer,
    SubmittedLabRunSerializer,
    WholeLabRunSerializer,
)
from ai.lab.frozen import frozen_set
from ai.lab.selectors import get_run, list_results, list_runs, results_of
from ai.lab.summary import side_by_side
from ai.models import LabRun
from ai.services.lab import promote, request_run
from canvas.core import openapi
from canvas.core.errors import Fault, Invalid
from canvas.workspaces.views import CanvasAPIView
from scenes.api.queries import choice, choices
from scenes.selectors import get_project

TASK = choices("task", list(TASKS), "Only runs of this task.")
MODEL = OpenApiParameter("model", str, description="Only this model's.")
CASE = OpenApiParameter("case", str, description="Only of this case.")


class LabRunsView(CanvasAPIView):
    """The workspace's runs."""

    is_ai_work: ClassVar[bool] = True
    ordering: ClassVar[list[str]] = ["-created_at"]
    filters: ClassVar = [TASK]

    @extend_schema(
        operation_id="lab_runs_list", parameters=filters, responses=LabRunSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """List runs, newest first."""
        rows = list_runs(access=self.access, task=choice(request, "task", TASKS))
        return self.page(rows, LabRunSerializer)

    @extend_schema(
        operation_id="lab_runs_create",
        request=NewLabRunSerializer,
        responses=openapi.accepted(SubmittedLabRunSerializer),
    )
    def post(self, request: Request) -> Response:
        """Compare models on frozen cases, on one request, or on a recorded job."""
        given = self.shape(NewLabRunSerializer)
        project_id, brought = given.get("project_id"), given.get("request")
        cases = given.get("cases")
        if given.get("expectations") and not given.get("job_id"):
            raise _expected_elsewhere()
        run, job = request_run(
            access=self.access,
            task=given["task"],
            models=given["models"],
            cases=None if cases == ALL else cases,
            all_cases=cases == ALL,
            request=brought,
            job_id=given.get("job_id"),
            expectations=(brought or given).get("expectations", []),
            wordings_given=given.get("wordings", ()),
            baseline=given.get("baseline", ""),
            project=get_project(access=self.access, project_id=project_id) if project_id else None,
            name=given.get("name", ""),
        )
        body = {"run": LabRunSerializer(run).data, "job": as_submitted(job)}
        return Response(body, status=202, headers={"Location": address_of(job)})


class LabRunView(CanvasAPIView):
    """One run."""

    @extend_schema(operation_id="lab_runs_retrieve", responses=WholeLabRunSerializer)
    def get(self, request: Request, run_id: UUID) -> Response:
        """Read a run side by side; results come as they are made, so it has no ETag."""
        return Response(_whole(get_run(access=self.access, run_id=run_id)))


class LabResultsView(CanvasAPIView):
    """The answers of one run."""

    ordering: ClassVar[list[str]] = ["created_at"]
    filters: ClassVar = [MODEL, CASE]

    @extend_schema(
        operation_id="lab_results_list",
        parameters=filters,
        responses=LabAnswerSerializer(many=True),
    )
    def get(self, request: Request, run_id: UUID) -> Response:
        """List the results with their answers, oldest first."""
        rows = list_results(
            access=self.access,
            run_id=run_id,
            model=request.query_params.get("model"),
            case=request.query_params.get("case"),
        )
        return self.page(rows, LabAnswerSerializer)


class LabPromoteView(CanvasAPIView):
    """Taking over what a run has found."""

    @extend_schema(
        operation_id="lab_runs_promote",
        request=PromotionSerializer,
        responses=WholeLabRunSerializer,
    )
    def post(self, request: Request, run_id: UUID) -> Response:
        """Make a model the first choice: of the workspace (owners), or of a plan (staff)."""
        run = get_run(access=self.access, run_id=run_id)
        given = self.shape(PromotionSerializer)
        _refuse_crossed(run, given)
        promote(
            access=self.access,
            run=run,
            model=given["model"],
            plan=given.get("plan"),
            user=self.person,
            force=given["force"],
        )
        return Response(_whole(get_run(access=self.access, run_id=run_id)))


class LabCasesView(CanvasAPIView):
    """The frozen set."""

    @extend_schema(operation_id="lab_cases_retrieve", responses=FrozenSetsSerializer)
    def get(self, request: Request) -> Response:
        """Read the cases that ship, by task: what is asked, and what is expected."""
        return Response(FrozenSetsSerializer({"sets": [frozen_set(task) for task in TASKS]}).data)


def _whole(run: LabRun) -> dict[str, Any]:
    results = results_of(run)
    shown: Any = run
    shown.listed_cases, shown.listed_results = run.cases["cases"], results
    shown.summary = side_by_side(run, results)
    body: dict[str, Any] = WholeLabRunSerializer(shown).data
    return body


def _refuse_crossed(run: LabRun, given: dict[str, Any]) -> None:
    """Refuse a body that says two things at once.

    Raises:
        Invalid: `wrong-scope` or `wrong-task`.
    """
    is_of_plan = given.get("scope", "plan" if "plan" in given else "workspace") == "plan"
    if is_of_plan != ("plan" in given):
        said = "Name a plan for the scope plan, and none for the workspace."
        raise Invalid(said, code="wrong-scope", faults=[Fault("/plan", "wrong-scope", said)])
    if given.get("task", run.task) != run.task:
        said = f"This run is about {run.task}."
        raise Invalid(said, code="wrong-task", faults=[Fault("/task", "wrong-task", said)])


def _expected_elsewhere() -> Invalid:
    said = "These are expected of the answers to jobId; a request carries its own, cases have them."
    return Invalid(said, code="expectations", faults=[Fault("/expectations", "expectations", said)])
