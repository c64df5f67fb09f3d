"""OpenRouter's models as we know them, and which of them a plan uses for which task."""

from django.db import models
from django.db.models import Q

from canvas.core.rows import uuid7
from canvas.workspaces.models import Plan


class CatalogueEntry(models.Model):
    """One model slug. Prices are nano-dollars per million tokens or per thousand pictures.

    A price of None is unknown; 0 is free. `wire` is OpenRouter's own record.
    """

    slug = models.CharField(primary_key=True, max_length=200)
    name = models.CharField(max_length=200)
    context_length = models.PositiveIntegerField(null=True, blank=True)
    max_output_tokens = models.PositiveIntegerField(null=True, blank=True)
    prompt_nusd_per_m = models.PositiveBigIntegerField(null=True, blank=True)
    completion_nusd_per_m = models.PositiveBigIntegerField(null=True, blank=True)
    image_nusd_per_k = models.PositiveBigIntegerField(null=True, blank=True)
    request_nusd_per_k = models.PositiveBigIntegerField(null=True, blank=True)
    input_modalities = models.JSONField(default=list)
    output_modalities = models.JSONField(default=list)
    supported_parameters = models.JSONField(default=list)
    wire = models.JSONField(default=dict)
    modified_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["slug"]
        verbose_name_plural = "catalogue entries"

    def __str__(self) -> str:
        return self.slug


class Task(models.TextChoices):
    """The services a stack chooses models for."""

    CHAT = "chat", "Director chat"
    OUTLINE = "outline", "Outline"
    VISION = "vision", "Vision"


class Stack(models.Model):
    """One plan's choice for one task: the first model, and those to try when it fails.

    Editable data: a change takes effect on the next call.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="stacks")
    task = models.CharField(max_length=16, choices=Task)
    model_slug = models.CharField(max_length=200)
    fallback_slugs = models.JSONField(default=list, blank=True)
    max_output_tokens = models.PositiveIntegerField(default=8000)
    temperature = models.FloatField(default=0.7)
    reasoning_effort = models.CharField(
        max_length=16,
        blank=True,
        choices={name: name for name in ("none", "minimal", "low", "medium", "high")},
    )

    class Meta:
        ordering = ["plan__order", "task"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "task"], name="stack_once"),
            models.CheckConstraint(condition=Q(task__in=Task.values), name="stack_task"),
        ]

    def __str__(self) -> str:
        return f"{self.plan} {self.task}: {self.model_slug}"
