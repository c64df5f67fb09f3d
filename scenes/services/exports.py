"""Exporting a project: read at one moment, written outside of any transaction, file before row."""

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from canvas.core.errors import Fault, Invalid
from canvas.core.rows import uuid7
from scenes.exports import film as shapes
from scenes.exports.fountain import write_fountain
from scenes.exports.jsondoc import write_json
from scenes.exports.shots import ENCODING, write_csv
from scenes.exports.watermark import line_for
from scenes.models import Beat, Export, ExportFormat, Project, Scene
from scenes.services.documents import read_document
from scenes.services.locks import lock_project

KEPT_A_PROJECT: Final = 100
"""Older files of a project go when it is exported again."""

_LONGEST_NAME_BYTES: Final = 120
_RESERVED: Final = {
    "CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10)),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """A format that can be written: what it is served as, and how."""

    suffix: str
    content_type: str
    read: Callable[[Project, str], Callable[[str], bytes]]
    """Reads a project (and its base address) and gives what writes it with a watermark."""


@dataclass(frozen=True, slots=True)
class Made:
    """A file that is not stored yet."""

    project: Project
    format: str
    data: bytes
    watermark: str


def refuse_unavailable(*, format: str) -> None:  # noqa: A002 the word of the wire
    """Refuse a format that cannot be written yet.

    Raises:
        Invalid: `format-unavailable`, naming those that can.
    """
    if format not in KINDS:
        there = ", ".join(KINDS)
        detail = f"{format} cannot be exported yet. Send one of: {there}."
        raise Invalid(
            detail,
            code="format-unavailable",
            faults=[Fault("/format", "format-unavailable", f"One of {there}.")],
            extra={"available": list(KINDS)},
        )


def make_file(*, project_id: UUID, format: str, base_url: str) -> Made:  # noqa: A002 as above
    """Write a project as it is at this moment, with the line that its plan asks for now.

    Project and scenes are locked while they are read, and no longer: one state, never half of an
    edit.

    Args:
        project_id: which one.
        format: one of `KINDS`.
        base_url: scheme and host for the addresses of pictures, without a slash.

    Raises:
        Missing: deleted meanwhile.
    """
    with transaction.atomic():
        project = lock_project(project_id)
        write = KINDS[format].read(project, base_url)
    watermark = line_for(is_marked=project.workspace.plan.watermark)
    return Made(project, format, write(watermark), watermark)


def begin_export(*, made: Made, job_id: UUID) -> Export:
    """Note the file that is about to be written, under an id and a path of its own."""
    export_id, project = uuid7(), made.project
    suffix = KINDS[made.format].suffix
    return Export.objects.create(
        id=export_id,
        project=project,
        job_id=job_id,
        format=made.format,
        file_name=f"{_safe_name(project.title)}.{suffix}",
        path=f"exports/{project.workspace_id}/{project.pk}/{export_id}.{suffix}",
        size_bytes=len(made.data),
        sha256=hashlib.sha256(made.data).hexdigest(),
        watermark=made.watermark,
    )


def write_file(*, export: Export, data: bytes) -> None:
    """Store the file; a name that is taken already is never written over."""
    export.path = default_storage.save(export.path, ContentFile(data))


def finish_export(*, export: Export) -> Export:
    """Show the export, now that its file is there; of too many, the oldest go.

    Called in the transaction that ends the job.
    """
    export.finished_at = timezone.now()
    export.save(update_fields=["path", "finished_at"])
    finished = Export.objects.filter(project_id=export.project_id, finished_at__isnull=False)
    _remove(finished.order_by("-created_at", "-id")[KEPT_A_PROJECT:])
    return export


def purge_exports(*, before: datetime) -> None:
    """Delete exports made before this time, and those of projects that were deleted before it.

    What a worker left unfinished goes with them.
    """
    _remove(Export.objects.filter(created_at__lt=before))
    _remove(Export.objects.filter(project__deleted_at__lt=before))


def _remove(exports: Iterable[Export]) -> None:
    """Delete rows at once, and their files when that is committed."""
    gone = {export.pk: export.path for export in exports}

    def remove_files() -> None:
        for path in gone.values():
            default_storage.delete(path)

    if gone:
        Export.objects.filter(pk__in=gone).delete()
        transaction.on_commit(remove_files)


def _safe_name(title: str) -> str:
    """Make a file's name of a title: letters, digits and blanks, whatever the system."""
    kept = (letter if _is_harmless(letter) else " " for letter in title)
    name = " ".join("".join(kept).split())
    name = name.encode()[:_LONGEST_NAME_BYTES].decode("utf-8", "ignore").strip(" -_")
    if not name:
        return "project"
    return f"{name} project" if name.upper() in _RESERVED else name


def _is_harmless(letter: str) -> bool:
    return letter in "-_" or unicodedata.category(letter)[0] in "LNM"


# --- what is read, and how it is written ----------------------------------------------------------


def _read_document(project: Project, base_url: str) -> Callable[[str], bytes]:
    _lock_scenes(project)
    document = read_document(project, base_url=base_url)
    return lambda watermark: write_json(document, watermark=watermark).encode()


def _read_screenplay(project: Project, _: str) -> Callable[[str], bytes]:
    film, today = _film(project), timezone.now().date()
    return lambda mark: write_fountain(film, made_on=today, watermark=mark).encode()


def _read_shots(project: Project, _: str) -> Callable[[str], bytes]:
    film = _film(project)
    return lambda watermark: write_csv(film, watermark=watermark).encode(ENCODING)


def _lock_scenes(project: Project) -> list[Scene]:
    rows = Scene.objects.alive().filter(project=project)
    return list(rows.select_for_update(of=("self",), no_key=True))


def _film(project: Project) -> shapes.Film:
    scenes = _lock_scenes(project)
    beats: dict[UUID, list[shapes.Beat]] = defaultdict(list)
    for beat in Beat.objects.alive().filter(scene__in=[scene.pk for scene in scenes]):
        beats[beat.scene_id].append(
            shapes.Beat(beat.summary, beat.purpose, beat.duration_s, _as_map(beat.shot))
        )
    shown = [
        shapes.Scene(
            title=scene.title,
            notes=scene.notes,
            location=scene.location,
            cast=scene.cast,
            seconds=scene.duration_s,
            slots=_as_map(scene.prompt_slots),
            prompt=scene.compiled_prompt,
            beats=beats[scene.pk],
        )
        for scene in scenes
    ]
    return shapes.Film(project.title, project.logline, shown)


def _as_map(value: Any) -> dict[str, Any]:  # noqa: ANN401 any JSON
    return value if isinstance(value, dict) else {}


KINDS: Final[dict[str, Kind]] = {
    ExportFormat.JSON.value: Kind("json", "application/json", _read_document),
    ExportFormat.FOUNTAIN.value: Kind("fountain", "text/plain; charset=utf-8", _read_screenplay),
    ExportFormat.CSV_SHOTS.value: Kind("csv", "text/csv; charset=utf-8", _read_shots),
}
"""The formats that can be written."""
