"""Saving: who is who, what is written, in which order, and what it tells."""

import pytest

from scenes.models import BibleEntry, ChangeSet, Event, Scene, SceneVersion, VisualAsset
from scenes.services.scenes import edit_scene
from tests.factories import client_for, make_plan, make_workspace
from tests.scenes.documents import samples
from tests.scenes.documents.conftest import Film
from tests.scenes.factories import HUMAN, make_entry, make_project


def _told_after(seq):
    return list(Event.objects.filter(seq__gt=seq).values_list("name", flat=True))


def _last_seq():
    return Event.objects.order_by("-seq").first().seq


def test_one_save_is_one_change_set_with_an_event_for_each_row(film):
    document = film.document()
    document["scenes"][0]["title"] = "Harbour at dawn"
    document["scenes"][1:] = [samples.scene(1, generatedMedia=[], versions=[], snapshots=[])]
    sets, seq = ChangeSet.objects.count(), _last_seq()

    film.saved(document)

    assert ChangeSet.objects.count() == sets + 1
    assert _told_after(seq) == [
        "scene.deleted",
        "scene.updated",
        "scene.created",
        "change.applied",
    ]
    change = ChangeSet.objects.first()
    assert [(op["model"], op["op"]) for op in change.ops] == [
        ("scene", "remove"),
        ("scene", "edit"),
        ("scene", "add"),
    ]
    assert change.actor == "human"
    assert change.user_id is not None


def test_only_the_row_that_differs_is_written(blank):
    document = samples.project()
    blank.saved(document)
    document["scenes"][1]["notes"] = "Changed."

    blank.saved(document)

    assert list(Scene.objects.values_list("version", flat=True)) == [1, 2, 1]
    assert set(SceneVersion.objects.values_list("version", flat=True)) == {1}
    assert set(BibleEntry.objects.values_list("version", flat=True)) == {1}


def test_a_change_keeps_the_time_that_the_document_gives(blank):
    document = samples.project()
    blank.saved(document)
    document["scenes"][0] |= {"title": "New"}
    document["scenes"][1] |= {"title": "New", "modifiedAt": "2026-01-01T00:00:00.001Z"}
    document["scenes"][2] |= {"modifiedAt": "2026-01-01T00:00:00.002Z"}
    document["tags"] = []

    assert blank.saved(document) == document


def test_a_scene_that_is_left_out_is_deleted_restorably(blank):
    document = samples.project()
    blank.saved(document)
    document["scenes"] = samples.numbered(document["scenes"][1:])

    assert blank.saved(document) == document

    gone = Scene.objects.get(deleted_at__isnull=False)
    assert gone.client_key == "scene-1763719000000"
    assert gone.versions.count() == 2


def test_a_scene_is_named_by_our_id_too(film):
    document = film.document()
    document["scenes"][1]["title"] = "Long pier"

    film.saved(document)

    assert [str(pk) for pk in Scene.objects.values_list("pk", flat=True)] == [
        scene["id"] for scene in document["scenes"]
    ]
    assert Scene.objects.get(order=1).title == "Long pier"


def test_an_id_that_belongs_to_another_project_makes_a_new_scene(film):
    other = Film(film.workspace, make_project(film.workspace))
    taken = film.document()["scenes"][0]["id"]

    shown = other.saved(samples.project(scenes=[samples.scene(0, id=taken)]))

    assert shown["scenes"][0]["id"] == taken
    assert film.document()["scenes"][0]["title"] == "Harbour"
    assert Scene.objects.filter(project=other.project).get().client_key == taken


@pytest.mark.parametrize("order", [(2, 0, 1), (1, 2, 0), (2, 1, 0), (0, 2, 1)], ids=str)
def test_scenes_take_the_order_of_the_list(blank, order):
    document = samples.project()
    blank.saved(document)
    document["scenes"] = samples.numbered([document["scenes"][index] for index in order])

    assert blank.saved(document) == document
    assert sorted(Scene.objects.values_list("order", flat=True)) == [0, 1, 2]


