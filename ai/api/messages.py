"""The chat with the director."""

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ai.api.answers import address_of, as_submitted
from ai.api.serializers import AnsweredSerializer, MessageSerializer, NewMessageSerializer
from ai.models import MessageRole
from ai.selectors import list_messages
from ai.services.chat import post_message
from canvas.core import openapi
from canvas.core.serializers import writer
from canvas.workspaces.models import Role
from canvas.workspaces.views import CanvasAPIView
from scenes.api.queries import choice, choices
from scenes.selectors import get_project

ROLE = choices("role", MessageRole.values, "Only what this one said.")


class MessagesView(CanvasAPIView):
    """The conversation of one project."""

    roles: ClassVar = {"POST": Role.COMMENTER}
    is_ai_work: ClassVar[bool] = True
    ordering: ClassVar[list[str]] = ["position"]
    ordering_fields: ClassVar = {"position": "position"}
    filters: ClassVar = [ROLE]

    @extend_schema(
        operation_id="messages_list", parameters=filters, responses=MessageSerializer(many=True)
    )
    def get(self, request: Request, project_id: UUID) -> Response:
        """List the messages, oldest first."""
        role = choice(request, "role", MessageRole.values)
        rows = list_messages(access=self.access, project_id=project_id, role=role)
        return self.page(rows, MessageSerializer)

    @extend_schema(
        operation_id="messages_create",
        request=NewMessageSerializer,
        responses=openapi.accepted(AnsweredSerializer),
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        """Say something; the job answers it."""
        project = get_project(access=self.access, project_id=project_id)
        given = self.shape(NewMessageSerializer)
        message, job = post_message(access=self.access, project=project, **given)
        message.cost_nusd = None  # type: ignore[attr-defined] # no call is booked for it yet
        body = {"message": writer(MessageSerializer)(message), "job": as_submitted(job)}
        return Response(body, status=202, headers={"Location": address_of(job)})
