"""The feeds as server-sent events.

The views are ordinary ones, with the API's own checks; what they answer is an async iterator, which
an ASGI server reads on its event loop, without a thread.
"""

import copy
import re
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import APIException
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from ai.api.follow import follow
from ai.api.follower import Feed
from ai.api.rights import Right, Ticket
from ai.selectors import get_job
from canvas.core.errors import DomainError, Fault, Malformed
from canvas.core.live import LiveResponse
from canvas.workspaces.access import Access
from canvas.workspaces.authentication import access_of
from canvas.workspaces.views import CanvasAPIView
from scenes.selectors import get_project

MEDIA_TYPE: Final = "text/event-stream"
RESUME: Final = "Last-Event-ID"
AFTER: Final = "after"
_NUMBER: Final = re.compile(r"[0-9]{1,18}")
_POSITION: Final = [
    OpenApiParameter(
        RESUME,
        int,
        OpenApiParameter.HEADER,
        description="Go on after this event. Wins over `after`.",
    ),
    OpenApiParameter(AFTER, int, description="Go on after this event; 0 is the beginning."),
]
_EVENTS: Final = {
    (200, MEDIA_TYPE): OpenApiResponse(
        OpenApiTypes.STR,
        "Server-sent events: `id` is the feed's number, `event` its name, `data` JSON. "
        "`resync` says that older ones are gone: read the rows again and go on from its number. "
        "`budget.warning` says once that four fifths of a budget or quota are used.",
    )
}


class EventStreamRenderer(BaseRenderer):
    """Names the media type for negotiation and the document; streams write themselves."""

    media_type = MEDIA_TYPE
    format = "events"
    charset = None

    def render(self, data: Any, *_: Any, **__: Any) -> bytes:  # noqa: ANN401 DRF's shape
        """Pass through what is bytes already."""
        return bytes(data or b"")


class EventsView(CanvasAPIView):
    """A feed as a stream."""

    http_method_names = ["get"]
    renderer_classes = [EventStreamRenderer]

    def stream(self, find: Callable[[Access], Feed]) -> LiveResponse:
        """Stream the feed that `find` gives, for as long as it gives it to this caller."""
        feed = find(self.access)
        after = _position(self.request)
        events = follow(feed, after=after, right=self._right(feed, find))
        headers = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}
        return LiveResponse(events, content_type=MEDIA_TYPE, headers=headers)

    def _right(self, feed: Feed, find: Callable[[Access], Feed]) -> Right:
        access = self.access
        if access.token is not None:
            return Ticket(access.token.pk, access.workspace.pk, feed.project_id)
        plain: HttpRequest = self.request._request  # noqa: SLF001 as DRF's own classes do
        return lambda: _is_allowed(plain, find)


class ProjectEventsView(EventsView):
    """Everything that happens in one project."""

    @extend_schema(operation_id="projects_events", parameters=_POSITION, responses=_EVENTS)
    def get(self, request: Request, project_id: UUID) -> LiveResponse:
        """Follow a project; the stream stays open until you close it."""

        def find(access: Access) -> Feed:
            return Feed(get_project(access=access, project_id=project_id).pk)

        return self.stream(find)


class JobEventsView(EventsView):
    """What one job says."""

    @extend_schema(operation_id="jobs_events", parameters=_POSITION, responses=_EVENTS)
    def get(self, request: Request, job_id: UUID) -> LiveResponse:
        """Follow a job; the stream closes when the job has ended and everything was sent."""

        def find(access: Access) -> Feed:
            job = get_job(access=access, job_id=job_id)
            if job.project_id is not None:
                get_project(access=access, project_id=job.project_id)
            return Feed(job.project_id, job.pk)

        return self.stream(find)


def _position(request: Request) -> int:
    """Read where to go on; a browser that reconnects sends the header beside its old address."""
    in_header = request.headers.get(RESUME)
    text = request.query_params.get(AFTER, "0") if in_header is None else in_header
    if _NUMBER.fullmatch(text):
        return int(text)
    name = f"?{AFTER}" if in_header is None else RESUME
    fault = Fault(name, "wrong-position", "A whole number, as an event's id.")
    raise Malformed("This is not the id of an event.", faults=[fault])


def _is_allowed(request: HttpRequest, find: Callable[[Access], Feed]) -> bool:
    """Ask again: a token may be revoked since, a session ended, a project deleted."""
    again = copy.copy(request)
    again.__dict__.pop("_cached_user", None)
    SessionMiddleware(_nobody).process_request(again)
    AuthenticationMiddleware(_nobody).process_request(again)
    try:
        find(access_of(again))
    except (DomainError, APIException):
        return False
    return True


def _nobody(_: HttpRequest) -> HttpResponse:
    return HttpResponse()
