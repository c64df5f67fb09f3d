"""Snapshots, versions, media and change-sets at the HTTP edge."""

import pytest

from scenes.models import ChangeSet, SceneMedia
from tests.scenes.factories import make_asset, make_beat, make_project, make_scene


@pytest.fixture
def scene(film):
    return make_scene(film.project, title="Dock", prompt_slots={"subject": "a dock"})


def test_a_snapshot_brings_the_scene_back(film, scene):
    path = f"/api/v1/scenes/{scene.pk}/"
    taken = film.post(f"{path}snapshots/", {"notes": "first look", "thumbnail": "data:,"})
    film.patch(path, {"title": "Pier", "promptSlots": {"subject": "a pier"}}, "application/json")

    shown = taken.json()
    restored = film.post(f"{path}snapshots/{shown['id']}/restore/")

    assert taken.status_code == 201
    assert set(shown) == {
        "id", "sceneId", "notes", "prompt", "promptSlots", "thumbnail", "createdAt", "version",
    }  # fmt: skip
    assert shown["prompt"] == "a dock, --ar 16:9"
    assert shown["promptSlots"]["subject"] == "a dock"
    assert restored.status_code == 200
    assert restored.json()["title"] == "Dock"
    assert restored.json()["compiledPrompt"] == "a dock, --ar 16:9"
    assert restored.headers["ETag"] == f'"{scene.pk}-3"'
    change = ChangeSet.objects.order_by("created_at").last()
    assert change.ops[0]["before"]["title"] == "Pier"
    one = film.get(f"{path}snapshots/{shown['id']}/")
    assert one.json() == shown
    assert [row["id"] for row in film.get(f"{path}snapshots/").json()["results"]] == [shown["id"]]


def test_a_snapshot_is_found_under_its_own_scene_only(film, scene):
    taken = film.post(f"/api/v1/scenes/{scene.pk}/snapshots/", {}).json()
    other = make_scene(film.project)

    for part in ("", "restore/"):
        method = film.post if part else film.get
        answer = method(f"/api/v1/scenes/{other.pk}/snapshots/{taken['id']}/{part}")
        assert answer.status_code == 404


def test_versions_are_numbered_and_keep_the_prompt(film, scene):
    path = f"/api/v1/scenes/{scene.pk}/versions/"

    first = film.post(path, {"notes": "first"})
    second = film.post(path, {"prompt": "a pier", "metadata": {"model": "m", "any_key": 1}})

    assert first.status_code == 201
    assert (first.json()["number"], first.json()["prompt"]) == (1, "a dock, --ar 16:9")
    assert (second.json()["number"], second.json()["prompt"]) == (2, "a pier")
    assert second.json()["metadata"] == {"model": "m", "any_key": 1}
    assert [row["number"] for row in film.get(path).json()["results"]] == [1, 2]


def test_media_are_addresses_or_pictures_of_the_project(film, scene):
    picture = make_asset(film.project)
    path = f"/api/v1/scenes/{scene.pk}/media/"

    linked = film.post(path, {"assetId": str(picture.pk)})
    outside = film.post(path, {"url": "https://example.com/a.mp4", "status": "processing"})

    shown = linked.json()
    assert linked.status_code == outside.status_code == 201
    assert shown["assetId"] == str(picture.pk)
    assert shown["url"] == film.get(f"/api/v1/assets/{picture.pk}/").json()["url"]
    assert (outside.json()["assetId"], outside.json()["status"]) == (None, "processing")
    assert [row["order"] for row in film.get(path).json()["results"]] == [0, 1]


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({}, 400, ""),
        ({"url": "https://example.com/a.png", "assetId": "{own}"}, 400, ""),
        ({"url": "javascript:alert(1)"}, 400, "/url"),
        ({"url": "ftp://example.com/a"}, 400, "/url"),
        ({"assetId": "{foreign}"}, 422, "/assetId"),
        ({"assetId": "7"}, 400, "/assetId"),
        ({"url": "https://example.com/a.png", "status": "lost"}, 400, "/status"),
        ({"url": "https://example.com/a.png", "metadata": [1]}, 400, "/metadata"),
    ],
)
def test_wrong_media_are_refused(film, scene, body, status, pointer):
    ids = {
        "own": make_asset(film.project).pk,
        "foreign": make_asset(make_project(film.workspace)).pk,
    }
    sent = {
        name: value.format(**ids) if isinstance(value, str) else value
        for name, value in body.items()
    }

    answer = film.post(f"/api/v1/scenes/{scene.pk}/media/", sent)

    assert answer.status_code == status
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]
    assert SceneMedia.objects.count() == 0


def test_a_change_set_shows_before_and_after_in_the_words_of_the_wire(film, scene):
    beat = make_beat(scene, duration_s=2.0)
    film.patch(f"/api/v1/beats/{beat.pk}/", {"durationSeconds": 3.0}, "application/json")

    rows = film.get(f"/api/v1/projects/{film.project.pk}/changes/?limit=1").json()
    one = film.get(f"/api/v1/changes/{rows['results'][0]['id']}/")

    assert rows["next"] is not None
    assert one.json() == rows["results"][0]
    assert one.headers["ETag"].startswith(f'"{one.json()["id"]}-')
    assert one.json()["actor"] == "human"
    assert one.json()["userId"] == str(film.user.pk)
    assert one.json()["ops"] == [
        {
            "model": "beat",
            "id": str(beat.pk),
            "op": "edit",
            "before": {"durationSeconds": 2.0},
            "after": {"durationSeconds": 3.0},
        }
    ]


def test_change_sets_tell_no_inner_columns(film):
    make_asset(film.project)

    rows = film.get(f"/api/v1/projects/{film.project.pk}/changes/").json()["results"]

    members = set(rows[0]["ops"][0]["after"])
    assert rows[0]["ops"][0]["model"] == "asset"
    assert "fileName" in members
    assert not members & {"picture", "modelInput", "thumbnail", "dhash", "clientKey"}
