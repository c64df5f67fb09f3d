"""Reads of the film, each scoped to the caller's workspace. Absent and foreign look the same."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db.models import (
    Case,
    Count,
    F,
    Model,
    Prefetch,
    Q,
    QuerySet,
    TextField,
    When,
)
from django.db.models.functions import Cast

from canvas.core.errors import Missing
from canvas.core.prepared import Select
from canvas.workspaces.access import Access
from scenes.models import (
    Beat,
    BibleEntry,
    ChangeSet,
    Event,
    Project,
    Scene,
    SceneMedia,
    SceneStatus,
    SceneTemplate,
    SceneVersion,
    Snapshot,
    VisualAsset,
)

R = TypeVar("R", bound=Model)

_scenes_of: Final = Select(
    lambda project: Scene.objects.alive().filter(project_id=project), project=UUID
)
_bible_of: Final = Select(
    lambda project: BibleEntry.objects.alive().filter(project_id=project), project=UUID
)
_assets_of: Final = Select(
    lambda project: VisualAsset.objects.alive().filter(project_id=project), project=UUID
)
_SCENES: Final = Count("scenes", filter=Q(scenes__deleted_at__isnull=True))
_FINISHED: Final = Q(deleted_at__isnull=True) & (
    Q(is_archived=True) | Q(scene_count__gt=0, locked_count=F("scene_count"))
)
_living_project: Final = Select(
    lambda workspace, pk: (
        Project.objects.alive()
        .filter(workspace_id=workspace, pk=pk)
        .annotate(scene_count=_SCENES)
        .order_by()
    ),
    workspace=UUID,
    pk=UUID,
)
_project_of_job: Final = Select(
    lambda pk: Project.objects.alive().select_related("workspace__plan").filter(pk=pk).order_by(),
    pk=UUID,
)


@dataclass(slots=True)
class Bible:
    """What must stay the same across one project's scenes.

    `pk` and `version` make its ETag: it changes with the project's row, which holds the aesthetic,
    and by `mark` with every entry and picture.
    """

    project: Project
    entries: QuerySet[BibleEntry]
    assets: QuerySet[VisualAsset]
    mark: str
    version: int

    @property
    def pk(self) -> str:
        """Project and state of the entries and pictures."""
        return f"{self.project.pk}-{self.mark}"


def list_projects(
    *,
    access: Access,
    deleted: bool | None = False,
    is_archived: bool | None = None,
    search: str = "",
) -> QuerySet[Project]:
    """The workspace's projects with their `scene_count`.

    Args:
        access: the caller.
        deleted: True lists the bin instead, None everything.
        is_archived: only archived ones, or only the others.
        search: a part of title, logline or tags.
    """
    rows = Project.objects.filter(workspace=access.workspace)
    if deleted is not None:
        rows = rows.filter(deleted_at__isnull=not deleted)
    if is_archived is not None:
        rows = rows.filter(is_archived=is_archived)
    if search:
        rows = rows.alias(tags_text=Cast("tags", TextField())).filter(
            Q(title__icontains=search)
            | Q(logline__icontains=search)
            | _in_json("tags_text", search)
        )
    return rows.annotate(scene_count=_SCENES)


def list_projects_with_scenes(*, access: Access) -> QuerySet[Project]:
    """Every project, the bin included, with `scene_count`, `locked_count` and `is_finished`.

    Finished: not in the bin, and archived or with every one of its scenes locked.
    """
    locked = Q(scenes__deleted_at__isnull=True, scenes__status=SceneStatus.LOCKED)
    return (
        list_projects(access=access, deleted=None)
        .annotate(locked_count=Count("scenes", filter=locked))
        .annotate(is_finished=Case(When(_FINISHED, then=True), default=False))
    )


def list_finished_projects(*, access: Access) -> QuerySet[Project]:
    """The projects that `list_projects_with_scenes` calls finished, in no order."""
    return list_projects_with_scenes(access=access).filter(_FINISHED).order_by()


def get_project(*, access: Access, project_id: UUID, deleted: bool | None = False) -> Project:
    """One project of the caller's workspace, with its `scene_count`; None: in the bin or not."""
    if deleted is False:
        return _found(
            _living_project.first(workspace=access.workspace.pk, pk=project_id), "project"
        )
    return _one(list_projects(access=access, deleted=deleted), project_id, "project")


