"""A small API that only tests mount: it echoes, fails, pages and accepts jobs."""

import threading
from uuid import UUID

from asgiref.sync import sync_to_async
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import DataError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from canvas.core import errors
from canvas.core.forms import UploadParser
from canvas.core.json import JSONParser
from canvas.core.problems import problem_response
from canvas.core.serializers import (
    CamelModelSerializer,
    CamelSerializer,
    StrictBooleanField,
    StrictCharField,
    StrictChoiceField,
    StrictFloatField,
    StrictIntegerField,
    StrictUUIDField,
)
from canvas.urls import handler400, handler403, handler404, handler500
from canvas.urls import urlpatterns as real
from canvas.workspaces.authentication import access_of
from canvas.workspaces.models import Plan, Role, User
from canvas.workspaces.views import CanvasAPIView

__all__ = ["handler400", "handler403", "handler404", "handler500"]

FRAMEWORK_ERRORS = {
    kind.__name__: kind
    for kind in (DataError, OperationalError, PermissionDenied, Http404, SuspiciousOperation)
}
calls: list[object] = []
gate = threading.Event()
jobs: dict[str, list[str]] = {}


class LensSerializer(CamelSerializer):
    focal_length = StrictIntegerField(min_value=1)


class ShapeSerializer(CamelSerializer):
    scene_title = StrictCharField(max_length=10)
    is_good = StrictBooleanField(required=False)
    beat_count = StrictIntegerField(required=False)
    screen_time = StrictFloatField(required=False)
    scene_id = StrictUUIDField(required=False)
    kind = StrictChoiceField(choices=["one", "two"], required=False)
    lens_list = serializers.ListField(child=LensSerializer(), required=False)
    custom_data = serializers.JSONField(required=False)
    made_at = serializers.DateTimeField(read_only=True)

    def validate_scene_title(self, value: str) -> str:
        if value == "forbidden":
            raise serializers.ValidationError("Not this one.", code="not_this")
        return value


class EchoView(CanvasAPIView):
    def post(self, request: Request) -> Response:
        calls.append(request.data)
        return Response({"got": request.data}, 201, headers={"Location": "/made/1/"})

    def patch(self, request: Request) -> Response:
        return Response({"got": request.data})

    def get(self, request: Request) -> Response:
        return Response({"query": request.query_params})


class ShapeView(CanvasAPIView):
    def post(self, request: Request) -> Response:
        given = self.shape(ShapeSerializer)
        return Response({"fields": sorted(given), "given": given})


class UploadView(CanvasAPIView):
    parser_classes = [UploadParser, JSONParser]

    def post(self, request: Request) -> Response:
        calls.append("upload")
        size = sum(len(file.read()) for file in request.FILES.values())
        return Response({"size": size, "call": len(calls)}, 201)


class FailView(CanvasAPIView):
    roles = {"POST": Role.VIEWER}

    def post(self, request: Request) -> Response:
        calls.append("fail")
        kind = request.data["kind"]
        if kind == "Bug":
            raise RuntimeError("a bug with a secret in it")
        if kind == "Stale":
            raise errors.Stale("old", extra={"etag": '"now-2"'})
        if kind == "Unavailable":
            raise errors.Unavailable("later", retry_after_s=7)
        if kind == "busy":
            return Response({"busy": True}, 503)
        if kind in FRAMEWORK_ERRORS:
            raise FRAMEWORK_ERRORS[kind]("internals")
        raise getattr(errors, kind)("a sentence")


class SlowView(CanvasAPIView):
    def post(self, request: Request) -> Response:
        calls.append("slow")
        gate.wait(10)
        return Response({"call": len(calls)}, 201)


class CommentView(CanvasAPIView):
    roles = {"POST": Role.COMMENTER}

    def get(self, request: Request) -> Response:
        return Response({"role": self.access.role, "workspace": self.access.workspace.pk})

    def post(self, request: Request) -> Response:
        return Response({}, 201)

    def put(self, request: Request) -> Response:
        return Response({})


class PersonSerializer(CamelModelSerializer[User]):
    class Meta:
        model = User
        fields = ["username", "first_name"]


class PeopleView(CanvasAPIView):
    ordering = ["first_name"]
    ordering_fields = {"firstName": "first_name", "username": "username"}

    def get(self, request: Request) -> Response:
        return self.page(User.objects.all(), PersonSerializer)


class PlanView(CanvasAPIView):
    def get(self, request: Request, key: str) -> Response:
        return Response({"name": Plan.objects.get(pk=key).name})


class WorkView(CanvasAPIView):
    """Accepts a job; `?as=` chooses the shape of the answer."""

    def post(self, request: Request) -> Response:
        job_id = str(request.data["job"])
        job = {"id": job_id, "status": "queued"}
        location = {"Location": f"http://testserver/api/v1/jobs/{job_id}/"}
        match request.query_params.get("as"):
            case "message":
                return Response({"message": {"id": "m"}, "job": job}, 202, headers=location)
            case "asset":
                return Response(
                    {"asset": {"id": "a"}, "job": job}, 201, headers={"Location": "/a/"}
                )
            case _:
                return Response(job, 202, headers=location)


class JobView(CanvasAPIView):
    """Shows the states of a job one after the other; the last one stays."""

    def get(self, request: Request, job_id: UUID) -> Response:
        calls.append(("look", request.headers.get("Idempotency-Key")))
        states = jobs[str(job_id)]
        status = states.pop(0) if len(states) > 1 else states[0]
        return Response({"id": job_id, "status": status, "result": {"title": "Café"}})


async def whoami(request: HttpRequest) -> HttpResponse:
    try:
        access = await sync_to_async(access_of)(request)
    except Exception as exc:  # noqa: BLE001 what is no expected error is raised again
        return problem_response(exc)
    return HttpResponse(access.role)


def plain(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a bug in a plain view")


urlpatterns = [
    path("api/v1/test/echo/", EchoView.as_view()),
    path("api/v1/test/shape/", ShapeView.as_view()),
    path("api/v1/test/upload/", UploadView.as_view()),
    path("api/v1/test/fail/", FailView.as_view()),
    path("api/v1/test/slow/", SlowView.as_view()),
    path("api/v1/test/comment/", CommentView.as_view()),
    path("api/v1/test/people/", PeopleView.as_view()),
    path("api/v1/test/plans/<str:key>/", PlanView.as_view()),
    path("api/v1/test/waiting/", WorkView.as_view()),
    path("api/v1/test/bug/", plain),
    path("bug/", plain),
    path("api/v1/test/whoami/", whoami),
    path("api/v1/jobs/<uuid:job_id>/", JobView.as_view()),
    path("", include(real)),
]
