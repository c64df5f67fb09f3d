"""Scene templates: data that editors manage in the admin."""

from django.db import models


class TemplateCategory(models.TextChoices):
    """What a template's scene is to become."""

    VIDEO = "video", "Video"
    IMAGE = "image", "Image"
    ANIMATION = "animation", "Animation"
    TRANSITION = "transition", "Transition"


class Difficulty(models.TextChoices):
    """Whom a template is for."""

    BEGINNER = "beginner", "Beginner"
    INTERMEDIATE = "intermediate", "Intermediate"
    ADVANCED = "advanced", "Advanced"


class SceneTemplate(models.Model):
    """A starting point for a scene. `default_prompt_slots` is in the shape of the wire."""

    key = models.SlugField(primary_key=True, max_length=80)
    order = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(max_length=120)
    category = models.CharField(max_length=16, choices=TemplateCategory)
    description = models.TextField(blank=True)
    thumbnail = models.TextField(blank=True)
    default_prompt_slots = models.JSONField(default=dict)
    recommended_models = models.JSONField(default=list, blank=True)
    tags = models.JSONField(default=list, blank=True)
    difficulty = models.CharField(max_length=16, blank=True, choices=Difficulty)
    is_pro = models.BooleanField(default=False)

    class Meta:
        ordering = ["order", "key"]

    def __str__(self) -> str:
        return self.name
