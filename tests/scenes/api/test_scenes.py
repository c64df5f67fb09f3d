"""Scenes and beats at the HTTP edge."""

import pytest

from scenes.models import Beat, ChangeSet, Scene, SceneTemplate
from tests.factories import client_for, make_plan, make_workspace
from tests.scenes.factories import make_beat, make_project, make_scene

MEMBERS = {
    "id", "projectId", "order", "title", "notes", "status", "selectedModel", "promptSlots",
    "compiledPrompt", "cast", "location", "durationSeconds", "sourceSpan", "origin", "createdAt",
    "modifiedAt", "version",
}  # fmt: skip


@pytest.fixture
def scenes(film):
    return f"/api/v1/projects/{film.project.pk}/scenes/"


def patch(client, path, body, **headers):
    return client.patch(path, body, "application/json", headers=headers)


def titles(film, path):
    return [row["title"] for row in film.get(path).json()["results"]]


def test_a_new_scene_is_blank_and_last(film, scenes):
    make_scene(film.project)

    answer = film.post(scenes, {"title": "Dock"})

    shown = answer.json()
    assert answer.status_code == 201
    assert set(shown) == MEMBERS
    assert (shown["order"], shown["status"], shown["compiledPrompt"]) == (1, "exploring", "")
    assert shown["promptSlots"]["aspectRatio"] == "16:9"
    assert shown["promptSlots"]["workflow"] == "standard"
    assert shown["projectId"] == str(film.project.pk)
    assert shown["origin"]["kind"] == "human"
    assert answer.headers["ETag"] == f'"{shown["id"]}-1"'
    change = ChangeSet.objects.get(pk=shown["origin"]["changeId"])
    assert change.user_id == film.user.pk
    assert film.get(f"/api/v1/scenes/{shown['id']}/").json() == shown


def test_slots_are_patched_deeply_and_compile_the_prompt(film, scenes):
    body = {
        "title": "Dock",
        "promptSlots": {"subject": "a dock", "camera": {"lens": "35mm", "angle": "low"}},
        "cast": ["Ana"],
        "durationSeconds": 4.5,
    }
    path = f"/api/v1/scenes/{film.post(scenes, body).json()['id']}/"

    answer = patch(film, path, {"promptSlots": {"camera": {"angle": None, "movement": "pan"}}})

    shown = answer.json()
    assert shown["promptSlots"]["subject"] == "a dock"
    assert shown["promptSlots"]["camera"] == {"angle": "", "movement": "pan", "lens": "35mm"}
    assert shown["compiledPrompt"] == "a dock, pan, 35mm, --ar 16:9"
    assert (shown["cast"], shown["durationSeconds"], shown["version"]) == (["Ana"], 4.5, 2)


@pytest.mark.parametrize(
    ("slots", "status", "pointer", "code"),
    [
        ({"camera": {"tilt": "x"}}, 400, "/promptSlots/camera/tilt", "unknown-field"),
        ({"camera": "wide"}, 400, "/promptSlots/camera", "wrong-type"),
        ({"style": {"influences": [1]}}, 400, "/promptSlots/style/influences/0", "wrong-type"),
        ({"workflow": "opera"}, 422, "/promptSlots/workflow", "invalid-choice"),
        ({"subject": "x" * 5_000}, 422, "/promptSlots/subject", "max-length"),
        ({"advanced": {"steps": -1}}, 400, "/promptSlots/advanced/steps", "wrong-type"),
    ],
)
def test_wrong_slots_are_named_and_nothing_is_stored(film, scenes, slots, status, pointer, code):
    scene = make_scene(film.project)

    added = film.post(scenes, {"title": "Dock", "promptSlots": slots})
    patched = patch(film, f"/api/v1/scenes/{scene.pk}/", {"promptSlots": slots})

    for answer in (added, patched):
        assert answer.status_code == status
        assert [(f["pointer"], f["code"]) for f in answer.json()["errors"]] == [(pointer, code)]
    assert Scene.objects.get() == scene
    assert Scene.objects.get().version == 1


def test_a_scene_from_a_template_takes_its_title_slots_and_model(film, scenes):
    SceneTemplate.objects.create(
        key="harbour-dawn",
        name="Harbour Dawn",
        category="video",
        default_prompt_slots={"subject": "a harbour", "camera": {"lens": "50mm"}},
        recommended_models=["vendor/model"],
    )

    plain = film.post(scenes, {"templateId": "harbour-dawn"}).json()
    own = film.post(
        scenes,
        {
            "templateId": "harbour-dawn",
            "title": "Dusk",
            "promptSlots": {"camera": {"angle": "low"}},
        },
    ).json()

    assert (plain["title"], plain["selectedModel"]) == ("Harbour Dawn", "vendor/model")
    assert plain["origin"]["kind"] == "template"
    assert plain["compiledPrompt"] == "a harbour, 50mm, --ar 16:9"
    assert own["title"] == "Dusk"
    assert own["compiledPrompt"] == "a harbour, low, 50mm, --ar 16:9"


def test_an_unknown_template_adds_nothing(film, scenes):
    answer = film.post(scenes, {"templateId": "no-such"})

    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/templateId"]
    assert film.post(scenes, {}).json()["errors"][0]["pointer"] == "/title"
    assert Scene.objects.count() == 0


