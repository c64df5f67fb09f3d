"""The document's ETag: it moves with whatever changes the document, and guards a save."""

import pytest

from scenes.models import ChangeSet, Event, FeedCounter, Scene
from scenes.services import feed
from scenes.services.assets import edit_asset
from scenes.services.bible import edit_aesthetic
from scenes.services.projects import edit_project
from scenes.services.scenes import add_scene, edit_scene, move_scene, remove_scene, set_status
from scenes.services.snapshots import record_version, take_snapshot
from tests.scenes.documents import samples
from tests.scenes.factories import HUMAN, make_entry

EDITS = {
    "project": lambda film: edit_project(project=film.project, by=HUMAN, title="New"),
    "aesthetic": lambda film: edit_aesthetic(project=film.project, by=HUMAN, patch={"era": "80s"}),
    "new scene": lambda film: add_scene(project=film.project, by=HUMAN, title="New"),
    "scene": lambda film: edit_scene(scene=_scene(film), by=HUMAN, notes="New"),
    "status": lambda film: set_status(scene=_scene(film), by=HUMAN, status="locked"),
    "move": lambda film: move_scene(
        scene=_scene(film), by=HUMAN, after=film.project.scenes.last().pk
    ),
    "removal": lambda film: remove_scene(scene=_scene(film), by=HUMAN),
    "version": lambda film: record_version(scene=_scene(film), by=HUMAN),
    "snapshot": lambda film: take_snapshot(scene=_scene(film), by=HUMAN),
    "entry": lambda film: make_entry(film.project),
    "picture": lambda film: edit_asset(asset=film.project.assets.get(), by=HUMAN, label="New"),
}


def _scene(film):
    return film.project.scenes.first()


@pytest.mark.parametrize("name", EDITS)
def test_every_edit_moves_the_tag_and_makes_a_save_stale(film, name):
    read = film.read()
    EDITS[name](film)
    now = film.read()
    sets = ChangeSet.objects.count()

    refused = film.save(read.json() | {"title": "Mine"}, if_match=read.headers["ETag"])

    assert now.headers["ETag"] != read.headers["ETag"]
    assert now.json() != read.json()
    assert refused.status_code == 412
    assert refused.json()["code"] == "stale"
    assert refused.headers["ETag"] == now.headers["ETag"]
    assert ChangeSet.objects.count() == sets
    assert film.document() == now.json()


def test_what_is_only_talk_moves_no_tag(film):
    read = film.read()
    feed.publish(film.project.pk, [feed.NewEvent("text.delta", {"text": "Well"})])

    saved = film.save(read.json() | {"title": "Mine"}, if_match=read.headers["ETag"])

    assert film.read(if_none_match=saved.headers["ETag"]).status_code == 304
    assert saved.status_code == 200


def test_the_tag_of_a_save_is_the_tag_of_the_next_read(film):
    document = film.document()

    saved = film.save(document | {"title": "Mine"})

    assert film.read().headers["ETag"] == saved.headers["ETag"]
    again = film.save(document | {"title": "Mine again"}, if_match=saved.headers["ETag"])
    assert again.status_code == 200


def test_a_save_without_a_tag_wins(film):
    document = film.document()
    edit_project(project=film.project, by=HUMAN, title="Theirs")

    film.saved(document | {"title": "Mine"})

    assert film.document()["title"] == "Mine"


def test_a_malformed_tag_is_refused(film):
    assert film.save(film.document(), if_match="3").status_code == 400
    assert film.read(if_none_match="3").status_code == 400


def test_the_projects_own_tag_is_none_of_the_document(film):
    own = film.client.get(f"/api/v1/projects/{film.project.pk}/").headers["ETag"]

    assert film.save(film.document(), if_match=own).status_code == 412


def test_an_unchanged_document_is_not_built(film, django_assert_max_num_queries):
    read = film.read()

    with django_assert_max_num_queries(2):
        answer = film.read(if_none_match=read.headers["ETag"])

    assert answer.status_code == 304
    assert answer.content == b""
    assert answer.headers["ETag"] == read.headers["ETag"]


def test_pruning_the_feed_moves_no_tag(film):
    last = FeedCounter.objects.get().last_seq
    read = film.read()
    Event.objects.all().delete()
    FeedCounter.objects.update(kept_after=last)

    assert film.read(if_none_match=read.headers["ETag"]).status_code == 304


def test_reading_takes_the_same_queries_however_many_scenes(blank, django_assert_max_num_queries):
    scenes = [samples.scene(number) for number in range(20)]
    blank.saved(samples.project(scenes=scenes))

    with django_assert_max_num_queries(8):
        shown = blank.document()

    assert len(shown["scenes"]) == 20


def test_saving_nothing_new_takes_the_same_queries_however_many_scenes(
    blank, django_assert_max_num_queries
):
    scenes = [samples.scene(number) for number in range(20)]
    document = samples.project(scenes=scenes)
    blank.saved(document)

    with django_assert_max_num_queries(26) as queries:
        blank.save(document)

    assert not [q for q in queries if q["sql"].startswith(("INSERT", "DELETE"))]
    assert Scene.objects.count() == 20
