"""Many moves at once: no scene is lost or doubled, and nobody waits in a circle."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from django.db import connections

from scenes.models import Scene
from tests.factories import client_for
from tests.scenes.factories import make_project, make_scene, roomy_workspace

pytestmark = pytest.mark.django_db(transaction=True)


def in_threads(work, jobs):
    def run(job):
        try:
            return work(job)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(run, jobs))


def test_eight_at_once_move_add_edit_and_delete():
    workspace = roomy_workspace()
    project = make_project(workspace)
    scenes = [make_scene(project) for _ in range(12)]
    client = client_for(workspace)
    numbers = count(1)

    def act(turn):
        scene, other = scenes[turn % 10], scenes[(turn * 7 + 3) % 10]
        path = f"/api/v1/scenes/{scene.pk}/"
        match turn % 8:
            case 6:
                return client.patch(path, {"title": f"T{next(numbers)}"}, "application/json")
            case 7:
                return client.post(f"/api/v1/projects/{project.pk}/scenes/", {"title": "New"})
            case _:
                after = None if scene == other else str(other.pk)
                return client.post(f"{path}move/", {"after": after})

    answers = in_threads(act, range(96))
    in_threads(lambda scene: client.delete(f"/api/v1/scenes/{scene.pk}/"), scenes[10:])

    assert {answer.status_code for answer in answers} == {200, 201}
    rows = list(Scene.objects.alive().filter(project=project).order_by("order"))
    assert [row.order for row in rows] == list(range(22))
    assert {row.pk for row in rows} >= {scene.pk for scene in scenes[:10]}
    events = list(project.events.order_by("seq").values_list("seq", flat=True))
    assert events == list(range(1, len(events) + 1))
