"""Jobs: looked at, cancelled, tried again."""

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ai.api.answers import PROJECT_ID, accepted, id_in_query
from ai.api.serializers import JobSerializer
from ai.jobs import service
from ai.models import Job, JobKind, JobStatus
from ai.selectors import get_job, list_jobs
from canvas.core import openapi
from canvas.workspaces.models import Role
from canvas.workspaces.views import CanvasAPIView
from scenes.api.queries import choice, choices
from scenes.selectors import get_project

STATUS = choices("status", JobStatus.values, "Only jobs that are there.")
KIND = choices("kind", JobKind.values, "Only jobs of this kind.")


class JobsView(CanvasAPIView):
    """The workspace's jobs."""

    ordering: ClassVar[list[str]] = ["-created_at"]
    filters: ClassVar = [STATUS, KIND, PROJECT_ID]

    @extend_schema(operation_id="jobs_list", parameters=filters, responses=JobSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List jobs, newest first."""
        rows = list_jobs(
            access=self.access,
            status=choice(request, "status", JobStatus.values),
            kind=choice(request, "kind", JobKind.values),
            project_id=id_in_query(self, "projectId"),
        )
        return self.page(rows, JobSerializer)


class JobView(CanvasAPIView):
    """One job."""

    @extend_schema(operation_id="jobs_retrieve", responses=JobSerializer)
    def get(self, request: Request, job_id: UUID) -> Response:
        """Read a job; a finished one never changes again, only its cost may become known."""
        return self.one(get_job(access=self.access, job_id=job_id), JobSerializer)


class _JobActView(CanvasAPIView):
    """Acts on one job: editors on any, commenters on those they have asked for."""

    roles: ClassVar = {"POST": Role.COMMENTER}

    def job(self, job_id: UUID) -> Job:
        """Give the job if the caller may act on it."""
        job = get_job(access=self.access, job_id=job_id)
        user = self.access.user
        if user is None or job.user_id != user.pk:
            self.access.require(Role.EDITOR)
        return job


class JobCancelView(_JobActView):
    """The end of one job."""

    @extend_schema(operation_id="jobs_cancel", request=None, responses=JobSerializer)
    def post(self, request: Request, job_id: UUID) -> Response:
        """End a job now; a finished one stays as it is."""
        job = service.cancel(job=self.job(job_id))
        return self.one(get_job(access=self.access, job_id=job.pk), JobSerializer)


class JobRetryView(_JobActView):
    """Another try of one job."""

    is_ai_work: ClassVar[bool] = True

    @extend_schema(
        operation_id="jobs_retry", request=None, responses=openapi.accepted(JobSerializer)
    )
    def post(self, request: Request, job_id: UUID) -> Response:
        """Submit the same work again; the answer is the new job, whose `retryOf` is this one."""
        job = self.job(job_id)
        if job.project_id is not None:
            get_project(access=self.access, project_id=job.project_id)
        return accepted(service.retry(job=job, access=self.access), self)
