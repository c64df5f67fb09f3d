"""Jobs for staff: what was asked, what happened when, what it cost; retry and cancel."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html_join

from ai.jobs import service
from ai.models import ChatMessage, Job, JobStep, Outline, UpstreamCall
from ai.selectors import get_job
from canvas.core.admin import ReadOnlyAdmin, ReadOnlyInline, link_to, on_each
from canvas.core.money import usd_text
from canvas.workspaces.access import inside
from canvas.workspaces.admin import acting_in
from scenes.selectors import get_project


class StepInline(ReadOnlyInline[JobStep, Job]):
    """The timeline, oldest first."""

    model = JobStep
    verbose_name_plural = "timeline"
    fields = ["created_at", "name", "note"]
    show_change_link = False


class CallInline(ReadOnlyInline[UpstreamCall, Job]):
    """The calls that the job made."""

    model = UpstreamCall
    verbose_name_plural = "calls"
    fields = [
        "created_at", "attempt", "model_slug", "model_served", "status", "prompt_tokens",
        "completion_tokens", "cost_nusd", "latency_s", "error_code",
    ]  # fmt: skip


class MessageInline(ReadOnlyInline[ChatMessage, Job]):
    """The messages that the job said."""

    model = ChatMessage
    verbose_name_plural = "messages"
    fields = ["position", "role", "status", "content"]


class OutlineInline(ReadOnlyInline[Outline, Job]):
    """The proposals that the job made."""

    model = Outline
    verbose_name_plural = "outlines"
    fields = ["number", "title", "status"]


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin[Job]):
    """Durable requests for AI work. The row is the truth; acts go through ai.jobs.service."""

    list_display = [
        "created_at", "kind", "status", "workspace", "project", "attempts", "waits", "crashes",
        "finished_at",
    ]  # fmt: skip
    list_filter = ["status", "kind", ("error", admin.EmptyFieldListFilter)]
    list_select_related = ["workspace", "project"]
    search_fields = ["=id", "=request_id", "=user_id", "project__title", "workspace__name"]
    ordering = ["-created_at", "-id"]
    date_hierarchy = "created_at"
    actions = ["retry", "cancel"]
    inlines = [StepInline, CallInline, MessageInline, OutlineInline]
    fields = [
        "kind", "status", "workspace", "project", "cost", "events", "retry_of", "retries_of_it",
        "progress_done", "progress_total", "progress_note", "error", "result", "payload",
        "subject_id", "attempts", "crashes", "waits", "queued_at", "run_after", "ring_at",
        "started_at", "finished_at", "lease_until", "fence", "worker", "request_id", "user_id",
        "token_id", "id", "version", "created_at", "modified_at",
    ]  # fmt: skip

    @admin.display(description="cost (USD)")
    def cost(self, row: Job) -> str:
        """Sum the job's calls."""
        billed: Any = get_job(access=inside(row.workspace), job_id=row.pk)
        return usd_text(billed.cost_nusd) or "unknown"

    @admin.display(description="events")
    def events(self, row: Job) -> str:
        """Link to the job's part of the feed."""
        return link_to("scenes_event_changelist", "Events of this job", job_id__exact=row.pk)

    @admin.display(description="retries")
    def retries_of_it(self, row: Job) -> str:
        """Link to the jobs that tried the same again."""
        links = (
            (link_to("ai_job_change", f"{one}, {one.status}", one.pk),) for one in row.retries.all()
        )
        return format_html_join(" · ", "{}", links) or "-"

    @admin.action(permissions=["act"], description="Retry")
    def retry(self, request: HttpRequest, rows: QuerySet[Job]) -> HttpResponse | None:
        """Submit the work of each failed or cancelled job again."""

        def act(row: Job) -> str:
            access = acting_in(row.workspace, request)
            if row.project_id is not None:
                get_project(access=access, project_id=row.project_id)
            return f"submitted again as {service.retry(job=row, access=access)}"

        return on_each(self, request, rows, act)

    @admin.action(permissions=["act"], description="Cancel")
    def cancel(self, request: HttpRequest, rows: QuerySet[Job]) -> HttpResponse | None:
        """End each open job now."""

        def act(row: Job) -> str:
            if row.is_finished:
                return f"left as it is: {row.status}"
            return f"is {service.cancel(job=row).status} now"

        return on_each(self, request, rows, act)


@admin.register(JobStep)
class JobStepAdmin(ReadOnlyAdmin[JobStep]):
    """The lines of all timelines."""

    list_display = ["created_at", "job", "name", "note"]
    list_select_related = ["job"]
    list_filter = ["name", "job__kind"]
    search_fields = ["=job__id", "name", "note"]
    ordering = ["-created_at", "-id"]
    date_hierarchy = "created_at"
