"""The visual bible at the HTTP edge."""

import pytest

from scenes.models import BibleEntry
from tests.scenes.factories import make_asset, make_entry, make_project

MEMBERS = {
    "id", "projectId", "category", "name", "aliases", "description", "tags", "states", "assets",
    "origin", "createdAt", "modifiedAt", "version",
}  # fmt: skip


@pytest.fixture
def bible(film):
    return f"/api/v1/projects/{film.project.pk}/bible/"


def patch(client, path, body, **headers):
    return client.patch(path, body, "application/json", headers=headers)


def test_the_whole_bible_sorts_its_entries(film, bible):
    for category, name in [
        ("character", "Ana"), ("location", "Dock"), ("prop", "Mule cart"), ("style", "Salt"),
        ("shot_ref", "Low"),
    ]:  # fmt: skip
        make_entry(film.project, category=category, name=name)
    picture = make_asset(film.project)

    shown = film.get(bible).json()

    parts = {
        name: [row["name"] for row in rows]
        for name, rows in shown.items()
        if name not in {"aesthetic", "visualAssets"}
    }
    assert parts == {
        "characters": ["Ana"],
        "locations": ["Dock"],
        "props": ["Mule cart"],
        "styles": ["Salt"],
        "shotRefs": ["Low"],
    }
    assert shown["aesthetic"] == {
        "palette": [], "mood": [], "references": [], "era": "", "tone": "", "visualStyle": "",
    }  # fmt: skip
    assert [row["id"] for row in shown["visualAssets"]] == [str(picture.pk)]


def test_the_aesthetic_is_patched(film, bible):
    patch(film, bible, {"aesthetic": {"palette": ["#abc"], "era": "1970s", "visualStyle": "grain"}})

    answer = patch(film, bible, {"aesthetic": {"era": None, "mood": ["dry"]}})

    assert answer.status_code == 200
    assert answer.json()["aesthetic"] == {
        "palette": ["#abc"], "mood": ["dry"], "references": [], "era": "", "tone": "",
        "visualStyle": "grain",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"aesthetic": {"palette": "#abc"}}, "/aesthetic/palette", "not-a-list"),
        ({"aesthetic": {"palette": [1]}}, "/aesthetic/palette/0", "invalid"),
        ({"aesthetic": {"glow": "x"}}, "/aesthetic/glow", "unknown-field"),
        ({"aesthetic": []}, "/aesthetic", "invalid"),
        ({"characters": []}, "/characters", "unknown-field"),
    ],
)
def test_a_wrong_aesthetic_is_named(film, bible, body, pointer, code):
    answer = patch(film, bible, body)

    assert answer.status_code == 400
    faults = [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]]
    assert faults == [(pointer, code)]


def test_the_bibles_etag_changes_with_every_part_of_it(film, bible):
    seen = [film.get(bible).headers["ETag"]]

    def look():
        answer = film.get(bible, headers={"if-none-match": seen[-1]})
        assert answer.status_code == 200
        seen.append(answer.headers["ETag"])
        assert film.get(bible, headers={"if-none-match": seen[-1]}).status_code == 304

    entry = make_entry(film.project)
    look()
    patch(film, f"/api/v1/bible-entries/{entry.pk}/", {"description": "Tall."})
    look()
    make_asset(film.project)
    look()
    patch(film, bible, {"aesthetic": {"tone": "dry"}})
    look()
    film.delete(f"/api/v1/bible-entries/{entry.pk}/")
    look()
    assert len(set(seen)) == 6


def test_the_aesthetic_honours_the_etag_of_bible_and_project(film, bible):
    body = {"aesthetic": {"tone": "dry"}}
    mark = film.get(bible).headers["ETag"]

    assert patch(film, bible, body, if_match=mark).status_code == 200
    stale = patch(film, bible, {"aesthetic": {"tone": "wet"}}, if_match=mark)
    mark = film.get(f"/api/v1/projects/{film.project.pk}/").headers["ETag"]
    assert patch(film, bible, {"aesthetic": {"tone": "salt"}}, if_match=mark).status_code == 200

    assert stale.status_code == 412
    assert stale.headers["ETag"].startswith(f'"{film.project.pk}-')
    assert film.get(bible).json()["aesthetic"]["tone"] == "salt"


