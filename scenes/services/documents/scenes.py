"""The scenes of a document against the rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from canvas.core.errors import Unaffordable
from scenes.models import Project, Scene
from scenes.services.changes import Recording
from scenes.services.documents import members
from scenes.services.documents.canvas import Canvas
from scenes.services.documents.children import KINDS, child_differences
from scenes.services.documents.lists import Differences, Item, matched, missing, pointers
from scenes.services.documents.members import changed, columns
from scenes.services.documents.order import in_order, place_scenes, refuse_moving_locked
from scenes.services.locks import refuse_locked


@dataclass(frozen=True, slots=True)
class _Edit:
    """What differs in one scene that stays."""

    scene: Scene
    values: dict[str, Any]
    children: list[Differences[Any]]

    def __bool__(self) -> bool:
        return bool(self.values or any(self.children))


def save_scenes(act: Recording, canvas: Canvas, items: Sequence[Item], base_url: str) -> None:
    """Bring the scenes to what the document says: deleted, edited, moved, added.

    Raises:
        Conflict: `scene-locked`, a locked scene differs, is missing, or passes another locked one.
        Unaffordable: `quota-exhausted`.
        Invalid: `duplicate-id`.
    """
    found = matched(canvas.scenes, items, pointers("/scenes", items))
    gone = missing(canvas.scenes, found)
    edits = [
        _edit(canvas, scene, item, f"/scenes/{index}", base_url)
        for index, (item, scene) in enumerate(zip(items, found, strict=True))
        if scene is not None
    ]
    ordered = in_order(list(zip(items, found, strict=True)))
    staying = [(scene, place) for place, (_, scene) in ordered if scene is not None]
    added = [(item, place) for place, (item, scene) in ordered if scene is None]

    _refuse_over_quota(canvas.project, present=len(staying), added=len(added))
    for scene in [*gone, *(edit.scene for edit in edits if edit)]:
        refuse_locked(scene)
    refuse_moving_locked(canvas.scenes, [scene for scene, _ in staying])

    Differences(gone=gone).apply(act)
    for edit in edits:
        _apply(act, edit)
    place_scenes(act, [scene for scene, _ in staying], [place for _, place in staying])
    _add(act, canvas.project, added, base_url)


def keeping_time(row: Any, values: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 any row
    """Keep the time of the last change as the document says it, not the time of the save."""
    return {"modified_at": row.modified_at, **values} if values else values


def _edit(canvas: Canvas, scene: Scene, item: Item, pointer: str, base_url: str) -> _Edit:
    return _Edit(
        scene,
        keeping_time(scene, changed(members.SCENE, scene, item)),
        [
            child_differences(
                name,
                scene,
                canvas.children[name].get(scene.pk, []),
                item[name],
                pointer=f"{pointer}/{name}",
                base_url=base_url,
            )
            for name in KINDS
        ],
    )


def _apply(act: Recording, edit: _Edit) -> None:
    for difference in edit.children:
        difference.apply(act)
    if edit.values:
        act.edit(edit.scene, edit.values)


def _add(
    act: Recording, project: Project, added: Sequence[tuple[Item, int]], base_url: str
) -> None:
    new: Differences[Scene] = Differences(new=[_new(act, project, *one) for one in added])
    new.apply(act)
    for scene, (item, _) in zip(new.new, added, strict=True):
        for difference in _first_children(scene, item, base_url):
            difference.apply(act)


def _new(act: Recording, project: Project, item: Item, place: int) -> Scene:
    values = columns(members.SCENE, item)
    return Scene(project=project, client_key=item["id"], order=place, origin=act.origin(), **values)


def _first_children(scene: Scene, item: Mapping[str, Any], base_url: str) -> Iterator[Any]:
    for name in KINDS:
        yield child_differences(name, scene, [], item[name], pointer="", base_url=base_url)


def _refuse_over_quota(project: Project, *, present: int, added: int) -> None:
    """Count what the document would leave; a project that is over its plan may still be edited."""
    plan = project.workspace.plan
    most = plan.max_scenes_per_project
    if added and most is not None and present + added > most:
        raise Unaffordable(
            f"The {plan.name} plan holds {most} scenes in a project, and this document has "
            f"{present + added}. Leave some out, or move the workspace to a larger plan.",
            code="quota-exhausted",
            extra={"limit": most, "quota": "scenes"},
        )
