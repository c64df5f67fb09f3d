"""A locked scene refuses every edit at every door, and nothing changes."""

import pytest

from scenes.models import Beat, ChangeSet, Event, Scene, SceneMedia, SceneVersion, Snapshot
from scenes.services.snapshots import take_snapshot
from tests.scenes.factories import HUMAN, lock, make_beat, make_scene

DOORS = [
    ("patch", "scenes/{scene}/", {"title": "Other"}),
    ("patch", "scenes/{scene}/", {"promptSlots": {"subject": "x"}}),
    ("patch", "scenes/{scene}/", {"status": "refining"}),
    ("patch", "scenes/{scene}/", {}),
    ("delete", "scenes/{scene}/", {}),
    ("post", "scenes/{scene}/move/", {"after": None}),
    ("post", "scenes/{scene}/beats/", {"summary": "More."}),
    ("patch", "beats/{beat}/", {"summary": "Other."}),
    ("delete", "beats/{beat}/", {}),
    ("post", "beats/{beat}/move/", {"after": None}),
    ("post", "scenes/{scene}/snapshots/", {"notes": "Now"}),
    ("post", "scenes/{scene}/snapshots/{snapshot}/restore/", {}),
    ("post", "scenes/{scene}/versions/", {"notes": "Now"}),
    ("post", "scenes/{scene}/media/", {"url": "https://example.com/a.png"}),
]
TABLES = (Scene, Beat, Snapshot, SceneVersion, SceneMedia, ChangeSet, Event)


def everything():
    return [list(table.objects.order_by("pk").values()) for table in TABLES]


@pytest.mark.parametrize(("method", "path", "body"), DOORS)
def test_a_locked_scene_answers_409_and_stays_as_it_was(film, method, path, body):
    make_scene(film.project)
    scene = make_scene(film.project)
    make_beat(scene)
    beat = make_beat(scene)
    snapshot = take_snapshot(scene=scene, by=HUMAN)
    lock(scene)
    before = everything()

    address = path.format(scene=scene.pk, beat=beat.pk, snapshot=snapshot.pk)
    answer = getattr(film, method)(f"/api/v1/{address}", body, "application/json")

    assert answer.status_code == 409
    assert answer.json()["code"] == "scene-locked"
    assert answer.json()["sceneId"] == str(scene.pk)
    assert everything() == before


def test_a_locked_scene_can_be_read_and_unlocked(film):
    scene = lock(make_scene(film.project))

    assert film.get(f"/api/v1/scenes/{scene.pk}/").json()["status"] == "locked"
    film.post(f"/api/v1/scenes/{scene.pk}/status/", {"status": "refining"})
    answer = film.patch(f"/api/v1/scenes/{scene.pk}/", {"title": "B"}, "application/json")

    assert answer.json()["title"] == "B"


def test_other_scenes_move_around_a_locked_one(film):
    first = lock(make_scene(film.project, title="Locked"))
    second = make_scene(film.project, title="Free")

    answer = film.post(f"/api/v1/scenes/{second.pk}/move/", {"after": None})

    assert answer.status_code == 200
    assert Scene.objects.get(pk=first.pk).order == 1
