"""Rows of the film for tests: plain functions; whatever is not said is filled in."""

import itertools
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from canvas.core.rows import uuid7
from canvas.workspaces.models import Workspace
from scenes.models import Beat, BibleEntry, Export, Project, Scene, SceneStatus, VisualAsset
from scenes.services.beats import add_beat
from scenes.services.bible import add_entry
from scenes.services.changes import Actor, recording
from scenes.services.exports import begin_export, finish_export, make_file, write_file
from scenes.services.projects import add_project
from scenes.services.scenes import add_scene, set_status
from tests.factories import default_plan, make_plan, make_workspace

HUMAN = Actor.human(None)
PIXELS = b"the bytes of a small picture"
_number = itertools.count(1)


def roomy_workspace(**over: Any) -> Workspace:
    """Make a workspace whose plan has no limits."""
    default_plan()  # a test that truncated the tables took it away
    return make_workspace(plan=make_plan(), **over)


def make_project(workspace: Workspace, **over: Any) -> Project:
    values = {"title": f"Film {next(_number)}", **over}
    return add_project(workspace=workspace, by=HUMAN, **values)


def make_scene(project: Project, **over: Any) -> Scene:
    values = {"title": f"Scene {next(_number)}", **over}
    return add_scene(project=project, by=HUMAN, **values)


def make_beat(scene: Scene, **over: Any) -> Beat:
    values = {"summary": f"Beat {next(_number)}", **over}
    return add_beat(scene=scene, by=HUMAN, **values)


def make_entry(project: Project, **over: Any) -> BibleEntry:
    values = {"category": "character", "name": f"Person {next(_number)}", **over}
    return add_entry(project=project, by=HUMAN, **values)


def make_asset(project: Project, **over: Any) -> VisualAsset:
    """Store a picture's row and files without going through the picture door."""
    key = uuid7()
    folder = f"assets/{project.workspace_id}/{project.pk}/{key}"
    values = {
        "id": key,
        "file_name": "still.png",
        "picture": default_storage.save(f"{folder}/picture.png", ContentFile(PIXELS)),
        "thumbnail": default_storage.save(f"{folder}/thumbnail.webp", ContentFile(b"small")),
        "content_type": "image/png",
        "size_bytes": len(PIXELS),
        "width": 64,
        "height": 36,
        "sha256": f"{next(_number):064x}",
        "palette": [{"hex": "#102030", "share": 0.75}, {"hex": "#f0e0d0", "share": 0.25}],
        **over,
    }
    asset = VisualAsset(project=project, **values)
    with recording(project_id=project.pk, by=HUMAN, summary="Added a picture") as act:
        asset.origin = act.origin()
        act.add(asset)
    return asset


def make_export(project: Project, form: str = "json") -> Export:
    """Export a project as its job would."""
    made = make_file(project_id=project.pk, format=form, base_url="http://testserver")
    export = begin_export(made=made, job_id=uuid7())
    write_file(export=export, data=made.data)
    return finish_export(export=export)


def lock(scene: Scene) -> Scene:
    return set_status(scene=scene, by=HUMAN, status=SceneStatus.LOCKED)
