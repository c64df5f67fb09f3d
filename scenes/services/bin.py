"""The bin: what was deleted softly stays restorable for a time, then goes for good, files too."""

from datetime import datetime
from typing import Final

from django.db import transaction

from scenes.models import Beat, BibleEntry, Project, Scene, VisualAsset
from scenes.services.assets import purge_files
from scenes.services.exports import purge_exports

RESTORABLE_DAYS: Final = 30


def empty(*, before: datetime) -> None:
    """Delete for good what was put into the bin, and exported, before this time."""
    with transaction.atomic():
        purge_exports(before=before)
        doomed = Project.objects.filter(deleted_at__lt=before)
        pictures = VisualAsset.objects.filter(deleted_at__lt=before)
        of_projects = VisualAsset.objects.filter(project__in=doomed)
        for asset in (pictures | of_projects).distinct():
            purge_files(asset)
        pictures.delete()
        for model in (Beat, Scene, BibleEntry):
            model.objects.filter(deleted_at__lt=before).delete()
        doomed.delete()