def test_one_scene_that_moves_is_one_event(blank):
    document = samples.project(scenes=[samples.scene(number) for number in range(6)])
    blank.saved(document)
    document["scenes"] = samples.numbered([*document["scenes"][1:], document["scenes"][0]])
    seq = _last_seq()

    blank.saved(document)

    assert _told_after(seq) == ["scene.moved", "change.applied"]


def test_a_list_in_another_order_moves_scenes_though_their_numbers_stayed(blank):
    document = samples.project()
    blank.saved(document)
    document["scenes"].reverse()

    shown = blank.saved(document)

    assert [scene["title"] for scene in shown["scenes"]] == ["Scene 2", "Scene 1", "Scene 0"]
    assert [scene["order"] for scene in shown["scenes"]] == [0, 1, 2]


def test_other_numbers_move_scenes_though_the_list_stayed(blank):
    document = samples.project()
    blank.saved(document)
    for scene, order in zip(document["scenes"], (2, 0, 1), strict=True):
        scene["order"] = order

    shown = blank.saved(document)

    assert [scene["title"] for scene in shown["scenes"]] == ["Scene 1", "Scene 2", "Scene 0"]


def test_numbers_with_gaps_come_back_and_closing_them_is_a_change(blank):
    document = samples.project()
    blank.saved(document)
    del document["scenes"][0]

    assert blank.saved(document) == document

    etag = blank.read().headers["ETag"]
    document["scenes"] = samples.numbered(document["scenes"])
    assert blank.saved(document) == document
    assert blank.read().headers["ETag"] != etag


def test_numbers_that_stand_twice_are_mended(blank):
    document = samples.project()
    for scene in document["scenes"]:
        scene["order"] = 0

    shown = blank.saved(document)

    assert [scene["order"] for scene in shown["scenes"]] == [0, 1, 2]


@pytest.mark.parametrize("name", ["generatedMedia", "versions", "snapshots"])
@pytest.mark.parametrize("order", [(1, 0), (1,), (0,), ()], ids=str)
def test_lists_inside_a_scene_are_moved_and_cut(blank, name, order):
    document = samples.project()
    blank.saved(document)
    document["scenes"][0][name] = [document["scenes"][0][name][index] for index in order]

    assert blank.saved(document) == document


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("name", ["generatedMedia", "versions", "snapshots"])
def test_a_new_item_stands_where_the_list_has_it(blank, name, place):
    document = samples.project()
    blank.saved(document)
    items = document["scenes"][0][name]
    items.insert(place, {**items[0], "id": "new"})

    assert blank.saved(document) == document


def test_a_character_is_found_by_name_and_takes_the_id_over(film):
    ours = make_entry(film.project, name="Mara", aliases=["the girl"])
    document = film.document()
    document["bible"]["characters"] = [samples.entry("char", 1, "MARA")]

    assert film.saved(document) == document

    ours.refresh_from_db()
    assert (ours.client_key, ours.name, ours.aliases) == ("char_1", "MARA", ["the girl"])


def test_characters_exchange_their_names(blank):
    document = samples.project()
    blank.saved(document)
    first, second = document["bible"]["characters"]
    first["name"], second["name"] = second["name"], first["name"]

    assert blank.saved(document) == document
    assert BibleEntry.objects.get(client_key="char_1").name_key == "old tam"


def test_entries_of_one_name_exchange_their_lists(blank):
    document = samples.project()
    document["bible"]["characters"] = [samples.entry("char", 1, "Mara")]
    document["bible"]["locations"] = [samples.entry("loc", 1, "Mara")]
    blank.saved(document)
    bible = document["bible"]
    bible["characters"], bible["locations"] = bible["locations"], bible["characters"]

    assert blank.saved(document) == document
    assert set(BibleEntry.objects.values_list("name_key", flat=True)) == {"mara"}


def test_a_name_passes_from_one_that_goes_to_one_that_stays(blank):
    document = samples.project()
    blank.saved(document)
    first, second = document["bible"]["characters"]
    document["bible"]["characters"] = [{**second, "name": first["name"]}]

    assert blank.saved(document) == document


def test_an_entry_moves_to_the_other_list(blank):
    document = samples.project()
    blank.saved(document)
    document["bible"]["locations"] += [document["bible"]["characters"].pop()]

    assert blank.saved(document) == document

    assert BibleEntry.objects.get(client_key="char_2").category == "location"


