"""How long the export of a long shot list takes; and the csv module, given its cells."""

import csv
import io
import json
import sys
import time
from typing import Final

import django

django.setup()

from benchmarks.figures import REPEATS  # noqa: E402 after the set-up
from canvas.core.rows import uuid7  # noqa: E402 as above
from canvas.workspaces.models import Workspace  # noqa: E402 as above
from scenes.exported import read_file  # noqa: E402 as above
from scenes.exports.shots import ENCODING  # noqa: E402 as above
from scenes.models import Beat, Export, Project, Scene  # noqa: E402 as above
from scenes.services import exports  # noqa: E402 as above

BEATS_A_SCENE: Final = 50


def main() -> None:
    """Print the seconds of each repeat."""
    project = _film(int(sys.argv[1]))
    runs = [_export(project) for _ in range(REPEATS)]
    cells = _cells(runs[0][1])
    plain = [_plain(cells) for _ in range(REPEATS)]
    print(json.dumps({"seconds": [spent for spent, _ in runs], "plain_seconds": plain}))


def _film(shots: int) -> Project:
    project = Project.objects.create(workspace=Workspace.objects.get(), title="A long film")
    scenes = [
        Scene(
            project=project, order=order, title=f"Scene {order}", location="Quay",
            compiled_prompt="a quay in fog, low angle, 35mm, cold light, " * 8,
            prompt_slots={"camera": {"angle": "low", "lens": "35mm", "movement": "static"}},
        )
        for order in range(shots // BEATS_A_SCENE)
    ]  # fmt: skip
    Scene.objects.bulk_create(scenes)
    Beat.objects.bulk_create(
        Beat(
            scene=scene, order=order, duration_s=4.5, shot={"size": "wide"},
            summary="She waits at the quay and counts her coins; the ferry does not come.",
        )
        for scene in scenes
        for order in range(BEATS_A_SCENE)
    )  # fmt: skip
    return project


def _export(project: Project) -> tuple[float, Export]:
    """Read, write and store, as the job does."""
    started = time.monotonic()
    made = exports.make_file(project_id=project.pk, format="csv-shots", base_url="")
    export = exports.begin_export(made=made, job_id=uuid7())
    exports.write_file(export=export, data=made.data)
    exports.finish_export(export=export)
    return time.monotonic() - started, export


def _cells(export: Export) -> list[list[str]]:
    text = read_file(export).decode(ENCODING)
    return list(csv.reader(io.StringIO(text, newline="")))


def _plain(cells: list[list[str]]) -> float:
    started = time.monotonic()
    file = io.StringIO()
    csv.writer(file, quoting=csv.QUOTE_ALL).writerows(cells)
    file.getvalue().encode(ENCODING)
    return time.monotonic() - started


if __name__ == "__main__":
    main()
