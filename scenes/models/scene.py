"""One place and time of the film, on the reel wall, in order."""

from django.db import models
from django.db.models import Q

from canvas.core.rows import Row
from scenes.models.project import Living, Project


class SceneStatus(models.TextChoices):
    """How settled a scene is; the AI never touches a locked one."""

    EXPLORING = "exploring", "Exploring"
    REFINING = "refining", "Refining"
    LOCKED = "locked", "Locked"


class Scene(Row):
    """A scene. `order` counts from 0 inside its project; moves renumber under the project's lock.

    `prompt_slots` is kept in the shape of the wire; `cast` is a list of names.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="scenes")
    client_key = models.CharField(max_length=120, null=True, blank=True)  # noqa: DJ001 None = no key
    order = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    notes = models.TextField(blank=True)
    status = models.CharField(max_length=16, choices=SceneStatus, default=SceneStatus.EXPLORING)
    selected_model = models.CharField(max_length=200, blank=True)
    prompt_slots = models.JSONField(default=dict, blank=True)
    compiled_prompt = models.TextField(blank=True)
    location = models.CharField(max_length=200, blank=True)
    cast = models.JSONField(default=list, blank=True)
    duration_s = models.FloatField(null=True, blank=True)
    source_span = models.JSONField(null=True, blank=True)
    origin = models.JSONField(default=dict, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = Living.as_manager()

    class Meta:
        ordering = ["order", "id"]
        indexes = [models.Index(fields=["project", "order", "id"], name="scene_list")]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "client_key"],
                condition=Q(deleted_at__isnull=True),
                name="scene_client_key_once",
            ),
            models.CheckConstraint(condition=Q(status__in=SceneStatus.values), name="scene_status"),
            models.CheckConstraint(
                condition=Q(duration_s__isnull=True) | Q(duration_s__gte=0),
                name="scene_duration",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_locked(self) -> bool:
        """Say whether every edit is refused."""
        return self.status == SceneStatus.LOCKED
