"""A project written into a file for other tools."""

from django.db import models
from django.db.models import Q

from canvas.core.rows import Row
from scenes.models.project import Project


class ExportFormat(models.TextChoices):
    """Every format that the API names; see `scenes.services.exports` for those it can write."""

    FOUNTAIN = "fountain", "Fountain"
    FDX = "fdx", "Final Draft"
    PDF_STORYBOARD = "pdf-storyboard", "Storyboard as PDF"
    CSV_SHOTS = "csv-shots", "Shot list as CSV"
    XLSX_SHOTS = "xlsx-shots", "Shot list as XLSX"
    OTIO = "otio", "OpenTimelineIO"
    EDL = "edl", "EDL"
    FCPXML = "fcpxml", "Final Cut Pro XML"
    JSON = "json", "JSON"
    ZIP = "zip", "Everything as ZIP"


class Export(Row):
    """One exported file.

    The row is there before its file, so that the file of a worker that died is found and removed;
    `finished_at` is set last, and until then nobody is shown the row. A job has one finished
    export. Its job is a plain id: this app knows nothing of that table.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="exports")
    job_id = models.UUIDField()
    format = models.CharField(max_length=20, choices=ExportFormat)
    file_name = models.CharField(max_length=160, help_text="As it is offered for saving.")
    path = models.CharField(max_length=255, unique=True, help_text="In storage.")
    size_bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    watermark = models.CharField(max_length=200, blank=True, help_text="The line in the file.")
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["project", "-created_at", "-id"], name="export_list"),
            models.Index(fields=["created_at"], name="export_age"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["job_id"],
                condition=Q(finished_at__isnull=False),
                name="export_once_a_job",
            ),
            models.CheckConstraint(
                condition=Q(format__in=ExportFormat.values), name="export_format"
            ),
        ]

    def __str__(self) -> str:
        return self.file_name
