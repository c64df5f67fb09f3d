"""Projects at the HTTP edge."""

from uuid import UUID

import pytest

from scenes.models import Beat, BibleEntry, Project, Scene, SceneMedia, VisualAsset
from scenes.services.media import add_media
from tests.factories import client_for, make_plan, make_workspace
from tests.scenes.factories import (
    HUMAN,
    lock,
    make_asset,
    make_beat,
    make_entry,
    make_project,
    make_scene,
    roomy_workspace,
)

MEMBERS = {
    "id", "title", "logline", "description", "tags", "aspectRatio", "targetModel", "globalStyle",
    "isArchived", "sceneCount", "deletedAt", "createdAt", "modifiedAt", "version",
}  # fmt: skip


def patch(client, path, body, **headers):
    return client.patch(path, body, "application/json", headers=headers)


def test_a_new_project_answers_with_every_member_and_its_etag(film):
    body = {
        "title": "Night Bus",
        "logline": "A driver hears her own voice on the radio.",
        "tags": ["thriller", "bus"],
        "targetModel": "runway-gen-4",
        "globalStyle": {
            "palette": ["#102030"],
            "brandGuidelines": "No logos.",
            "visualTheme": None,
        },
    }

    answer = film.post("/api/v1/projects/", body)

    shown = answer.json()
    assert answer.status_code == 201
    assert set(shown) == MEMBERS
    assert answer.headers["ETag"] == f'"{shown["id"]}-1"'
    assert shown["globalStyle"] == {"palette": ["#102030"], "brandGuidelines": "No logos."}
    assert shown["aspectRatio"] == "16:9"
    assert shown["sceneCount"] == 0
    assert shown["isArchived"] is False
    assert film.get(f"/api/v1/projects/{shown['id']}/").json() == shown


def test_a_patch_changes_what_it_names_and_merges_the_style(film):
    path = f"/api/v1/projects/{film.project.pk}/"
    patch(film, path, {"globalStyle": {"palette": ["#000"], "visualTheme": "salt"}})

    answer = patch(film, path, {"description": "Two parts.", "globalStyle": {"palette": None}})

    assert answer.status_code == 200
    assert answer.json()["description"] == "Two parts."
    assert answer.json()["globalStyle"] == {"visualTheme": "salt"}
    assert answer.json()["title"] == "Salt Roads"
    assert answer.headers["ETag"] == f'"{film.project.pk}-3"'


def test_an_old_etag_is_refused_and_nothing_changes(film):
    path = f"/api/v1/projects/{film.project.pk}/"
    old = film.get(path).headers["ETag"]
    now = patch(film, path, {"title": "Salt Road"}).headers["ETag"]

    answer = patch(film, path, {"title": "Sugar"}, if_match=old)

    assert answer.status_code == 412
    assert answer.json()["code"] == "stale"
    assert answer.headers["ETag"] == now
    assert film.get(path).json()["title"] == "Salt Road"
    assert film.delete(path, headers={"if-match": old}).status_code == 412
    assert patch(film, path, {"title": "Sugar"}, if_match=now).status_code == 200


def test_a_known_etag_answers_304_and_scenes_do_not_change_it(film):
    path = f"/api/v1/projects/{film.project.pk}/"
    mark = film.get(path).headers["ETag"]

    make_scene(film.project)

    answer = film.get(path, headers={"if-none-match": mark})
    assert answer.status_code == 304
    assert answer.content == b""
    assert film.get(path).json()["sceneCount"] == 1


def test_a_deleted_project_is_gone_until_it_is_restored(film):
    path = f"/api/v1/projects/{film.project.pk}/"

    assert film.delete(path).status_code == 204

    assert film.get(path).status_code == 404
    assert film.get("/api/v1/projects/").json()["results"] == []
    bin_ = film.get("/api/v1/projects/?deleted=true").json()["results"]
    assert [row["id"] for row in bin_] == [str(film.project.pk)]
    assert bin_[0]["deletedAt"].endswith("Z")
    assert film.post(f"{path}restore/").json()["deletedAt"] is None
    assert film.get(path).status_code == 200
    assert film.get("/api/v1/projects/?deleted=true").json()["results"] == []


