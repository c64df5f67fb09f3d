"""Frozen states of a scene and iterations of its prompt. A restore is a change like any other."""

from typing import Any, Final

from django.db.models import Max

from scenes.models import Scene, SceneVersion, Snapshot
from scenes.services.changes import Actor, recording
from scenes.services.locks import lock_scene

STATE_COLUMNS: Final = (
    "title", "notes", "selected_model", "prompt_slots", "compiled_prompt", "location", "cast",
    "duration_s",
)  # fmt: skip


def take_snapshot(*, scene: Scene, by: Actor, notes: str = "", thumbnail: str = "") -> Snapshot:
    """Freeze the scene as it is now.

    Raises:
        Conflict: `scene-locked`.
    """
    with recording(
        project_id=scene.project_id, by=by, summary=f"Took a snapshot of “{scene.title}”"
    ) as act:
        row = lock_scene(scene.pk)
        snapshot = Snapshot(
            scene=row,
            notes=notes,
            thumbnail=thumbnail,
            prompt=row.compiled_prompt,
            prompt_slots=row.prompt_slots,
            state={name: getattr(row, name) for name in STATE_COLUMNS},
        )
        act.add(snapshot)
    return snapshot


def restore_snapshot(*, snapshot: Snapshot, by: Actor) -> Scene:
    """Put a scene back into a frozen state. Snapshots of the web app hold slots and prompt only.

    Raises:
        Conflict: `scene-locked`.
    """
    scene = snapshot.scene
    with recording(
        project_id=scene.project_id, by=by, summary=f"Restored a snapshot of “{scene.title}”"
    ) as act:
        state: dict[str, Any] = snapshot.state or {
            "prompt_slots": snapshot.prompt_slots,
            "compiled_prompt": snapshot.prompt,
        }
        return act.edit(lock_scene(scene.pk), state)


def record_version(
    *,
    scene: Scene,
    by: Actor,
    prompt: str | None = None,
    **values: Any,  # noqa: ANN401 columns
) -> SceneVersion:
    """Record one iteration of the compiled prompt (the present one unless another is given).

    Raises:
        Conflict: `scene-locked`.
    """
    with recording(
        project_id=scene.project_id, by=by, summary=f"Recorded a version of “{scene.title}”"
    ) as act:
        row = lock_scene(scene.pk)
        last = SceneVersion.objects.filter(scene=row).aggregate(last=Max("number"))["last"] or 0
        version = SceneVersion(
            scene=row,
            number=last + 1,
            prompt=row.compiled_prompt if prompt is None else prompt,
            **values,
        )
        act.add(version)
    return version
