"""Pictures of a project: everything enters through the picture door, whoever made it."""

from collections.abc import Sequence
from typing import Any, Final

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from canvas.core.errors import DomainError, Invalid, TooLarge, Unreadable
from canvas.core.rows import uuid7
from scenes.models import Project, VisualAsset
from scenes.pictures.door import Picture, PictureRefusedError, read_picture
from scenes.services.changes import Actor, recording
from scenes.services.locks import lock_project

_KINDS: Final[dict[str, type[DomainError]]] = {
    "not-a-picture": Unreadable,
    "picture-too-large": TooLarge,
}
_SUFFIX: Final = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


def store_picture(
    *,
    project: Project,
    by: Actor,
    data: bytes,
    file_name: str = "",
    **values: Any,  # noqa: ANN401 columns
) -> VisualAsset:
    """Take a picture in: checked, upright, without metadata, with thumbnail, palette and hashes.

    Files are written before the row, so a row never names a file that is not there; a file whose
    row was refused is removed again.

    Raises:
        Unreadable: not a kind of picture that is read here.
        TooLarge: more bytes than the door takes.
        Invalid: a bomb, a broken file, or a value against its rule.
    """
    picture = _read(data)
    asset = VisualAsset(project=project, file_name=file_name[:255], **_measures(picture), **values)
    folder = f"assets/{project.workspace_id}/{project.pk}/{asset.pk}"
    written: list[str] = []
    try:
        for column, name, content in (
            ("picture", f"picture.{_SUFFIX[picture.clean_content_type]}", picture.clean),
            ("model_input", "model.jpg", picture.model_input),
            ("thumbnail", "thumbnail.webp", picture.thumbnail),
        ):
            written.append(default_storage.save(f"{folder}/{name}", ContentFile(content)))
            setattr(asset, column, written[-1])
        _add(asset, by)
    except BaseException:
        for path in written:
            default_storage.delete(path)
        raise
    return asset


def _add(asset: VisualAsset, by: Actor) -> None:
    summary = f"Added picture “{asset.file_name or asset.pk}”"
    with recording(project_id=asset.project_id, by=by, summary=summary) as act:
        lock_project(asset.project_id)
        asset.duplicate_of = (
            VisualAsset.objects.alive()
            .filter(project_id=asset.project_id, sha256=asset.sha256, duplicate_of=None)
            .first()
        )
        asset.origin = asset.origin or act.origin()
        act.add(asset)


def edit_asset(
    *,
    asset: VisualAsset,
    by: Actor,
    expected: int | None = None,
    **values: Any,  # noqa: ANN401 columns
) -> VisualAsset:
    """Change what is said of a picture.

    Raises:
        Stale: not at the expected version.
        Invalid: a value breaks its rule.
    """
    with recording(project_id=asset.project_id, by=by, summary=f"Edited picture “{asset}”") as act:
        lock_project(asset.project_id)
        asset.refresh_from_db()
        return act.edit(asset, values, expected)


def describe(
    *,
    asset: VisualAsset,
    by: Actor,
    label: str,
    category: str,
    description: str,
    tags: Sequence[str],
    palette: Sequence[str],
    mood: str,
) -> VisualAsset:
    """Write what a model saw in a picture; the measured palette stands, the model's goes beside."""
    return edit_asset(
        asset=asset,
        by=by,
        label=label,
        category=category,
        description=description,
        tags=list(tags),
        model_palette=list(palette),
        mood=mood,
        analyzed_at=timezone.now(),
    )


def read_model_input(asset: VisualAsset) -> bytes:
    """Read the picture as models are to see it: an upright JPEG of at most 1,920 pixels."""
    with asset.model_input.open("rb") as file:
        return bytes(file.read())


def remove_asset(*, asset: VisualAsset, by: Actor, expected: int | None = None) -> None:
    """Delete a picture; row and files stay restorable until the bin is emptied.

    Raises:
        Stale: not at the expected version.
    """
    with recording(project_id=asset.project_id, by=by, summary=f"Deleted picture “{asset}”") as act:
        lock_project(asset.project_id)
        asset.refresh_from_db()
        act.remove(asset, expected)


def purge_files(asset: VisualAsset) -> None:
    """Delete a picture's files once its row is gone for good, unless a copy still uses them."""
    files = (asset.picture, asset.model_input, asset.thumbnail)
    paths = [str(file.name) for file in files if file]

    def _purge() -> None:
        if not VisualAsset.objects.filter(picture=asset.picture.name).exists():
            for path in paths:
                default_storage.delete(path)

    if paths:
        transaction.on_commit(_purge)


def _read(data: bytes) -> Picture:
    try:
        return read_picture(data)
    except PictureRefusedError as exc:
        raise _KINDS.get(exc.code, Invalid)(exc.detail, code=exc.code) from exc


def _measures(picture: Picture) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "content_type": picture.clean_content_type,
        "size_bytes": len(picture.clean),
        "width": picture.width_px,
        "height": picture.height_px,
        "sha256": picture.sha256,
        "dhash": picture.dhash,
        "palette": [{"hex": s.hex, "share": s.share} for s in picture.palette],
        "measured": {
            "brightness": picture.brightness,
            "contrast": picture.contrast,
            "saturation": picture.saturation,
        },
    }
