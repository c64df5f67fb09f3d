"""An ordered moment inside a scene; a shot is a beat's camera set-up."""

from django.db import models
from django.db.models import Q

from canvas.core.rows import Row
from scenes.models.project import Living
from scenes.models.scene import Scene


class Beat(Row):
    """One change in the story. `shot` is a free map of the camera set-up, as on the wire."""

    scene = models.ForeignKey(Scene, on_delete=models.CASCADE, related_name="beats")
    order = models.PositiveIntegerField()
    summary = models.CharField(max_length=1000)
    purpose = models.CharField(max_length=500, blank=True)
    duration_s = models.FloatField(null=True, blank=True)
    shot = models.JSONField(default=dict, blank=True)
    origin = models.JSONField(default=dict, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = Living.as_manager()

    class Meta:
        ordering = ["order", "id"]
        indexes = [models.Index(fields=["scene", "order", "id"], name="beat_list")]
        constraints = [
            models.CheckConstraint(
                condition=Q(duration_s__isnull=True) | Q(duration_s__gte=0), name="beat_duration"
            )
        ]

    def __str__(self) -> str:
        return self.summary[:60]
