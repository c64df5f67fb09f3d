"""A film, spot or episode: the root of everything on one canvas."""

from typing import Self, TypeVar

from django.db import models
from django.db.models import Q

from canvas.core.rows import Row
from canvas.workspaces.models import Workspace

M_co = TypeVar("M_co", bound=models.Model, covariant=True)


class Living(models.QuerySet[M_co]):
    """Rows that can be deleted softly; a deleted row stays restorable for 30 days."""

    def alive(self) -> Self:
        """Leave out what was deleted."""
        return self.filter(deleted_at__isnull=True)


class OriginKind(models.TextChoices):
    """Who made a value."""

    HUMAN = "human", "Human"
    ASSISTANT = "assistant", "Assistant"
    IMPORT = "import", "Import"
    TEMPLATE = "template", "Template"


class Project(Row):
    """One film / spot / series episode.

    `client_key` is the id that the web app gave it, for documents that come and go.
    `global_style` and `aesthetic` are kept in the shape of the wire.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="projects")
    client_key = models.CharField(max_length=120, null=True, blank=True)  # noqa: DJ001 None = no key
    title = models.CharField(max_length=200)
    logline = models.CharField(max_length=1000, blank=True)
    description = models.TextField(blank=True)
    tags = models.JSONField(default=list, blank=True)
    aspect_ratio = models.CharField(max_length=20, default="16:9", blank=True)
    target_model = models.CharField(max_length=200, blank=True)
    global_style = models.JSONField(default=dict, blank=True)
    aesthetic = models.JSONField(default=dict, blank=True)
    is_archived = models.BooleanField(default=False)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = Living.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["workspace", "-created_at", "-id"], name="project_list")]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "client_key"],
                condition=Q(deleted_at__isnull=True),
                name="project_client_key_once",
            )
        ]

    def __str__(self) -> str:
        return self.title
