"""Scene templates at the HTTP edge, and those that a fresh installation has."""

import pytest
from django.core.management import call_command

from scenes.models import SceneTemplate


def test_a_fresh_installation_lists_the_ten_templates_in_order(film):
    rows = film.get("/api/v1/templates/").json()["results"]

    assert len(rows) == 10
    assert (rows[0]["id"], rows[-1]["id"]) == ("cinematic-hero-shot", "smooth-transition")
    assert rows[2]["defaultPromptSlots"]["camera"]["lens"] == "35mm"
    assert rows[2]["recommendedModels"] == []
    assert len(rows[2]["tags"]) == 3


def test_every_shipped_template_starts_a_scene(film):
    path = f"/api/v1/projects/{film.project.pk}/scenes/"

    answers = [
        film.post(path, {"templateId": row["id"]})
        for row in film.get("/api/v1/templates/").json()["results"]
    ]

    assert {answer.status_code for answer in answers} == {201}
    assert all(answer.json()["compiledPrompt"] for answer in answers)


def test_the_templates_are_listed_in_pages(film):
    SceneTemplate.objects.all().delete()
    for order, key in enumerate(["b-roll", "a-roll", "c-roll"]):
        SceneTemplate.objects.create(key=key, name=key, category="video", order=order)

    first = film.get("/api/v1/templates/?limit=2").json()
    rest = film.get(first["next"]).json()

    assert [row["id"] for row in first["results"]] == ["b-roll", "a-roll"]
    assert [row["id"] for row in rest["results"]] == ["c-roll"]
    assert set(first["results"][0]) == {
        "id", "name", "category", "description", "thumbnail", "defaultPromptSlots",
        "recommendedModels", "tags", "difficulty", "isPro",
    }  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_the_migrations_of_the_film_go_back_and_forth():
    call_command("migrate", "scenes", "0001", verbosity=0)
    before = SceneTemplate.objects.count()
    call_command("migrate", verbosity=0)

    assert before == 0
    assert SceneTemplate.objects.count() == 10
