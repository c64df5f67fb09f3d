"""Outlines: asked for, read, accepted, rejected."""

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ai.api.answers import address_of, as_submitted
from ai.api.serializers import (
    AcceptSerializer,
    JobSerializer,
    NewOutlineSerializer,
    OutlineSerializer,
)
from ai.selectors import get_outline, list_outlines
from ai.services.outlines import accept_outline, reject_outline, request_outline
from canvas.core import openapi
from canvas.core.errors import Fault, Invalid
from canvas.workspaces.views import CanvasAPIView
from scenes.api.actor import actor_of
from scenes.selectors import get_project


class OutlinesView(CanvasAPIView):
    """The proposed structures of one project."""

    is_ai_work: ClassVar[bool] = True
    ordering: ClassVar[list[str]] = ["-number"]

    @extend_schema(operation_id="outlines_list", responses=OutlineSerializer(many=True))
    def get(self, request: Request, project_id: UUID) -> Response:
        """List the proposals, newest first."""
        return self.page(
            list_outlines(access=self.access, project_id=project_id), OutlineSerializer
        )

    @extend_schema(
        operation_id="outlines_create",
        request=NewOutlineSerializer,
        responses=openapi.accepted(JobSerializer),
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        """Have an outline drafted; the job's result names it."""
        project = get_project(access=self.access, project_id=project_id)
        given = self.shape(NewOutlineSerializer)
        if given["source"] == "script":
            raise _no_scripts()
        job = request_outline(
            access=self.access,
            project=project,
            source=given["source"],
            text=given.get("text", ""),
            target=given.get("target"),
            model=given.get("model"),
        )
        return Response(as_submitted(job), status=202, headers={"Location": address_of(job)})


class OutlineView(CanvasAPIView):
    """One proposal."""

    @extend_schema(operation_id="outlines_retrieve", responses=OutlineSerializer)
    def get(self, request: Request, outline_id: UUID) -> Response:
        """Read a proposal."""
        return self.one(get_outline(access=self.access, outline_id=outline_id), OutlineSerializer)


class OutlineAcceptView(CanvasAPIView):
    """Taking a proposal."""

    @extend_schema(
        operation_id="outlines_accept", request=AcceptSerializer, responses=OutlineSerializer
    )
    def post(self, request: Request, outline_id: UUID) -> Response:
        """Apply a proposal, whole or in part; accepting it again changes nothing."""
        outline = get_outline(access=self.access, outline_id=outline_id)
        given = self.shape(AcceptSerializer)
        taken = accept_outline(outline=outline, by=actor_of(self.access), **given)
        return self.one(taken, OutlineSerializer)


class OutlineRejectView(CanvasAPIView):
    """Saying no to a proposal."""

    @extend_schema(operation_id="outlines_reject", request=None, responses=OutlineSerializer)
    def post(self, request: Request, outline_id: UUID) -> Response:
        """Reject a proposal; rejecting it again changes nothing."""
        outline = get_outline(access=self.access, outline_id=outline_id)
        return self.one(reject_outline(outline=outline), OutlineSerializer)


def _no_scripts() -> Invalid:
    fault = Fault("/source", "source-unavailable", "Send chat or text.")
    return Invalid(
        "Scripts cannot be outlined yet. Send the text instead.",
        code="source-unavailable",
        faults=[fault],
    )
