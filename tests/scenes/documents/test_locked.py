"""A locked scene comes back as it was, or the whole save is refused."""

import copy

import pytest

from scenes.models import ChangeSet, Scene
from tests.scenes.documents import samples


@pytest.fixture
def locked(blank):
    """Three scenes; the first two are locked."""
    document = samples.project()
    for scene in document["scenes"][:2]:
        scene["status"] = "locked"
    blank.saved(document)
    return blank


def _drop_first(scene, name):
    scene[name] = scene[name][1:]


TOUCHES = {
    "title": lambda scene: scene.update(title="New"),
    "notes": lambda scene: scene.update(notes=""),
    "model": lambda scene: scene.update(selectedModel=""),
    "slots": lambda scene: scene["promptSlots"]["camera"].update(lens="85mm"),
    "prompt": lambda scene: scene.update(compiledPrompt=""),
    "time": lambda scene: scene.update(modifiedAt="2026-01-01T00:00:00.000Z"),
    "status": lambda scene: scene.update(status="refining"),
    "status and title": lambda scene: scene.update(status="exploring", title="New"),
    "new medium": lambda scene: scene["generatedMedia"].append(
        {"id": "new", "url": "", "timestamp": samples.BORN, "status": "failed"}
    ),
    "medium": lambda scene: scene["generatedMedia"][0].update(url="https://example.com/x"),
    "no medium": lambda scene: _drop_first(scene, "generatedMedia"),
    "version": lambda scene: scene["versions"][1].update(prompt="third"),
    "order of versions": lambda scene: scene["versions"].reverse(),
    "no version": lambda scene: _drop_first(scene, "versions"),
    "snapshot": lambda scene: scene["snapshots"][0].update(notes="disliked"),
    "no snapshot": lambda scene: _drop_first(scene, "snapshots"),
}


def _refused(film, document):
    before = film.document()
    sets = ChangeSet.objects.count()
    versions = list(Scene.objects.values_list("pk", "version"))

    answer = film.save(document)

    assert answer.status_code == 409
    assert answer.json()["code"] == "scene-locked"
    assert film.document() == before
    assert ChangeSet.objects.count() == sets
    assert list(Scene.objects.values_list("pk", "version")) == versions
    return answer.json()


@pytest.mark.parametrize("name", TOUCHES)
def test_a_locked_scene_refuses_every_difference_and_the_rest_of_the_save(locked, name):
    document = locked.document()
    document["title"] = "New title"
    document["scenes"][2]["title"] = "New title"
    TOUCHES[name](document["scenes"][1])

    problem = _refused(locked, document)

    assert problem["sceneId"] == str(Scene.objects.get(order=1).pk)


def test_a_locked_scene_cannot_be_left_out(locked):
    document = locked.document()
    del document["scenes"][0]

    assert _refused(locked, document)["code"] == "scene-locked"


def test_locked_scenes_cannot_pass_each_other(locked):
    document = locked.document()
    first, second, third = document["scenes"]

    swapped = document | {"scenes": samples.numbered([second, first, third])}

    assert _refused(locked, swapped)["code"] == "scene-locked"


def test_others_move_and_go_around_locked_scenes(locked):
    document = locked.document()
    first, second, third = document["scenes"]
    moved = document | {"scenes": samples.numbered([third, first, second])}
    shrunk = document | {"scenes": samples.numbered([first, second])}

    assert locked.saved(copy.deepcopy(moved)) == moved
    assert locked.saved(copy.deepcopy(shrunk)) == shrunk


def test_a_save_may_lock_what_it_edits(blank):
    document = samples.project()
    blank.saved(document)
    document["scenes"][0] |= {"title": "Final", "status": "locked"}

    assert blank.saved(document) == document


def test_what_is_not_locked_is_saved_beside_locked_scenes(locked):
    document = locked.document()
    document["scenes"][2]["title"] = "New title"
    document["bible"]["aesthetic"]["era"] = "80s"

    assert locked.saved(document) == document