def test_bible_items_that_are_left_out_are_deleted_restorably(blank):
    document = samples.project()
    blank.saved(document)
    document["bible"] = samples.bible(characters=[], visualAssets=[samples.asset(2)])

    shown = blank.saved(document)

    assert shown["bible"]["characters"] == []
    assert BibleEntry.objects.filter(deleted_at__isnull=False).count() == 2
    assert VisualAsset.objects.get(deleted_at__isnull=False).client_key == "1763719000001"


@pytest.mark.parametrize("name", ["characters", "visualAssets"])
def test_the_bibles_lists_keep_whatever_order_they_are_given(blank, name):
    document = samples.project()
    blank.saved(document)
    rows = document["bible"][name]
    rows.reverse()
    assert blank.saved(document) == document

    rows.insert(
        1, {**rows[0], "id": "new", "name": "New"} if name == "characters" else samples.asset(9)
    )
    assert blank.saved(document) == document


def test_an_id_of_a_deleted_row_makes_a_new_one(blank):
    document = samples.project()
    blank.saved(document)
    blank.saved(document | {"scenes": [], "bible": samples.bible(locations=[], visualAssets=[])})

    assert blank.saved(document) == document
    assert Scene.objects.count() == 6
    assert VisualAsset.objects.count() == 4


def test_an_archived_project_comes_back_within_the_plan(db):
    workspace = make_workspace(plan=make_plan(max_projects=1))
    archived = make_project(workspace)
    film = Film(workspace, archived)
    film.saved(film.document() | {"isArchived": True})
    make_project(workspace)

    refused = film.save(film.document() | {"isArchived": False, "title": "Again"})

    assert refused.status_code == 402
    assert refused.json()["code"] == "quota-exhausted"
    assert film.document()["isArchived"] is True
    assert film.document()["title"] != "Again"


def test_a_save_keeps_within_the_plans_scenes(db):
    workspace = make_workspace(plan=make_plan(max_scenes_per_project=2))
    film = Film(workspace, make_project(workspace))
    two = samples.project(scenes=[samples.scene(0), samples.scene(1)])
    film.saved(two)

    refused = film.save(samples.project(title="Larger"))
    exchanged = film.save(samples.project(scenes=[samples.scene(0), samples.scene(1, id="new")]))

    assert refused.status_code == 402
    assert refused.json()["code"] == "quota-exhausted"
    assert refused.json()["limit"] == 2
    assert exchanged.status_code == 200


def test_a_project_above_its_plan_can_still_be_saved(blank):
    document = samples.project()
    blank.saved(document)
    blank.workspace.plan.max_scenes_per_project = 1
    blank.workspace.plan.save()
    document["scenes"][0]["title"] = "Edited"

    assert blank.saved(document) == document


def test_viewers_read_and_editors_save(blank):
    viewer = client_for(blank.workspace, "viewer")
    editor = client_for(blank.workspace, "editor")
    document = samples.project()

    assert viewer.get(blank.path).status_code == 200
    assert viewer.put(blank.path, document, content_type="application/json").status_code == 403
    assert editor.put(blank.path, document, content_type="application/json").status_code == 200


def test_another_workspaces_document_is_not_there(blank):
    stranger = client_for(make_workspace())
    missing = f"/api/v1/projects/{blank.workspace.pk}/document/"
    document = samples.project()

    for path in (blank.path, missing):
        assert stranger.get(path).status_code == 404
        refused = stranger.put(path, document, content_type="application/json")
        assert refused.status_code == 404
        assert refused.json()["code"] == "not-found"
    assert blank.document()["scenes"] == []


def test_a_scene_edited_through_another_door_shows_in_the_document(blank):
    blank.saved(samples.project())
    scene = Scene.objects.get(order=0)

    edit_scene(scene=scene, by=HUMAN, slots_patch={"subject": "a boat"})

    shown = blank.document()["scenes"][0]
    assert shown["promptSlots"]["subject"] == "a boat"
    assert shown["compiledPrompt"].startswith("Movie poster")