def list_scenes(
    *, access: Access, project_id: UUID, status: str | None = None, search: str = ""
) -> QuerySet[Scene]:
    """The living scenes of one project, in order.

    Args:
        access: the caller.
        project_id: whose scenes.
        status: only those with this one.
        search: a part of title, notes or location.
    """
    project = get_project(access=access, project_id=project_id)
    rows = Scene.objects.alive().filter(project=project)
    if status is not None:
        rows = rows.filter(status=status)
    if search:
        rows = rows.filter(
            Q(title__icontains=search) | Q(notes__icontains=search) | Q(location__icontains=search)
        )
    return rows


def project_of_job(*, project_id: UUID) -> Project:
    """The project of a job, for the service that does it; the job was scoped when it was made.

    Raises:
        Missing: deleted meanwhile.
    """
    return _found(_project_of_job.first(pk=project_id), "project")


def unfinished_message(*, job_id: UUID) -> UUID | None:
    """The message that a job had begun to say when it was interrupted, if it had."""
    told = Event.objects.filter(job_id=job_id, name__in=("message.created", "message.completed"))
    last = told.order_by("seq").last()
    if last is None or last.name == "message.completed":
        return None
    return UUID(last.data["messageId"])


def ids_of(*, access: Access, project_id: UUID) -> dict[str, set[UUID]]:
    """The ids of a project's living scenes, entries and pictures, to check what a body names."""
    project = get_project(access=access, project_id=project_id)
    tables: dict[str, QuerySet[Any]] = {
        "scene": Scene.objects.alive(),
        "entry": BibleEntry.objects.alive(),
        "asset": VisualAsset.objects.alive(),
    }
    return {
        noun: set(rows.filter(project=project).values_list("pk", flat=True))
        for noun, rows in tables.items()
    }


def scenes_of(*, project: Project) -> list[Scene]:
    """The living scenes of a project that the caller holds already, in order."""
    return _scenes_of.all(project=project.pk)


def entries_of(*, project: Project) -> list[BibleEntry]:
    """The living bible entries of a project that the caller holds already."""
    return _bible_of.all(project=project.pk)


def assets_of(*, project: Project) -> list[VisualAsset]:
    """The living pictures of a project that the caller holds already."""
    return _assets_of.all(project=project.pk)


def get_scene(*, access: Access, scene_id: UUID) -> Scene:
    """One living scene."""
    rows = Scene.objects.alive().filter(**_inside(access, "project__")).select_related("project")
    return _one(rows, scene_id, "scene")


def get_beat(*, access: Access, beat_id: UUID) -> Beat:
    """One living beat of a living scene."""
    rows = Beat.objects.alive().filter(
        scene__deleted_at__isnull=True, **_inside(access, "scene__project__")
    )
    return _one(rows.select_related("scene__project"), beat_id, "beat")


def list_beats(*, access: Access, scene_id: UUID) -> QuerySet[Beat]:
    """The beats of one scene, in order."""
    return Beat.objects.alive().filter(scene=get_scene(access=access, scene_id=scene_id))


def list_snapshots(*, access: Access, scene_id: UUID) -> QuerySet[Snapshot]:
    """The frozen states of one scene, oldest first."""
    return Snapshot.objects.filter(scene=get_scene(access=access, scene_id=scene_id))


def get_snapshot(*, access: Access, scene_id: UUID, snapshot_id: UUID) -> Snapshot:
    """One frozen state."""
    rows = list_snapshots(access=access, scene_id=scene_id).select_related("scene__project")
    return _one(rows, snapshot_id, "snapshot")


def list_versions(*, access: Access, scene_id: UUID) -> QuerySet[SceneVersion]:
    """The iterations of one scene's compiled prompt, oldest first."""
    return SceneVersion.objects.filter(scene=get_scene(access=access, scene_id=scene_id))


def list_media(*, access: Access, scene_id: UUID) -> QuerySet[SceneMedia]:
    """The media of one scene."""
    scene = get_scene(access=access, scene_id=scene_id)
    return SceneMedia.objects.filter(scene=scene).select_related("asset")


