"""Where databases differ by themselves, the API does not."""

import pytest

from tests.scenes.factories import make_project, make_scene


def titles(answer):
    assert answer.status_code == 200, answer.content
    return [row["title"] for row in answer.json()["results"]]


@pytest.mark.parametrize(
    ("title", "wanted"),
    [
        ("The Ferry", "FERRY"),
        ("Élan vital", "éLAN"),
        ("Überfahrt", "überFAHRT"),
        ("Переправа", "ПЕРЕ"),
        ("100 % Öl_1", "% öl_"),
    ],
)
def test_a_search_does_not_care_about_capitals_in_any_language(api, title, wanted):
    project = make_project(api.workspace, title=title)
    make_scene(project, title=title)
    make_scene(project, title="Another")

    assert titles(api.get("/api/v1/projects/", {"search": wanted})) == [title]
    assert titles(api.get(f"/api/v1/projects/{project.pk}/scenes/", {"search": wanted})) == [title]


@pytest.mark.parametrize("wanted", ["Über", 'A "b', "back\\slash"])
def test_a_search_finds_tags_however_they_are_kept(api, wanted):
    make_project(api.workspace, title="Found", tags=["Überfahrt", 'a "b" c', "back\\slash"])
    make_project(api.workspace, title="Other", tags=["ferry"])

    assert titles(api.get("/api/v1/projects/", {"search": wanted})) == ["Found"]


def test_a_zero_byte_finds_nothing_or_is_refused_and_never_an_error_of_ours(api):
    make_project(api.workspace, title="The Ferry")

    answer = api.get("/api/v1/projects/", {"search": "Fer\x00ry"})

    assert (answer.status_code, answer.json().get("code")) == (400, "malformed")
