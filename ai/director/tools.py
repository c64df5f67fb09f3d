"""What the director can do to the canvas. A function's name and docstring are what models read."""

import json
from typing import TYPE_CHECKING, Any, Final

from ai.contracts.director import (
    ApplyDirectorWorkflow,
    BibleFact,
    CreateScene,
    ProposeStructure,
    UpdateBible,
)
from ai.director import proposals
from ai.director.toolbox import Done, Scope, Tool
from canvas.core.errors import Invalid
from scenes import selectors
from scenes.services import bible, scenes
from scenes.services.changes import recording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scenes.models import Scene

CATEGORIES: Final = {
    "characters": "character", "locations": "location", "props": "prop", "styles": "style",
}  # fmt: skip
# What a layout asks of a scene's frame; the older names leave it as it is.
ASPECT_RATIOS: Final = {
    "standard": "16:9", "stacked_frames": "9:16", "storyboard": "16:9", "poster": "2:3",
    "character_sheet": "1:1", "moodboard": "1:1", "temporal_progression": "16:9",
}  # fmt: skip


def update_bible(arguments: UpdateBible, scope: Scope) -> Done:
    """Save concrete facts to the visual bible as soon as they appear.

    Characters, locations, props, styles, and the look of the film. A name that is known is brought
    up to date.
    """
    with recording(project_id=scope.project.pk, by=scope.by, summary="Updated the bible") as act:
        names: list[str] = []
        for member, category in CATEGORIES.items():
            facts: Sequence[BibleFact] | None = getattr(arguments, member)
            kept = bible.remember(
                project=scope.project,
                by=scope.by,
                category=category,
                facts=[_fact(fact) for fact in facts or ()],
            )
            names += [entry.name for entry in kept]
        if arguments.aesthetic is not None:
            said = arguments.aesthetic.model_dump(by_alias=True, exclude_none=True)
            bible.enrich_aesthetic(project=scope.project, by=scope.by, said=said)
            names += [f"aesthetic {member}" for member in said]
        if not names:
            raise Invalid("There was nothing to save: every part was empty.")
    return Done(_said("saved", entries=names), change_id=act.id if act.ops else None)


def create_scene(arguments: CreateScene, scope: Scope) -> Done:
    """Add one scene after the last one, with its place and the people in it.

    For the structure of the whole film use propose_structure.
    """
    title = arguments.title
    with recording(project_id=scope.project.pk, by=scope.by, summary=f"Added “{title}”") as act:
        scene = scenes.add_scene(
            project=scope.project,
            by=scope.by,
            title=title,
            notes=arguments.description,
            location=arguments.location or "",
            cast=list(arguments.characters or ()),
        )
    return Done(_said("created", sceneId=str(scene.pk), order=scene.order), change_id=act.id)


def propose_structure(arguments: ProposeStructure, scope: Scope) -> Done:
    """Propose scenes for the whole film once the vision is clear.

    The person reads the proposal and accepts or rejects it; nothing is added to the canvas before
    that.
    """
    content = {
        "title": arguments.title,
        "logline": arguments.logline or "",
        "characters": [],
        "locations": [],
        "scenes": [_proposed(scene) for scene in arguments.scenes],
    }
    outline = proposals.propose(
        project=scope.project,
        content=content,
        source="chat",
        job_id=scope.by.job_id,
        message_id=scope.by.message_id,
    )
    said = _said("proposed", outline=outline.number, scenes=len(arguments.scenes),
                 note="It waits for the person to accept it.")  # fmt: skip
    return Done(said, outline_id=outline.pk)


def apply_director_workflow(arguments: ApplyDirectorWorkflow, scope: Scope) -> Done:
    """Set the layout that a scene's prompt asks for.

    Stacked frames, storyboard, poster, character sheet, moodboard, temporal progression, or a shot
    list, dialogue or action plan.
    """
    scene = _scene(arguments.scene_id, scope)
    patch: dict[str, Any] = {"workflow": arguments.workflow}
    if arguments.workflow in ASPECT_RATIOS:
        patch["aspectRatio"] = ASPECT_RATIOS[arguments.workflow]
    summary = f"Set “{scene.title}” to {arguments.workflow}"
    with recording(project_id=scope.project.pk, by=scope.by, summary=summary) as act:
        row = scenes.edit_scene(scene=scene, by=scope.by, slots_patch=patch)
    said = _said("applied", workflow=arguments.workflow, scene=row.title, sceneId=str(row.pk))
    return Done(said, change_id=act.id if act.ops else None)


ALL: Final = {
    tool.name: tool
    for tool in (
        Tool(update_bible, UpdateBible, "write"),
        Tool(create_scene, CreateScene, "write"),
        Tool(propose_structure, ProposeStructure, "propose"),
        Tool(apply_director_workflow, ApplyDirectorWorkflow, "write"),
    )
}


def _fact(fact: BibleFact) -> dict[str, Any]:
    return {
        "name": fact.name,
        "description": fact.description,
        "aliases": list(fact.aliases or ()),
    }


def _proposed(scene: CreateScene) -> dict[str, Any]:
    """Write a proposed scene in the shape of the outline contract; what nobody said stays open."""
    return {
        "title": scene.title,
        "summary": scene.description,
        "location": scene.location or "",
        "time_of_day": "unspecified",
        "characters": list(scene.characters or ()),
        "beats": [],
        "duration_s": None,
        "purpose": "",
    }


def _scene(named: str | None, scope: Scope) -> "Scene":
    """Find the scene that a call means: by id, by title, else the one being talked about."""
    rows = selectors.scenes_of(project=scope.project)
    if named is not None:
        found = [row for row in rows if named.casefold() in {str(row.pk), row.title.casefold()}]
    else:
        linked = [row for row in rows if row.pk == scope.linked_scene_id]
        found = linked or rows[-1:]
    if not found:
        raise Invalid("There is no such scene. Give the id of one, or create it first.")
    return found[0]


def _said(what: str, **facts: Any) -> str:  # noqa: ANN401 JSON
    return json.dumps({"status": what, **facts}, ensure_ascii=False)
