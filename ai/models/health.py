"""How a model has answered lately, shared by all workers."""

from django.db import models


class ModelHealth(models.Model):
    """A model that fails. Those that answer have no row, or one that says nothing.

    `failures` counts the rests in a row, or the outages before the first. Until `closed_until`
    nobody asks the model; then one call at a time tries. The time is the database's.
    """

    slug = models.CharField(primary_key=True, max_length=200)
    failures = models.PositiveSmallIntegerField(default=0)
    closed_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["slug"]
        verbose_name_plural = "model health"

    def __str__(self) -> str:
        return self.slug
