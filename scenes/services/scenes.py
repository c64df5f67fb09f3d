"""Writing scenes. Every edit takes `lock_scene`; only `set_status` may touch a locked one."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from canvas.core.errors import Fault, Invalid, Malformed, Unaffordable
from scenes.models import Project, Scene, SceneStatus
from scenes.prompts.compile import compile_slots
from scenes.prompts.slots import SlotsError, blank_slots, check_slots, merge_patch
from scenes.services import places
from scenes.services.changes import Actor, recording
from scenes.services.locks import lock_any_scene, lock_project, lock_scene

_WRONG_SHAPE: Final = frozenset({"unknown-field", "wrong-type", "too-deep"})


def add_scene(
    *,
    project: Project,
    by: Actor,
    title: str,
    prompt_slots: Mapping[str, Any] | None = None,
    **values: Any,  # noqa: ANN401 columns of Scene
) -> Scene:
    """Add one scene after the last one.

    Args:
        project: its row is locked while the scene is numbered and counted.
        by: who adds it.
        title: up to 200 characters.
        prompt_slots: a patch over blank slots; the prompt is compiled from them when given.
        values: further columns of Scene.

    Raises:
        Unaffordable: `quota-exhausted`, the plan's scenes are used up.
        Invalid: a value breaks its rule.
    """
    with recording(project_id=project.pk, by=by, summary=f"Added scene “{title}”") as act:
        owner = lock_project(project.pk)
        siblings = Scene.objects.alive().filter(project=owner)
        refuse_too_many_scenes(owner, siblings.count() + 1)
        slots = _patched(blank_slots(), prompt_slots or {})
        scene = Scene(
            project=owner,
            title=title,
            order=places.next_order(siblings),
            prompt_slots=slots,
            compiled_prompt=compile_slots(slots) if prompt_slots else "",
            **{"origin": act.origin(), **values},
        )
        act.add(scene)
    return scene


def edit_scene(
    *,
    scene: Scene,
    by: Actor,
    expected: int | None = None,
    slots_patch: Mapping[str, Any] | None = None,
    **values: Any,  # noqa: ANN401 columns of Scene
) -> Scene:
    """Change a scene; a patch of its prompt slots compiles its prompt anew.

    Raises:
        Conflict: `scene-locked`.
        Stale: not at the expected version.
        Invalid: a value breaks its rule.
    """
    with recording(
        project_id=scene.project_id, by=by, summary=f"Edited scene “{scene.title}”"
    ) as act:
        row = lock_scene(scene.pk)
        if slots_patch is not None:
            slots = _patched(row.prompt_slots or blank_slots(), slots_patch)
            values |= {"prompt_slots": slots, "compiled_prompt": compile_slots(slots)}
        return act.edit(row, values, expected)


def set_status(*, scene: Scene, by: Actor, status: str, expected: int | None = None) -> Scene:
    """Say how settled a scene is: the only act that a locked scene allows."""
    if status not in SceneStatus.values:
        raise Invalid("status must be exploring, refining or locked.", code="unknown-status")
    with recording(
        project_id=scene.project_id, by=by, summary=f"Set “{scene.title}” to {status}"
    ) as act:
        return act.edit(lock_any_scene(scene.pk), {"status": status}, expected)


def move_scene(*, scene: Scene, by: Actor, after: UUID | None) -> Scene:
    """Put a scene behind another of its project (None: to the front) and renumber the rest.

    Raises:
        Invalid: `not-a-sibling`.
        Conflict: `scene-locked`.
    """
    with recording(
        project_id=scene.project_id, by=by, summary=f"Moved scene “{scene.title}”"
    ) as act:
        lock_project(scene.project_id)
        row = lock_scene(scene.pk)
        siblings = Scene.objects.alive().filter(project_id=row.project_id)
        ids = list(siblings.order_by("order", "id").values_list("id", flat=True))
        before = row.order
        moved = places.renumber(siblings, places.put_after(ids, row.pk, after))
        row.refresh_from_db(fields=["order", "version"])
        if moved:
            act.moved(row, before, row.order)
    return row


def remove_scene(*, scene: Scene, by: Actor, expected: int | None = None) -> None:
    """Delete a scene; it stays restorable. The scenes behind it close up.

    Raises:
        Conflict: `scene-locked`.
        Stale: not at the expected version.
    """
    with recording(
        project_id=scene.project_id, by=by, summary=f"Deleted scene “{scene.title}”"
    ) as act:
        lock_project(scene.project_id)
        act.remove(lock_scene(scene.pk), expected)
        siblings = Scene.objects.alive().filter(project_id=scene.project_id)
        places.renumber(
            siblings, list(siblings.order_by("order", "id").values_list("id", flat=True))
        )


def refuse_too_many_scenes(project: Project, count: int) -> None:
    """Refuse more scenes in one project than the plan holds.

    Raises:
        Unaffordable: `quota-exhausted`.
    """
    plan = project.workspace.plan
    most = plan.max_scenes_per_project
    if most is not None and count > most:
        raise Unaffordable(
            f"The {plan.name} plan holds {most} scenes in a project. "
            "Delete one, or move the workspace to a larger plan.",
            code="quota-exhausted",
            extra={"limit": most, "quota": "scenes"},
        )


def _patched(slots: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return check_slots(merge_patch(slots, patch))
    except SlotsError as exc:
        faults = [Fault(f"/promptSlots{f.pointer}", f.code, f.detail) for f in exc.faults]
        kind = Malformed if _WRONG_SHAPE & {fault.code for fault in faults} else Invalid
        raise kind(f"promptSlots: {faults[0].detail}", faults=faults) from exc
