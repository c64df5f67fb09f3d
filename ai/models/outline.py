"""A proposed structure: many a project, numbered, accepted whole or in part, once."""

from django.db import models
from django.db.models import Q

from canvas.core.rows import Row


class OutlineStatus(models.TextChoices):
    """What a person said to it."""

    PROPOSED = "proposed", "Proposed"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"


class Outline(Row):
    """One proposal. `content` passed the outline contract; each of its scenes bears an `id`."""

    project = models.ForeignKey("scenes.Project", on_delete=models.CASCADE, related_name="outlines")
    job = models.ForeignKey(
        "ai.Job", on_delete=models.SET_NULL, null=True, blank=True, related_name="outlines"
    )
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=16, choices=OutlineStatus, default=OutlineStatus.PROPOSED)
    source = models.CharField(max_length=16)
    target = models.JSONField(default=dict, blank=True)
    title = models.CharField(max_length=200)
    logline = models.CharField(max_length=1000, blank=True)
    content = models.JSONField()
    model_served = models.CharField(max_length=200, blank=True)
    simulated = models.BooleanField(default=False)
    message_id = models.UUIDField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    change_id = models.UUIDField(null=True, blank=True)
    accepted = models.JSONField(null=True, blank=True, help_text="Scene ids and parts taken.")

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="outline_number_once"),
            models.CheckConstraint(
                condition=Q(status__in=OutlineStatus.values), name="outline_status"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.title}"
