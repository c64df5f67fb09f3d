"""What the views of AI work share: the answer 202, and reading an id out of the query."""

from typing import Any, Final
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.response import Response

from ai.api.serializers import JobSerializer
from ai.models import Job
from ai.selectors import get_job
from canvas.core.errors import Fault, Malformed
from canvas.core.serializers import writer
from canvas.workspaces.access import Access
from canvas.workspaces.views import CanvasAPIView

_WITHOUT_CALLS: Final = {
    "cost_nusd": 0,
    "prompt_tokens": 0,
    "completion_tokens": 0,
    "model_served": None,
    "simulated": False,
    "route": (),
}
PROJECT_ID = OpenApiParameter("projectId", UUID, description="Only this project's.")


def address_of(job: Job) -> str:
    """Give the path of a job, as it stands in `Location`."""
    return reverse("job", args=[job.pk])


def on_wire(job: Job, access: Access) -> dict[str, Any]:
    """Read a job that was just submitted, and give it as it stands on the wire."""
    return writer(JobSerializer)(get_job(access=access, job_id=job.pk))


def as_submitted(job: Job) -> dict[str, Any]:
    """Give a job as it stands on the wire when it was submitted a moment ago: without calls."""
    for name, value in _WITHOUT_CALLS.items():
        setattr(job, name, value)
    return writer(JobSerializer)(job)


def accepted(job: Job, view: CanvasAPIView) -> Response:
    """Answer 202 with the job as the body and its address in `Location`."""
    body = on_wire(job, view.access)
    return Response(body, status=202, headers={"Location": address_of(job)})


def id_in_query(view: CanvasAPIView, name: str) -> UUID | None:
    """Read an id out of the query; None when the parameter is not there.

    Raises:
        Malformed: it is not an id.
    """
    text = view.request.query_params.get(name)
    try:
        return None if text is None else UUID(text)
    except ValueError as exc:
        fault = Fault(f"?{name}", "wrong-parameter", "An id.")
        raise Malformed(f"The parameter {name} is not an id.", faults=[fault]) from exc
