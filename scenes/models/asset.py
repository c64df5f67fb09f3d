"""One picture file of a project, uploaded or generated, with what was seen in it."""

from django.db import models
from django.db.models import Q

from canvas.core.rows import Row
from scenes.models.bible import Category
from scenes.models.project import Living, Project
from scenes.models.scene import Scene


class VisualAsset(Row):
    """A picture that passed the picture door.

    `palette` is measured: `[{"hex", "share"}]`, shares 0..1. `model_palette` is what a vision
    model said. `width` and `height` are those of the upright picture, in pixels. `external_url`
    is set, and the files are not, for pictures that only a document of the web app names.
    `place` is its place in documents; None: behind those that have one, by time.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="assets")
    client_key = models.CharField(max_length=120, null=True, blank=True)  # noqa: DJ001 None = no key
    file_name = models.CharField(max_length=255, blank=True, help_text="As the person named it.")
    picture = models.FileField(max_length=255, blank=True)
    model_input = models.FileField(max_length=255, blank=True)
    thumbnail = models.FileField(max_length=255, blank=True)
    external_url = models.TextField(blank=True)
    content_type = models.CharField(max_length=40, blank=True)
    size_bytes = models.PositiveBigIntegerField(default=0)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of the bytes that came in.")
    dhash = models.BigIntegerField(null=True, blank=True, help_text="Perceptual hash, signed.")
    palette = models.JSONField(default=list, blank=True)
    measured = models.JSONField(default=dict, blank=True)
    model_palette = models.JSONField(default=list, blank=True)
    label = models.CharField(max_length=200, blank=True)
    category = models.CharField(max_length=16, choices=Category, default=Category.SHOT_REF)
    description = models.TextField(blank=True)
    tags = models.JSONField(default=list, blank=True)
    mood = models.CharField(max_length=200, blank=True)
    analyzed_at = models.DateTimeField(null=True, blank=True)
    duplicate_of = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="duplicates"
    )
    origin = models.JSONField(default=dict, blank=True)
    place = models.PositiveIntegerField(null=True, blank=True, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = Living.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [
            models.Index(fields=["project", "created_at", "id"], name="asset_list"),
            models.Index(fields=["project", "sha256"], name="asset_twins"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "client_key"],
                condition=Q(deleted_at__isnull=True),
                name="asset_client_key_once",
            ),
            models.CheckConstraint(
                condition=Q(category__in=Category.values), name="asset_category"
            ),
        ]

    def __str__(self) -> str:
        return self.label or self.file_name or str(self.pk)


class MediaStatus(models.TextChoices):
    """How far a scene's medium is."""

    PROCESSING = "processing", "Processing"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"


class SceneMedia(Row):
    """Generated or uploaded media of a scene: one of our assets, or an address elsewhere."""

    scene = models.ForeignKey(Scene, on_delete=models.CASCADE, related_name="media")
    client_key = models.CharField(max_length=120, null=True, blank=True)  # noqa: DJ001 None = no key
    order = models.PositiveIntegerField(default=0)
    asset = models.ForeignKey(
        VisualAsset, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    url = models.TextField(blank=True)
    status = models.CharField(max_length=16, choices=MediaStatus, default=MediaStatus.COMPLETED)
    metadata = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ["order", "id"]
        verbose_name_plural = "scene media"
        constraints = [
            models.UniqueConstraint(fields=["scene", "client_key"], name="media_client_key_once"),
            models.CheckConstraint(condition=Q(status__in=MediaStatus.values), name="media_status"),
        ]

    def __str__(self) -> str:
        return self.url or str(self.pk)
