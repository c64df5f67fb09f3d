"""What must stay the same across scenes: people, places, props, styles."""

from django.db import models
from django.db.models import Q

from canvas.core.rows import Row
from scenes.models.project import Living, Project


class Category(models.TextChoices):
    """Kinds of bible entries, and of pictures."""

    CHARACTER = "character", "Character"
    LOCATION = "location", "Location"
    PROP = "prop", "Prop"
    STYLE = "style", "Style"
    SHOT_REF = "shot_ref", "Shot reference"


class BibleEntry(Row):
    """One entry. `name_key` is the folded name: a project has each name once in a category.

    `place` is its place in documents; None: behind those that have one, by time.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="entries")
    client_key = models.CharField(max_length=120, null=True, blank=True)  # noqa: DJ001 None = no key
    category = models.CharField(max_length=16, choices=Category)
    name = models.CharField(max_length=200)
    name_key = models.CharField(max_length=200, editable=False)
    aliases = models.JSONField(default=list, blank=True)
    description = models.TextField(blank=True)
    tags = models.JSONField(default=list, blank=True)
    states = models.JSONField(default=list, blank=True)
    assets = models.ManyToManyField("scenes.VisualAsset", blank=True, related_name="entries")
    origin = models.JSONField(default=dict, blank=True)
    place = models.PositiveIntegerField(null=True, blank=True, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = Living.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        verbose_name_plural = "bible entries"
        indexes = [models.Index(fields=["project", "created_at", "id"], name="entry_list")]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "category", "name_key"],
                condition=Q(deleted_at__isnull=True),
                name="entry_name_once",
            ),
            models.UniqueConstraint(
                fields=["project", "client_key"],
                condition=Q(deleted_at__isnull=True),
                name="entry_client_key_once",
            ),
            models.CheckConstraint(
                condition=Q(category__in=Category.values), name="entry_category"
            ),
        ]

    def __str__(self) -> str:
        return self.name
