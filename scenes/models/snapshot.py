"""Frozen states of a scene, and the iterations of its compiled prompt."""

from django.db import models

from canvas.core.rows import Row
from scenes.models.scene import Scene


class Snapshot(Row):
    """A named frozen state. `state` holds every editable field of the scene, by its column.

    `place` is its place in documents; None: behind those that have one, by time.
    """

    scene = models.ForeignKey(Scene, on_delete=models.CASCADE, related_name="snapshots")
    client_key = models.CharField(max_length=120, null=True, blank=True)  # noqa: DJ001 None = no key
    notes = models.TextField(blank=True)
    prompt = models.TextField(blank=True)
    thumbnail = models.TextField(blank=True)
    prompt_slots = models.JSONField(default=dict, blank=True)
    state = models.JSONField(default=dict, blank=True)
    place = models.PositiveIntegerField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["scene", "created_at", "id"], name="snapshot_list")]
        constraints = [
            models.UniqueConstraint(fields=["scene", "client_key"], name="snapshot_client_key_once")
        ]

    def __str__(self) -> str:
        return self.notes[:60] or str(self.pk)


class SceneVersion(Row):
    """One recorded iteration of the compiled prompt, numbered from 1 in its scene."""

    scene = models.ForeignKey(Scene, on_delete=models.CASCADE, related_name="versions")
    client_key = models.CharField(max_length=120, null=True, blank=True)  # noqa: DJ001 None = no key
    number = models.PositiveIntegerField()
    prompt = models.TextField(blank=True)
    thumbnail = models.TextField(blank=True)
    notes = models.TextField(blank=True)
    metadata = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ["number", "id"]
        constraints = [
            models.UniqueConstraint(fields=["scene", "number"], name="version_number_once"),
            models.UniqueConstraint(fields=["scene", "client_key"], name="version_client_key_once"),
        ]

    def __str__(self) -> str:
        return f"{self.scene} v{self.number}"
