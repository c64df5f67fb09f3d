"""When things that happen by the clock are due, so that of many workers one does each."""

from django.db import models


class Schedule(models.Model):
    """One recurring act. Whoever's UPDATE moves `due_at` on does it."""

    name = models.CharField(primary_key=True, max_length=40)
    due_at = models.DateTimeField()
    began_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True, help_text="How the last time went.")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
