"""One durable request for AI work. The row is the truth; a delivery may come twice, late or never.

queued -> running -> succeeded | failed | cancelled
   ^---------'  (its lease was lost, or it waits for `run_after`)
"""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from canvas.core.rows import Row, uuid7
from canvas.workspaces.models import Workspace


class JobKind(models.TextChoices):
    """What a job does."""

    CHAT = "chat", "Director chat"
    OUTLINE = "outline", "Outline"
    VISION = "vision", "Picture analysis"
    LAB = "lab", "Lab run"
    EXPORT = "export", "Export"


class JobStatus(models.TextChoices):
    """Where a job is. The last three are final: a finished job never changes."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class Job(Row):
    """A job and its outbox in one row.

    `ring_at` is the outbox: when to send (again) for a worker; None when nothing is to be sent.
    `lease_until` and `fence` belong to the worker that runs it: whoever holds another fence has
    lost the job and may write nothing. `attempts` counts claims; `crashes` those that ended
    without a word. All times are the database's.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="jobs")
    project = models.ForeignKey(
        "scenes.Project", on_delete=models.CASCADE, null=True, blank=True, related_name="jobs"
    )
    kind = models.CharField(max_length=16, choices=JobKind)
    status = models.CharField(max_length=16, choices=JobStatus, default=JobStatus.QUEUED)
    subject_id = models.UUIDField(null=True, blank=True, help_text="The row that it is about.")
    payload = models.JSONField(default=dict, help_text="What was asked.")

    progress_done = models.PositiveIntegerField(default=0)
    progress_total = models.PositiveIntegerField(null=True, blank=True)
    progress_note = models.CharField(max_length=200, blank=True)

    turn = models.PositiveBigIntegerField(
        default=0, help_text="Its place in the fair queue; see ai.jobs.fairness."
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    crashes = models.PositiveSmallIntegerField(default=0)
    waits = models.PositiveSmallIntegerField(
        default=0, help_text="How often it waited and retried."
    )
    run_after = models.DateTimeField(db_default=Now())
    ring_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    fence = models.UUIDField(null=True, blank=True)
    worker = models.CharField(max_length=120, blank=True)

    queued_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.JSONField(null=True, blank=True, help_text="A problem document.")
    result = models.JSONField(null=True, blank=True)
    retry_of = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="retries"
    )

    request_id = models.CharField(max_length=64, blank=True)
    user_id = models.UUIDField(null=True, blank=True)
    token_id = models.UUIDField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["workspace", "-created_at", "-id"], name="job_list"),
            models.Index(fields=["project", "-created_at"], name="job_of_project"),
            models.Index(fields=["turn", "id"], condition=Q(status="queued"), name="job_fair"),
            models.Index(
                fields=["workspace", "kind", "-turn"], condition=Q(status="queued"), name="job_lane"
            ),
            models.Index(fields=["ring_at"], condition=Q(ring_at__isnull=False), name="job_outbox"),
            models.Index(fields=["lease_until"], condition=Q(status="running"), name="job_leases"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["project"],
                condition=Q(kind="chat", status="running"),
                name="job_one_turn_a_project",
            ),
            models.CheckConstraint(condition=Q(status__in=JobStatus.values), name="job_status"),
            models.CheckConstraint(condition=Q(kind__in=JobKind.values), name="job_kind"),
            models.CheckConstraint(
                condition=~Q(status="running") | Q(lease_until__isnull=False, fence__isnull=False),
                name="job_running_has_lease",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=["succeeded", "failed", "cancelled"], finished_at__isnull=False
                )
                | Q(status__in=["queued", "running"], finished_at__isnull=True),
                name="job_finished_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_finished(self) -> bool:
        """Say whether it will never change again."""
        return self.status not in {JobStatus.QUEUED, JobStatus.RUNNING}


class JobStep(models.Model):
    """One line of a job's timeline, for people: claimed, waits, re-queued, finished, and why."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="steps")
    name = models.CharField(max_length=40)
    note = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return self.name
