"""Row locks and the one rule about locked scenes, asked at every door.

Locks are taken in one order: workspace or project, then scene, then the feed's counter. They are
NO KEY UPDATE locks, because every insert of a child row shares its parent's key.
"""

from typing import Final
from uuid import UUID

from canvas.core.errors import Conflict, Missing
from canvas.core.prepared import Select
from scenes.models import Project, Scene

_project: Final = Select(
    lambda pk: (
        Project.objects.alive()
        .select_for_update(of=("self",), no_key=True)
        .select_related("workspace__plan")
        .filter(pk=pk)
        .order_by()
    ),
    pk=UUID,
)


def lock_project(project_id: UUID) -> Project:
    """Take the project's row lock: adding, moving and counting its rows happen one by one.

    Raises:
        Missing: deleted meanwhile.
    """
    project = _project.first(pk=project_id)
    if project is None:
        raise Missing("This project was deleted meanwhile.")
    return project


def lock_scene(scene_id: UUID) -> Scene:
    """Take the row lock of a scene that may be edited.

    Raises:
        Missing: deleted meanwhile.
        Conflict: `scene-locked`.
    """
    scene = lock_any_scene(scene_id)
    refuse_locked(scene)
    return scene


def lock_any_scene(scene_id: UUID) -> Scene:
    """Take the row lock of a scene in whatever status. Only a change of status may do this."""
    scene = (
        Scene.objects.alive()
        .select_for_update(of=("self",), no_key=True)
        .select_related("project")
        .filter(pk=scene_id)
        .first()
    )
    if scene is None:
        raise Missing("This scene was deleted meanwhile.")
    return scene


def refuse_locked(scene: Scene) -> None:
    """Refuse any edit of a locked scene, whoever asks.

    Raises:
        Conflict: `scene-locked`.
    """
    if scene.is_locked:
        raise Conflict(
            f"“{scene.title}” is locked. Set its status to refining before you change it.",
            code="scene-locked",
            extra={"sceneId": str(scene.pk)},
        )
