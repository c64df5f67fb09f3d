"""Writing the beats of a scene. A locked scene refuses them all."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from canvas.core.patch import merge_patch
from scenes.models import Beat, Scene
from scenes.services import places
from scenes.services.changes import Actor, recording
from scenes.services.locks import lock_scene


def add_beat(*, scene: Scene, by: Actor, summary: str, **values: Any) -> Beat:  # noqa: ANN401 columns
    """Add one beat after the last one.

    Raises:
        Conflict: `scene-locked`.
    """
    with recording(
        project_id=scene.project_id, by=by, summary=f"Added a beat to “{scene.title}”"
    ) as act:
        owner = lock_scene(scene.pk)
        siblings = Beat.objects.alive().filter(scene=owner)
        beat = Beat(
            scene=owner,
            summary=summary,
            order=places.next_order(siblings),
            shot=merge_patch({}, values.pop("shot", {})),
            **{"origin": act.origin(), **values},
        )
        act.add(beat)
    return beat


def edit_beat(
    *,
    beat: Beat,
    by: Actor,
    expected: int | None = None,
    shot_patch: Mapping[str, Any] | None = None,
    **values: Any,  # noqa: ANN401 columns of Beat
) -> Beat:
    """Change a beat; `shot_patch` is a merge patch of its camera set-up.

    Raises:
        Conflict: `scene-locked`.
        Stale: not at the expected version.
    """
    with recording(
        project_id=beat.scene.project_id, by=by, summary=f"Edited a beat of “{beat.scene.title}”"
    ) as act:
        lock_scene(beat.scene_id)
        beat.refresh_from_db()
        if shot_patch is not None:
            values["shot"] = merge_patch(beat.shot, shot_patch)
        return act.edit(beat, values, expected)


def move_beat(*, beat: Beat, by: Actor, after: UUID | None) -> Beat:
    """Put a beat behind another of its scene (None: to the front).

    Raises:
        Invalid: `not-a-sibling`.
        Conflict: `scene-locked`.
    """
    with recording(
        project_id=beat.scene.project_id, by=by, summary=f"Moved a beat of “{beat.scene.title}”"
    ) as act:
        lock_scene(beat.scene_id)
        siblings = Beat.objects.alive().filter(scene_id=beat.scene_id)
        ids = list(siblings.order_by("order", "id").values_list("id", flat=True))
        before = beat.order
        moved = places.renumber(siblings, places.put_after(ids, beat.pk, after))
        beat.refresh_from_db(fields=["order", "version"])
        if moved:
            act.moved(beat, before, beat.order)
    return beat


def remove_beat(*, beat: Beat, by: Actor, expected: int | None = None) -> None:
    """Delete a beat; the ones behind it close up.

    Raises:
        Conflict: `scene-locked`.
        Stale: not at the expected version.
    """
    with recording(
        project_id=beat.scene.project_id, by=by, summary=f"Deleted a beat of “{beat.scene.title}”"
    ) as act:
        lock_scene(beat.scene_id)
        beat.refresh_from_db()
        act.remove(beat, expected)
        siblings = Beat.objects.alive().filter(scene_id=beat.scene_id)
        places.renumber(
            siblings, list(siblings.order_by("order", "id").values_list("id", flat=True))
        )