def test_an_entry_is_added_edited_and_deleted(film, bible):
    picture = make_asset(film.project)
    body = {
        "category": "character",
        "name": "Ana",
        "aliases": ["the driver"],
        "states": ["young", {"name": "wounded", "description": "Left arm."}],
        "assets": [str(picture.pk)],
        "tags": ["lead"],
    }

    added = film.post(f"{bible}entries/", body)

    shown = added.json()
    assert added.status_code == 201
    assert set(shown) == MEMBERS
    assert shown["assets"] == [str(picture.pk)]
    assert shown["states"] == [
        {"name": "young", "description": ""},
        {"name": "wounded", "description": "Left arm."},
    ]
    path = f"/api/v1/bible-entries/{shown['id']}/"
    edited = patch(film, path, {"assets": [], "description": "Tall."})
    assert (edited.json()["assets"], edited.json()["version"]) == ([], 2)
    assert film.get(path).json() == edited.json()
    assert patch(film, path, {"assets": [str(picture.pk)]}).json()["version"] == 3
    assert patch(film, path, {"assets": [str(picture.pk)]}).json()["version"] == 3
    film.delete(f"/api/v1/assets/{picture.pk}/")
    assert film.get(path).json()["assets"] == []
    assert film.delete(path).status_code == 204
    assert film.get(path).status_code == 404


def test_the_pictures_of_an_entry_are_part_of_its_history(film):
    picture = make_asset(film.project)
    entry = make_entry(film.project)

    patch(film, f"/api/v1/bible-entries/{entry.pk}/", {"assets": [str(picture.pk)]})

    last = film.get(f"/api/v1/projects/{film.project.pk}/changes/").json()["results"][0]
    assert last["ops"] == [
        {
            "model": "entry",
            "id": str(entry.pk),
            "op": "edit",
            "before": {"assets": []},
            "after": {"assets": [str(picture.pk)]},
        }
    ]


def test_a_name_is_once_in_its_category(film, bible):
    make_entry(film.project, name="Zoë  Ríos")
    other = make_entry(film.project, name="Bea")
    twin = {"category": "character", "name": " ZOË Ríos"}

    assert film.post(f"{bible}entries/", twin).json()["code"] == "entry-exists"
    renamed = patch(film, f"/api/v1/bible-entries/{other.pk}/", {"name": "zoë ríos"})
    assert renamed.status_code == 409
    assert film.post(f"{bible}entries/", twin | {"category": "prop"}).status_code == 201


def test_entries_are_filtered_and_searched(film, bible):
    make_entry(film.project, name="Ana", aliases=["Señora Ríos"])
    make_entry(film.project, category="location", name="Dock", description="Wet planks.")

    def names(query):
        return [row["name"] for row in film.get(f"{bible}entries/?{query}").json()["results"]]

    assert names("category=location") == ["Dock"]
    assert names("search=Ríos") == ["Ana"]
    assert names("search=planks") == ["Dock"]
    assert names("ordering=-name") == ["Dock", "Ana"]
    assert film.get(f"{bible}entries/?category=hero").status_code == 400


def test_another_projects_pictures_are_no_assets_of_an_entry(film, bible):
    foreign = make_asset(make_project(film.workspace))
    entry = make_entry(film.project, name="Ana")

    added = film.post(
        f"{bible}entries/",
        {"category": "prop", "name": "Cart", "assets": [str(foreign.pk)]},
    )
    edited = patch(
        film, f"/api/v1/bible-entries/{entry.pk}/", {"name": "Bea", "assets": [str(foreign.pk)]}
    )

    for answer in (added, edited):
        assert answer.status_code == 422
        assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/assets/0"]
    assert [row.name for row in BibleEntry.objects.all()] == ["Ana"]