def test_scenes_move_delete_and_close_up(film, scenes):
    a, b, c = (make_scene(film.project, title=title) for title in "ABC")

    moved = film.post(f"/api/v1/scenes/{c.pk}/move/", {"after": None})

    assert (moved.status_code, moved.json()["order"], moved.json()["version"]) == (200, 0, 2)
    assert titles(film, scenes) == ["C", "A", "B"]
    assert film.post(f"/api/v1/scenes/{c.pk}/move/", {"after": str(b.pk)}).json()["order"] == 2
    assert film.delete(f"/api/v1/scenes/{a.pk}/").status_code == 204
    assert film.get(f"/api/v1/scenes/{a.pk}/").status_code == 404
    rows = film.get(scenes).json()["results"]
    assert [(row["title"], row["order"]) for row in rows] == [("B", 0), ("C", 1)]


def test_a_move_to_where_it_is_changes_nothing(film):
    a, b = make_scene(film.project), make_scene(film.project)
    before = ChangeSet.objects.count()

    answer = film.post(f"/api/v1/scenes/{b.pk}/move/", {"after": str(a.pk)})

    assert answer.json()["version"] == 1
    assert ChangeSet.objects.count() == before


def test_a_move_behind_another_projects_scene_is_refused(film, scenes):
    scene, other = make_scene(film.project), make_scene(make_project(film.workspace))

    for after in (other.pk, scene.pk):
        answer = film.post(f"/api/v1/scenes/{scene.pk}/move/", {"after": str(after)})
        assert answer.status_code == 422
        assert answer.json()["code"] == "not-a-sibling"
        assert answer.json()["errors"][0]["pointer"] == "/after"
    assert film.post(f"/api/v1/scenes/{scene.pk}/move/", {}).status_code == 400


def test_the_status_is_set_and_locks(film):
    scene = make_scene(film.project)
    path = f"/api/v1/scenes/{scene.pk}/status/"

    assert film.post(path, {"status": "refining"}).json()["status"] == "refining"
    assert film.post(path, {"status": "locked"}).json()["version"] == 3
    assert film.post(path, {"status": "locked"}).json()["version"] == 3
    assert film.post(path, {"status": "open"}).status_code == 400
    assert film.post(path, {"status": "exploring"}).json()["status"] == "exploring"


def test_scenes_are_filtered_and_searched(film, scenes):
    make_scene(film.project, title="Dock", notes="Rain.")
    make_scene(film.project, title="Attic", status="refining")

    assert titles(film, f"{scenes}?status=refining") == ["Attic"]
    assert titles(film, f"{scenes}?search=rain") == ["Dock"]
    assert titles(film, f"{scenes}?ordering=title") == ["Attic", "Dock"]
    assert film.get(f"{scenes}?status=open").json()["errors"][0]["pointer"] == "?status"


def test_the_plans_scenes_are_counted(db):
    workspace = make_workspace(plan=make_plan(max_scenes_per_project=2))
    client = client_for(workspace)
    project = make_project(workspace)
    path = f"/api/v1/projects/{project.pk}/scenes/"

    answers = [client.post(path, {"title": title}) for title in "ABC"]

    assert [answer.status_code for answer in answers] == [201, 201, 402]
    assert answers[2].json()["code"] == "quota-exhausted"
    assert Scene.objects.count() == 2
    client.delete(f"/api/v1/scenes/{answers[0].json()['id']}/")
    assert client.post(path, {"title": "C"}).status_code == 201


def test_a_repeated_post_with_one_key_adds_one_scene(film, scenes):
    first, second = (
        film.post(scenes, {"title": "Dock"}, headers={"idempotency-key": "k1"}) for _ in range(2)
    )

    assert first.content == second.content
    assert second.headers["Idempotent-Replayed"] == "true"
    assert Scene.objects.count() == 1


def test_beats_are_added_edited_moved_and_deleted(film):
    scene = make_scene(film.project)
    beats = f"/api/v1/scenes/{scene.pk}/beats/"

    added = film.post(
        beats,
        {"summary": "She waits.", "durationSeconds": 3, "shot": {"size": "wide", "lens": "35"}},
    )

    shown = added.json()
    assert added.status_code == 201
    assert set(shown) == {
        "id", "sceneId", "order", "summary", "purpose", "durationSeconds", "shot", "origin",
        "createdAt", "modifiedAt", "version",
    }  # fmt: skip
    path = f"/api/v1/beats/{shown['id']}/"
    edited = patch(film, path, {"purpose": "hope", "shot": {"lens": None}})
    assert edited.json()["shot"] == {"size": "wide"}
    assert edited.headers["ETag"] == f'"{shown["id"]}-2"'
    last = make_beat(scene, summary="He comes.")
    assert film.post(f"/api/v1/beats/{last.pk}/move/", {"after": None}).json()["order"] == 0
    assert film.delete(path).status_code == 204
    rows = film.get(beats).json()["results"]
    assert [(row["summary"], row["order"]) for row in rows] == [("He comes.", 0)]


def test_an_old_etag_of_a_scene_or_beat_is_refused(film):
    beat = make_beat(make_scene(film.project))
    mark = {"if_match": '"x-1"'}

    for path in (f"/api/v1/scenes/{beat.scene_id}/", f"/api/v1/beats/{beat.pk}/"):
        assert patch(film, path, {}, **mark).status_code == 412
        assert film.delete(path, headers={"if-match": '"x-1"'}).status_code == 412
        answer = film.post(f"{path}move/", {"after": None}, headers={"if-match": '"x-1"'})
        assert answer.status_code == 412
    assert Beat.objects.alive().count() == 1