def test_an_archived_project_is_filtered_and_comes_back(film):
    path = f"/api/v1/projects/{film.project.pk}/"
    make_project(film.workspace, title="Other")

    assert film.post(f"{path}archive/").json()["isArchived"] is True

    archived = film.get("/api/v1/projects/?isArchived=true").json()["results"]
    present = film.get("/api/v1/projects/?isArchived=false").json()["results"]
    assert [row["title"] for row in archived] == ["Salt Roads"]
    assert [row["title"] for row in present] == ["Other"]
    assert film.post(f"{path}restore/").json()["isArchived"] is False
    assert film.post(f"{path}restore/").status_code == 200


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("search=salt", ["Salt Roads"]),
        ("search=harbour", ["Glass"]),
        ("search=Ölfeld", ["Glass"]),
        ("search=NOIR", ["Glass"]),
        ("search=%25", []),
        ("search=", ["Glass", "Salt Roads"]),
        ("ordering=title", ["Glass", "Salt Roads"]),
        ("ordering=-title", ["Salt Roads", "Glass"]),
        ("ordering=createdAt", ["Salt Roads", "Glass"]),
        ("ordering=-modifiedAt", ["Glass", "Salt Roads"]),
    ],
)
def test_projects_are_searched_and_ordered(film, query, titles):
    make_project(film.workspace, title="Glass", logline="A harbour.", tags=["Ölfeld", "noir"])

    answer = film.get(f"/api/v1/projects/?{query}")

    assert [row["title"] for row in answer.json()["results"]] == titles


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("isArchived=yes", "?isArchived"),
        ("deleted=1", "?deleted"),
        (f"search={'x' * 201}", "?search"),
        ("ordering=secret", "?ordering"),
        ("limit=0", "?limit"),
        ("cursor=abc", "?cursor"),
        ("search=%00", "?search"),
    ],
)
def test_a_wrong_parameter_is_named(film, query, pointer):
    answer = film.get(f"/api/v1/projects/?{query}")

    assert answer.status_code == 400
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


def test_pages_hold_every_project_once(film):
    titles = {"Salt Roads"} | {make_project(film.workspace).title for _ in range(6)}

    seen = []
    address = "/api/v1/projects/?limit=3&ordering=title"
    while address:
        page = film.get(address).json()
        seen += [row["title"] for row in page["results"]]
        address = page["next"]

    assert len(seen) == 7
    assert set(seen) == titles
    assert seen == sorted(seen)


def test_the_free_plan_holds_three_unarchived_projects(db):
    workspace = make_workspace(plan=make_plan(max_projects=3))
    client = client_for(workspace)
    first, *_ = [make_project(workspace) for _ in range(3)]

    refused = client.post("/api/v1/projects/", {"title": "Fourth"})
    copied = client.post(f"/api/v1/projects/{first.pk}/duplicate/")

    assert refused.status_code == 402
    assert refused.json()["code"] == "quota-exhausted"
    assert (refused.json()["quota"], refused.json()["limit"]) == ("projects", 3)
    assert copied.status_code == 402
    assert Project.objects.count() == 3
    client.post(f"/api/v1/projects/{first.pk}/archive/")
    assert client.post("/api/v1/projects/", {"title": "Fourth"}).status_code == 201
    assert client.post(f"/api/v1/projects/{first.pk}/restore/").status_code == 402
    assert patch(client, f"/api/v1/projects/{first.pk}/", {"isArchived": False}).status_code == 402


def test_a_copy_has_everything_on_the_canvas_and_shares_nothing(film):
    picture = make_asset(film.project, label="The mule")
    entry = make_entry(film.project, name="Ana", assets=[picture.pk])
    scene = make_scene(film.project, title="Dock", cast=["Ana"], prompt_slots={"subject": "a dock"})
    make_beat(scene, summary="She waits.", duration_s=4.5)
    add_media(scene=scene, by=HUMAN, asset_id=picture.pk)
    lock(scene)
    make_scene(film.project, title="Gone")
    film.delete(f"/api/v1/scenes/{Scene.objects.get(title='Gone').pk}/")

    answer = film.post(f"/api/v1/projects/{film.project.pk}/duplicate/")

    copy = Project.objects.get(pk=answer.json()["id"])
    twin = Scene.objects.get(project=copy)
    assert answer.status_code == 201
    assert answer.json()["title"] == "Salt Roads (copy)"
    assert answer.json()["sceneCount"] == 1
    assert (twin.title, twin.order, twin.status, twin.cast) == ("Dock", 0, "locked", ["Ana"])
    assert twin.compiled_prompt == Scene.objects.get(pk=scene.pk).compiled_prompt
    assert Beat.objects.get(scene=twin).duration_s == 4.5
    copied_entry = BibleEntry.objects.get(project=copy)
    copied_picture = VisualAsset.objects.get(project=copy)
    assert copied_entry.pk != entry.pk
    assert [row.pk for row in copied_entry.assets.all()] == [copied_picture.pk]
    assert SceneMedia.objects.get(scene=twin).asset_id == copied_picture.pk
    patch(film, f"/api/v1/bible-entries/{copied_entry.pk}/", {"name": "Bea"})
    assert film.get(f"/api/v1/bible-entries/{entry.pk}/").json()["name"] == "Ana"


@pytest.mark.parametrize("part", ["", "archive/", "restore/", "duplicate/", "scenes/", "bible/"])
def test_another_workspaces_project_looks_like_a_missing_one(film, part):
    foreign = make_project(roomy_workspace())
    method = "get" if part in {"", "scenes/", "bible/"} else "post"

    theirs = getattr(film, method)(f"/api/v1/projects/{foreign.pk}/{part}")
    missing = getattr(film, method)(f"/api/v1/projects/{UUID(int=7)}/{part}")

    assert theirs.status_code == missing.status_code == 404
    assert {**theirs.json(), "requestId": ""} == {**missing.json(), "requestId": ""}


def test_an_id_that_is_no_uuid_is_a_404_problem(film):
    answer = film.get("/api/v1/projects/12/")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not-found"
