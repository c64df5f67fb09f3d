"""The conversation with the director: it is the state of a turn, so a turn can be resumed."""

from django.db import models
from django.db.models import Q

from canvas.core.rows import Row


class MessageRole(models.TextChoices):
    """Who speaks."""

    USER = "user", "Person"
    ASSISTANT = "assistant", "Director"
    TOOL = "tool", "Result of a tool"


class MessageStatus(models.TextChoices):
    """Whether the words are all there."""

    COMPLETE = "complete", "Complete"
    STOPPED = "stopped", "Stopped by a person; what was said so far is kept"


class ChatMessage(Row):
    """One message. `position` counts from 1 in its project.

    `tool_calls` is `[{"id", "callId" (as in the feed), "name", "arguments" (the text as it came),
    "status", "result", "changeId", "outlineId"}]`; `reasoning_details` is the provider's JSON text,
    kept as it came, for replay.
    """

    project = models.ForeignKey("scenes.Project", on_delete=models.CASCADE, related_name="messages")
    job = models.ForeignKey(
        "ai.Job", on_delete=models.SET_NULL, null=True, blank=True, related_name="messages"
    )
    parent = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="answers"
    )
    position = models.PositiveIntegerField()
    role = models.CharField(max_length=16, choices=MessageRole)
    status = models.CharField(max_length=16, choices=MessageStatus, default=MessageStatus.COMPLETE)
    content = models.TextField(blank=True)
    tool_calls = models.JSONField(default=list, blank=True)
    # Some providers put a signature of several hundred characters into the id.
    tool_call_id = models.TextField(blank=True)
    reasoning = models.TextField(blank=True)
    reasoning_details = models.TextField(blank=True)
    attachments = models.JSONField(default=list, blank=True)
    linked_scene_id = models.UUIDField(null=True, blank=True)
    model_served = models.CharField(max_length=200, blank=True)
    simulated = models.BooleanField(default=False)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["project", "position"], name="message_position_once"),
            models.CheckConstraint(condition=Q(role__in=MessageRole.values), name="message_role"),
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.content[:60]}"
