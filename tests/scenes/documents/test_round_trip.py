"""What is saved comes back, and saving what was read changes nothing."""

import copy

import pytest

from scenes.models import (
    Beat,
    BibleEntry,
    ChangeSet,
    Event,
    Project,
    Scene,
    SceneMedia,
    VisualAsset,
)
from tests.scenes.documents import samples
from tests.scenes.factories import make_beat, make_entry

VERSIONED = (Project, Scene, BibleEntry, VisualAsset, Beat)


def _state():
    versions = {
        model.__name__: sorted(model.objects.values_list("pk", "version", "modified_at"))
        for model in VERSIONED
    }
    return versions, ChangeSet.objects.count(), Event.objects.count()


def test_a_full_document_comes_back_as_it_was_given(blank):
    given = samples.project()

    answer = blank.save(given)

    assert answer.status_code == 200
    assert answer.json() == given
    assert blank.document() == given


def test_a_bare_document_comes_back_with_its_defaults(blank):
    bare = {
        "id": "project-1",
        "title": "Untitled Project",
        "created": samples.BORN,
        "modified": samples.BORN,
        "scenes": [],
    }

    shown = blank.saved(bare)

    nothing = {"palette": [], "mood": [], "era": ""}
    assert shown == bare | {
        "description": "",
        "tags": [],
        "isArchived": False,
        "bible": {
            "characters": [],
            "locations": [],
            "aesthetic": nothing,
            "visualAssets": [],
        },
    }


def test_what_other_doors_made_is_read_with_its_own_ids(film):
    shown = film.document()

    assert shown["id"] == str(film.project.pk)
    assert [scene["title"] for scene in shown["scenes"]] == ["Harbour", "Pier"]
    assert [scene["order"] for scene in shown["scenes"]] == [0, 1]
    assert shown["scenes"][0]["promptSlots"]["workflow"] == "standard"
    assert shown["bible"]["visualAssets"][0]["url"].startswith("http://testserver/media/")


def test_saving_what_was_read_changes_nothing(film):
    make_entry(film.project, name="Mara")
    film.saved(film.document() | {"tags": ["sea"]})
    read = film.read()
    before = _state()

    answer = film.save(read.json(), if_match=read.headers["ETag"])

    assert answer.status_code == 200
    assert answer.json() == read.json()
    assert answer.headers["ETag"] == read.headers["ETag"]
    assert _state() == before


def test_saving_a_full_document_again_changes_nothing(blank):
    given = samples.project()
    blank.saved(given)
    before = _state()

    blank.saved(given)

    assert _state() == before


def test_times_with_an_offset_come_back_in_utc_and_milliseconds(blank):
    given = samples.project(
        created="2025-11-21T12:00:00+02:00", modified="2025-11-21T10:00:00.1239Z"
    )

    shown = blank.saved(given)

    assert shown["created"] == "2025-11-21T10:00:00.000Z"
    assert shown["modified"] == "2025-11-21T10:00:00.123Z"


def test_what_the_document_has_no_place_for_survives(film):
    scene = film.project.scenes.get(title="Harbour")
    make_beat(scene, summary="She waits.")
    make_entry(film.project, category="prop", name="Lantern")
    make_entry(film.project, category="style", name="Noir")
    make_entry(film.project, name="Mara", aliases=["the girl"], tags=["lead"])
    Project.objects.filter(pk=film.project.pk).update(
        aesthetic={"palette": ["#fff"], "mood": [], "era": "", "tone": "dry"},
        logline="A girl leaves.",
    )
    document = film.document()
    document["scenes"][0]["title"] = "Harbour at dawn"
    document["bible"]["characters"][0]["description"] = "Tall."
    document["bible"]["aesthetic"]["era"] = "1950s"

    film.saved(document)

    scene.refresh_from_db()
    project = Project.objects.get()
    assert (scene.title, scene.location, scene.cast) == ("Harbour at dawn", "Sea", ["Mara"])
    assert [beat.summary for beat in scene.beats.alive()] == ["She waits."]
    assert project.aesthetic == {"palette": ["#fff"], "mood": [], "era": "1950s", "tone": "dry"}
    assert project.logline == "A girl leaves."
    kept = BibleEntry.objects.alive().values_list("category", "name", "aliases", "tags")
    assert sorted(kept) == [
        ("character", "Mara", ["the girl"], ["lead"]),
        ("prop", "Lantern", [], []),
        ("style", "Noir", [], []),
    ]


def test_our_own_pictures_stay_ours_on_whatever_host_they_are_named(film):
    document = film.document()
    picture = document["bible"]["visualAssets"][0]
    ours = picture["url"]
    other_host = copy.deepcopy(document)
    other_host["bible"]["visualAssets"][0]["url"] = ours.replace("testserver", "api.example.com")
    before = _state()

    shown = film.saved(other_host)

    assert shown["bible"]["visualAssets"][0]["url"] == ours
    assert _state() == before


@pytest.mark.parametrize(
    "url",
    ["https://cdn.example.com/a.jpg", "blob:http://localhost/1", "http://[broken", "/media/x"],
)
def test_a_foreign_address_of_our_picture_is_kept_and_can_be_taken_back(film, url):
    document = film.document()
    ours = document["bible"]["visualAssets"][0]["url"]
    document["bible"]["visualAssets"][0]["url"] = url

    assert film.saved(document) == document

    document["bible"]["visualAssets"][0]["url"] = ours
    assert film.saved(document) == document
    assert VisualAsset.objects.get().external_url == ""


def test_a_medium_that_is_one_of_our_pictures_stays_linked_until_its_address_changes(film):
    scene = film.project.scenes.get(title="Harbour")
    picture = film.project.assets.get()
    medium = SceneMedia.objects.create(scene=scene, asset=picture)
    document = film.document()
    ours = document["bible"]["visualAssets"][0]["url"]
    assert document["scenes"][0]["generatedMedia"][0]["url"] == ours
    media = document["scenes"][0]["generatedMedia"][0]
    before = _state()

    media["url"] = ours.replace("testserver", "api.example.com")
    assert film.saved(document)["scenes"][0]["generatedMedia"][0]["url"] == ours
    assert _state() == before

    media["url"] = "https://cdn.example.com/1.mp4"
    assert film.saved(document) == document
    media["url"] = ours
    assert film.saved(document) == document
    medium.refresh_from_db()
    assert (medium.url, medium.asset) == ("", picture)
