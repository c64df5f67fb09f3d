"""Copying a whole project: its scenes, beats, media, bible and pictures; never its chat.

A copy shares the files of the pictures, which are never rewritten. History (change-sets, snapshots,
versions) stays with the original, and so do the keys that the web app gave.
"""

from typing import Any, Final, TypeVar
from uuid import UUID

from canvas.core.rows import Row, uuid7
from scenes.models import Beat, BibleEntry, Project, Scene, SceneMedia, VisualAsset
from scenes.services.changes import Actor, Recording, recording
from scenes.services.feed import open_feed
from scenes.services.locks import lock_project
from scenes.services.projects import refuse_over_quota
from scenes.services.scenes import refuse_too_many_scenes

R = TypeVar("R", bound=Row)

_TITLE_CHARS: Final = 200
_SUFFIX: Final = " (copy)"
_OWN_COLUMNS: Final = frozenset(
    {"id", "version", "created_at", "modified_at", "client_key", "deleted_at"}
)


def duplicate_project(*, project: Project, by: Actor) -> Project:
    """Copy a project with everything on its canvas; the copy is not archived.

    Raises:
        Unaffordable: `quota-exhausted`, the plan holds no further project, or not so many scenes.
    """
    copy = _copy(project, title=_copied_title(project.title), is_archived=False)
    with recording(project_id=copy.pk, by=by, summary=f"Copied “{project.title}”") as act:
        lock_project(project.pk)
        refuse_over_quota(project.workspace)
        act.add(copy)
        open_feed(copy.pk)
        assets = _copy_pictures(project, copy, act)
        _copy_bible(project, copy, assets, act)
        _copy_scenes(project, copy, assets, act)
    return copy


def _copy_pictures(project: Project, copy: Project, act: Recording) -> dict[UUID, VisualAsset]:
    originals = list(VisualAsset.objects.alive().filter(project=project))
    copies = {row.pk: _copy(row, project=copy, duplicate_of=None) for row in originals}
    for row in originals:
        if row.duplicate_of_id is not None:
            copies[row.pk].duplicate_of = copies.get(row.duplicate_of_id)
    act.add_all([row for row in copies.values() if row.duplicate_of is None])
    act.add_all([row for row in copies.values() if row.duplicate_of is not None])
    return copies


def _copy_bible(
    project: Project, copy: Project, assets: dict[UUID, VisualAsset], act: Recording
) -> None:
    entries = BibleEntry.objects.alive().filter(project=project).prefetch_related("assets")
    for entry in entries:
        linked = [assets[asset.pk].pk for asset in entry.assets.all() if asset.pk in assets]
        act.add(_copy(entry, project=copy), links={"assets": linked} if linked else {})


def _copy_scenes(
    project: Project, copy: Project, assets: dict[UUID, VisualAsset], act: Recording
) -> None:
    originals = list(Scene.objects.alive().filter(project=project).order_by("order", "id"))
    refuse_too_many_scenes(copy, len(originals))
    scenes = {row.pk: _copy(row, project=copy, order=order) for order, row in enumerate(originals)}
    act.add_all([*scenes.values()])
    beats = Beat.objects.alive().filter(scene__in=originals)
    act.add_all([_copy(row, scene=scenes[row.scene_id]) for row in beats])
    media = SceneMedia.objects.filter(scene__in=originals)
    for medium in media:
        asset = None if medium.asset_id is None else assets.get(medium.asset_id)
        act.add(_copy(medium, scene=scenes[medium.scene_id], asset=asset))


def _copy(row: R, **other: Any) -> R:  # noqa: ANN401 columns
    """Make an unsaved row with the same columns, but for its own ones and those given."""
    columns = {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.name not in _OWN_COLUMNS and field.name not in other
    }
    return type(row)(id=uuid7(), **columns, **other)


def _copied_title(title: str) -> str:
    return title[: _TITLE_CHARS - len(_SUFFIX)] + _SUFFIX
