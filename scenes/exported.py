"""Reads of exported files, each scoped to the caller's workspace; unfinished ones are not there."""

from uuid import UUID

from django.core.files.storage import default_storage
from django.db.models import QuerySet

from canvas.core.errors import Missing
from canvas.workspaces.access import Access
from scenes.models import Export
from scenes.selectors import get_project


def list_exports(*, access: Access, project_id: UUID) -> QuerySet[Export]:
    """The exported files of one project, newest first."""
    project = get_project(access=access, project_id=project_id)
    return _finished().filter(project=project)


def get_export(*, access: Access, export_id: UUID) -> Export:
    """One exported file."""
    rows = _finished().filter(
        pk=export_id, project__workspace=access.workspace, project__deleted_at__isnull=True
    )
    export = rows.first()
    if export is None:
        raise Missing("There is no export with this id in your workspace.")
    return export


def find_stored(*, path: str) -> Export | None:
    """The export that a stored file belongs to, while its project and workspace live."""
    rows = _finished().filter(
        path=path,
        project__deleted_at__isnull=True,
        project__workspace__deleted_at__isnull=True,
    )
    return rows.first()


def read_file(export: Export) -> bytes:
    """Read the whole file.

    Raises:
        FileNotFoundError: it was removed a moment ago.
    """
    with default_storage.open(export.path) as file:
        return bytes(file.read())


def _finished() -> QuerySet[Export]:
    return Export.objects.filter(finished_at__isnull=False)
