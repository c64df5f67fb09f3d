"""The project's feed: one ordered sequence without gaps."""

from django.db import models

from scenes.models.project import Project


class FeedCounter(models.Model):
    """The last sequence number of a project; locked for the moment of adding events."""

    project = models.OneToOneField(
        Project, on_delete=models.CASCADE, primary_key=True, related_name="feed"
    )
    last_seq = models.PositiveBigIntegerField(default=0)
    kept_after = models.PositiveBigIntegerField(
        default=0, help_text="Events up to this number may have been pruned."
    )

    def __str__(self) -> str:
        return f"{self.project_id}: {self.last_seq}"


class Event(models.Model):
    """One event. `seq` was taken from the counter in the transaction that wrote the change."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="events")
    seq = models.PositiveBigIntegerField()
    name = models.CharField(max_length=40)
    data = models.JSONField(default=dict)
    job_id = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["project", "seq"]
        constraints = [models.UniqueConstraint(fields=["project", "seq"], name="event_seq_once")]
        indexes = [
            models.Index(fields=["job_id", "seq"], name="event_of_job"),
            models.Index(fields=["name", "created_at"], name="event_retention"),
            models.Index(fields=["created_at"], name="event_age"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.name}"
