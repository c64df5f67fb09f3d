"""Everything one act changed, with before and after: the unit of undo, and the one history."""

from django.db import models
from django.db.models import Q

from canvas.core.rows import uuid7
from scenes.models.project import OriginKind, Project


class ChangeSet(models.Model):
    """One tool call, accept, import or edit.

    `ops` is a list of `{"model", "id", "op": "add"|"edit"|"remove", "before", "after"}`, where
    before and after hold only the columns that differ (all of them for add and remove).
    Message, job and user are plain ids: this app knows nothing of those tables.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="changes")
    actor = models.CharField(max_length=16, choices=OriginKind)
    user_id = models.UUIDField(null=True, blank=True)
    message_id = models.UUIDField(null=True, blank=True)
    job_id = models.UUIDField(null=True, blank=True)
    summary = models.CharField(max_length=300)
    ops = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)

    version = 1  # behind the ETag: a change-set never changes

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["project", "-created_at", "-id"], name="change_list"),
            models.Index(fields=["message_id"], name="change_of_message"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(actor__in=OriginKind.values), name="change_actor")
        ]

    def __str__(self) -> str:
        return self.summary
