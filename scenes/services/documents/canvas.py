"""The rows behind one document, fetched in a constant number of queries."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from canvas.core.rows import Row
from scenes.models import (
    BibleEntry,
    Project,
    Scene,
    SceneMedia,
    SceneVersion,
    Snapshot,
    VisualAsset,
)
from scenes.services.documents.lists import by_place
from scenes.services.locks import lock_project

_Child = TypeVar("_Child", SceneMedia, SceneVersion, Snapshot)


@dataclass(frozen=True, slots=True)
class Canvas:
    """A project's living rows, each list in its order; `children` by member name and scene."""

    project: Project
    scenes: list[Scene]
    children: dict[str, dict[UUID, list[Row]]]
    entries: list[BibleEntry]
    assets: list[VisualAsset]


def load_canvas(project: Project) -> Canvas:
    """Fetch the rows of a project that the caller holds, in six queries."""
    return _fetched(project, list(Scene.objects.alive().filter(project=project)))


def lock_canvas(project_id: UUID) -> Canvas:
    """Fetch the rows for writing: the project and its scenes stay locked, and so what is in them.

    Raises:
        Missing: deleted meanwhile.
    """
    project = lock_project(project_id)
    scenes = Scene.objects.alive().select_for_update(of=("self",)).filter(project=project)
    return _fetched(project, list(scenes))


def _fetched(project: Project, scenes: list[Scene]) -> Canvas:
    inside: dict[str, Any] = {"scene__project": project, "scene__deleted_at__isnull": True}
    return Canvas(
        project=project,
        scenes=scenes,
        children={
            "generatedMedia": _by_scene(
                SceneMedia.objects.filter(**inside).select_related("asset")
            ),
            "versions": _by_scene(SceneVersion.objects.filter(**inside)),
            "snapshots": _by_scene(by_place(Snapshot.objects.filter(**inside))),
        },
        entries=by_place(BibleEntry.objects.alive().filter(project=project)),
        assets=by_place(VisualAsset.objects.alive().filter(project=project)),
    )


def _by_scene(rows: Iterable[_Child]) -> dict[UUID, list[Row]]:
    found: dict[UUID, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.scene_id].append(row)
    return found
