"""The lab: one request through several models and wordings, side by side."""

from django.db import models

from ai.models.job import Job
from ai.models.stack import Task
from ai.models.upstream import UpstreamCall
from canvas.core.rows import Row, uuid7
from canvas.workspaces.models import Workspace


class LabRun(Row):
    """One comparison. Its job makes the calls; each result is kept as soon as it is there."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="lab_runs")
    project = models.ForeignKey(
        "scenes.Project", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=200, blank=True)
    task = models.CharField(max_length=16, choices=Task)
    cases = models.JSONField(help_text="What is asked, each with what is expected.")
    model_slugs = models.JSONField(help_text="Which models to ask.")
    wordings = models.JSONField(default=list, help_text="Prompt versions; empty: the one in use.")
    baseline = models.CharField(max_length=200)
    promoted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["workspace", "-created_at", "-id"], name="lab_run_list")]

    def __str__(self) -> str:
        return self.name or f"{self.task} {self.pk}"


class LabResult(models.Model):
    """How one model did one case with one wording. None is not known or not asked for."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    run = models.ForeignKey(LabRun, on_delete=models.CASCADE, related_name="results")
    case = models.CharField(max_length=80)
    model_slug = models.CharField(max_length=200)
    wording = models.CharField(max_length=80, blank=True)
    prompt_digest = models.CharField(max_length=12, blank=True)
    is_valid = models.BooleanField(null=True, help_text="The answer passed its contract.")
    repairs = models.JSONField(default=list)
    tries = models.PositiveSmallIntegerField(default=0)
    score = models.FloatField(null=True, blank=True, help_text="0..1 against what is expected.")
    expectations = models.JSONField(default=list, help_text="Each with whether it was met.")
    latency_s = models.FloatField(null=True, blank=True)
    first_token_s = models.FloatField(null=True, blank=True)
    prompt_tokens = models.PositiveBigIntegerField(null=True, blank=True)
    completion_tokens = models.PositiveBigIntegerField(null=True, blank=True)
    cost_nusd = models.PositiveBigIntegerField(null=True, blank=True)
    call = models.ForeignKey(UpstreamCall, on_delete=models.SET_NULL, null=True, related_name="+")
    model_served = models.CharField(max_length=200, blank=True)
    simulated = models.BooleanField(default=False)
    answer = models.TextField(blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "case", "model_slug", "wording"], name="lab_result_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.case} on {self.model_slug}"
