"""Which models are asked: stacks of plans, what workspaces and projects want, and its history."""

from typing import Final

from django.db import models
from django.db.models import Q

from canvas.core.rows import Row, uuid7
from canvas.workspaces.models import Plan, Workspace

EFFORTS: Final = ("none", "minimal", "low", "medium", "high")


class Task(models.TextChoices):
    """The services a stack chooses models for."""

    CHAT = "chat", "Director chat"
    OUTLINE = "outline", "Outline"
    VISION = "vision", "Vision"
    IMAGE = "image", "Image generation"


class Stack(models.Model):
    """One plan's choice for one task: the first model, and those to try when it fails.

    Editable data: a change takes effect on the next call. `provider` holds routing preferences in
    the shape of `ai.routing.preferences`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="stacks")
    task = models.CharField(max_length=16, choices=Task)
    model_slug = models.CharField(max_length=200)
    fallback_slugs = models.JSONField(default=list, blank=True)
    max_output_tokens = models.PositiveIntegerField(default=8000)
    temperature = models.FloatField(default=0.7)
    reasoning_effort = models.CharField(
        max_length=16, blank=True, choices={name: name for name in EFFORTS}
    )
    provider = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["plan__order", "task"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "task"], name="stack_once"),
            models.CheckConstraint(condition=Q(task__in=Task.values), name="stack_task"),
        ]

    def __str__(self) -> str:
        return f"{self.plan} {self.task}: {self.model_slug}"


class Configuration(Row):
    """What a workspace, or one project of it, wants otherwise. Blank, None and {}: as above it.

    The director reads it at every call: a change takes effect on the next one.
    """

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="configurations"
    )
    project = models.ForeignKey(
        "scenes.Project", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    chat_model = models.CharField(max_length=200, blank=True)
    outline_model = models.CharField(max_length=200, blank=True)
    vision_model = models.CharField(max_length=200, blank=True)
    image_model = models.CharField(max_length=200, blank=True)
    reasoning_effort = models.CharField(
        max_length=16, blank=True, choices={name: name for name in EFFORTS}
    )
    temperature = models.FloatField(null=True, blank=True)
    extra_prompt = models.TextField(blank=True, help_text="Added to the director's prompt.")
    override_prompt = models.TextField(blank=True, help_text="Stands in its place.")
    provider = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace"], condition=Q(project=None), name="configuration_of_workspace"
            ),
            models.UniqueConstraint(
                fields=["project"],
                condition=Q(project__isnull=False),
                name="configuration_of_project",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project or self.workspace}"


class Revision(models.Model):
    """One past or present state of a stack or a configuration: what it was, who set it, why.

    Numbers count from 1 in each subject. Going back to one is a new revision with its values.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subject = models.CharField(
        max_length=16, choices={name: name for name in ("stack", "configuration")}
    )
    subject_id = models.UUIDField()
    number = models.PositiveIntegerField()
    values = models.JSONField()
    user_id = models.UUIDField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "subject_id", "number"], name="revision_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.subject} #{self.number}"
