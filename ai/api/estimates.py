"""Estimates: what a request will cost and how long it will take, before it is made."""

from collections.abc import Mapping
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ai.api.estimate_shapes import ASK, SHAPES, EstimateSerializer, KindSerializer
from ai.estimates import requests
from ai.estimates.asks import Ask
from ai.estimates.service import Estimate, estimate
from ai.selectors import get_job
from canvas.core.errors import Fault, Invalid
from canvas.core.money import usd_text
from canvas.core.serializers import writer
from canvas.workspaces.models import Role
from canvas.workspaces.views import CanvasAPIView
from scenes.selectors import get_project


class EstimatesView(CanvasAPIView):
    """Price and time of any request for AI work. Nothing is written: no job, no hold."""

    roles: ClassVar = {"POST": Role.COMMENTER}

    @extend_schema(operation_id="estimates_create", request=ASK, responses=EstimateSerializer)
    def post(self, request: Request) -> Response:
        """Say what a request would cost and how long it would take, for who may make it."""
        kind = self.shape(KindSerializer)["kind"]
        given = self.shape(SHAPES[kind])
        ask = self._retry(given) if kind == "retry" else self._new(kind, given)
        return Response(writer(EstimateSerializer)(_shown(estimate(ask))))

    def _new(self, kind: str, given: Mapping[str, Any]) -> Ask:
        if kind != "chat":
            self.access.require(Role.EDITOR)
        access = self.access
        project = get_project(access=access, project_id=given["project_id"])
        model = given.get("model")
        if kind == "chat":
            return requests.for_chat(
                access=access, project=project, content=given["content"], model=model
            )
        if kind == "vision":
            one = given.get("asset_id")
            return requests.for_pictures(
                access=access,
                project=project,
                asset_ids=[one] if one else given.get("asset_ids", ()),
                count=given.get("count", 1),
                model=model,
            )
        return requests.for_outline(
            access=access,
            project=project,
            source=given["source"],
            text=given.get("text", ""),
            target=given.get("target"),
            model=model,
        )

    def _retry(self, given: Mapping[str, Any]) -> Ask:
        job = get_job(access=self.access, job_id=given["job_id"])
        if self.access.user is None or job.user_id != self.access.user.pk:
            self.access.require(Role.EDITOR)
        if job.project_id is None or given.get("project_id") not in {None, job.project_id}:
            fault = Fault("/projectId", "other-project", "The job is not of this project.")
            raise Invalid(fault.detail, code="other-project", faults=[fault])
        project = get_project(access=self.access, project_id=job.project_id)
        return requests.for_retry(job=job, project=project)


def _shown(found: Estimate) -> dict[str, Any]:
    """Put an estimate into the shape of the wire."""
    forecast, affordable = found.forecast, found.affordable
    cost = forecast.cost_nusd
    return {
        "kind": found.ask.kind.value,
        "count": found.ask.count,
        "tokens": {"prompt": forecast.prompt, "completion": forecast.completion},
        "cost_usd": cost and {"p50": usd_text(cost.p50), "p95": usd_text(cost.p95)},
        "seconds": {
            "p50": round(forecast.seconds.p50, 3),
            "p95": round(forecast.seconds.p95, 3),
        },
        "basis": forecast.basis,
        "where": forecast.where,
        "samples": forecast.samples,
        "simulated": forecast.simulated,
        "reason": forecast.reason or None,
        "model": found.choices[0].slug,
        "fallbacks": [choice.slug for choice in found.choices[1:]],
        "budget": {
            "fits": affordable.fits,
            "left_usd": usd_text(affordable.left_nusd),
            "need_usd": usd_text(found.need_nusd),
            "refused_by": affordable.refused_by,
            "detail": affordable.detail,
        },
    }
