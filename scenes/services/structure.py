"""Applying a proposed structure: scenes with their beats, bible entries, title; one change-set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from scenes.models import Project, Scene
from scenes.services.beats import add_beat
from scenes.services.bible import remember
from scenes.services.changes import Actor, recording
from scenes.services.projects import edit_project
from scenes.services.scenes import add_scene


@dataclass(frozen=True, slots=True)
class NewBeat:
    """A beat to add. `duration_s` is screen time."""

    summary: str
    duration_s: float | None = None


@dataclass(frozen=True, slots=True)
class NewScene:
    """A scene to add, with its beats."""

    title: str
    notes: str = ""
    location: str = ""
    cast: Sequence[str] = ()
    duration_s: float | None = None
    beats: Sequence[NewBeat] = ()


@dataclass(frozen=True, slots=True)
class Structure:
    """What to apply: any part may be empty. Entries are `{"name", "description"}` by category."""

    scenes: Sequence[NewScene] = ()
    entries: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    title: str | None = None
    logline: str | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """What an accept made: one change-set, and the new scenes in order."""

    change_id: UUID
    scenes: tuple[Scene, ...]


def apply_structure(*, project: Project, by: Actor, structure: Structure, summary: str) -> Applied:
    """Add everything behind what is there, as one change-set.

    Of what exists, only title and logline are replaced, when they are part of it.

    Raises:
        Unaffordable: `quota-exhausted`; then nothing was added.
    """
    with recording(project_id=project.pk, by=by, summary=summary) as act:
        texts = {"title": structure.title, "logline": structure.logline}
        named: dict[str, Any] = {name: text for name, text in texts.items() if text is not None}
        if named:
            edit_project(project=project, by=by, **named)
        scenes = tuple(_add(project, by, scene) for scene in structure.scenes)
        for category, facts in structure.entries.items():
            remember(project=project, by=by, category=category, facts=facts)
    return Applied(act.id, scenes)


def _add(project: Project, by: Actor, new: NewScene) -> Scene:
    scene = add_scene(
        project=project,
        by=by,
        title=new.title,
        notes=new.notes,
        location=new.location,
        cast=list(new.cast),
        duration_s=new.duration_s,
    )
    for beat in new.beats:
        add_beat(scene=scene, by=by, summary=beat.summary, duration_s=beat.duration_s)
    return scene