def list_entries(
    *, access: Access, project_id: UUID, category: str | None = None, search: str = ""
) -> QuerySet[BibleEntry]:
    """The bible entries of one project, with their pictures.

    Args:
        access: the caller.
        project_id: whose bible.
        category: only this one.
        search: a part of name, aliases or description.
    """
    project = get_project(access=access, project_id=project_id)
    rows = _entries_of(project)
    if category is not None:
        rows = rows.filter(category=category)
    if search:
        rows = rows.alias(aliases_text=Cast("aliases", TextField())).filter(
            Q(name__icontains=search)
            | Q(description__icontains=search)
            | _in_json("aliases_text", search)
        )
    return rows


def get_bible(*, access: Access, project_id: UUID) -> Bible:
    """The whole bible of one project, and the mark by which a reader knows this state of it."""
    project = get_project(access=access, project_id=project_id)
    entries = _entries_of(project)
    assets = VisualAsset.objects.alive().filter(project=project)
    states = [*entries.values_list("pk", "version"), *assets.values_list("pk", "version")]
    mark = hashlib.sha256(repr(sorted(states)).encode()).hexdigest()[:16]
    return Bible(project, entries, assets, mark, project.version)


def _entries_of(project: Project) -> QuerySet[BibleEntry]:
    return BibleEntry.objects.alive().filter(project=project).prefetch_related(_living_assets())


def get_entry(*, access: Access, entry_id: UUID) -> BibleEntry:
    """One bible entry."""
    rows = BibleEntry.objects.alive().filter(**_inside(access, "project__"))
    return _one(
        rows.select_related("project").prefetch_related(_living_assets()), entry_id, "bible entry"
    )


def list_assets(*, access: Access, project_id: UUID) -> QuerySet[VisualAsset]:
    """The pictures of one project."""
    project = get_project(access=access, project_id=project_id)
    return VisualAsset.objects.alive().filter(project=project)


def get_asset(*, access: Access, asset_id: UUID) -> VisualAsset:
    """One picture."""
    rows = VisualAsset.objects.alive().filter(**_inside(access, "project__"))
    return _one(rows.select_related("project"), asset_id, "asset")


def is_shown(*, path: str, workspace_id: UUID) -> bool:
    """Say whether a stored file is still somebody's picture or thumbnail.

    The workspace is the one that the path names: copies stay in the workspace of their original.
    """
    living = {"project__deleted_at__isnull": True, "project__workspace__deleted_at__isnull": True}
    rows = VisualAsset.objects.alive().filter(project__workspace_id=workspace_id, **living)
    return rows.filter(Q(picture=path) | Q(thumbnail=path)).exists()


def list_changes(*, access: Access, project_id: UUID) -> QuerySet[ChangeSet]:
    """The change-sets of one project, newest first."""
    return ChangeSet.objects.filter(project=get_project(access=access, project_id=project_id))


def get_change(*, access: Access, change_id: UUID) -> ChangeSet:
    """One change-set."""
    rows = ChangeSet.objects.filter(**_inside(access, "project__"))
    return _one(rows, change_id, "change")


def list_templates() -> QuerySet[SceneTemplate]:
    """The scene templates; they belong to nobody."""
    return SceneTemplate.objects.all()


def living_projects(project_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Those of some projects that are not deleted, each with its workspace."""
    rows = Project.objects.alive().filter(pk__in=project_ids)
    return dict(rows.values_list("pk", "workspace_id"))


def _in_json(column: str, text: str) -> Q:
    """Look for a text inside JSON; SQLite keeps it with ASCII escapes, PostgreSQL without."""
    escaped = json.dumps(text)[1:-1]
    return Q(**{f"{column}__icontains": text}) | Q(**{f"{column}__icontains": escaped})


def _living_assets() -> Prefetch[str]:
    return Prefetch("assets", queryset=VisualAsset.objects.alive())


def _inside(access: Access, path: str) -> dict[str, Any]:
    return {f"{path}workspace": access.workspace, f"{path}deleted_at__isnull": True}


def _one(rows: QuerySet[R], key: UUID, noun: str) -> R:
    return _found(rows.filter(pk=key).first(), noun)


def _found(row: R | None, noun: str) -> R:
    if row is None:
        raise Missing(f"There is no {noun} with this id in your workspace.")
    return row
