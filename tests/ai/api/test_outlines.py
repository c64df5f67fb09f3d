"""Outlines over HTTP: asked for, read, accepted whole or in part, rejected."""

from uuid import uuid4

import pytest

from ai.models import Job, Outline, OutlineStatus
from canvas.workspaces.models import Role
from scenes.models import BibleEntry, ChangeSet, Scene
from tests.ai.factories import make_message, make_outline, outline_scene
from tests.factories import client_for


def listing(project):
    return f"/api/v1/projects/{project.pk}/outlines/"


def url(outline, verb=""):
    return f"/api/v1/outlines/{outline.pk}/{verb}"


def test_asking_for_an_outline_answers_202_with_the_job(api, project):
    target = {"scenes": 8, "runtimeSeconds": 90, "mode": "as-written"}

    answer = api.post(
        listing(project), {"source": "text", "text": "  A woman waits.", "target": target}
    )

    job = Job.objects.get()
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/api/v1/jobs/{job.pk}/"
    assert answer.json() == api.get(answer.headers["Location"]).json()
    assert (answer.json()["kind"], answer.json()["status"]) == ("outline", "queued")
    assert job.payload == {"source": "text", "text": "  A woman waits.", "target": target}


def test_the_conversation_can_be_outlined(api, project):
    assert api.post(listing(project), {"source": "chat"}).status_code == 422
    make_message(project)

    assert api.post(listing(project), {"source": "chat", "target": None}).status_code == 202


def test_scripts_arrive_with_a_later_version(api, project):
    answer = api.post(listing(project), {"source": "script", "scriptId": str(uuid4())})

    assert (answer.status_code, answer.json()["code"]) == (422, "source-unavailable")
    assert answer.json()["errors"][0]["pointer"] == "/source"
    assert Job.objects.count() == 0


MALFORMED = {
    "nothing": ({}, "/source"),
    "unknown source": ({"source": "dream"}, "/source"),
    "source is a list": ({"source": ["text"]}, "/source"),
    "text is a number": ({"source": "text", "text": 7}, "/text"),
    "NUL": ({"source": "text", "text": "a\x00"}, "/text"),
    "scenes as text": (
        {"source": "text", "text": "a", "target": {"scenes": "8"}},
        "/target/scenes",
    ),
    "scenes as truth": (
        {"source": "text", "text": "a", "target": {"scenes": True}},
        "/target/scenes",
    ),
    "unknown mode": ({"source": "text", "text": "a", "target": {"mode": "short"}}, "/target/mode"),
    "unknown member": ({"source": "text", "text": "a", "target": {"acts": 3}}, "/target/acts"),
    "target is a list": ({"source": "text", "text": "a", "target": []}, "/target"),
}


@pytest.mark.parametrize(("body", "pointer"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_order_is_refused_with_a_pointer(api, project, body, pointer):
    answer = api.post(listing(project), body)

    assert answer.status_code == 400
    assert pointer in {fault["pointer"] for fault in answer.json()["errors"]}
    assert Job.objects.count() == 0


@pytest.mark.parametrize(("name", "value"), [("scenes", 0), ("scenes", 501), ("runtimeSeconds", 0)])
def test_a_target_beyond_its_limits_is_refused_with_a_pointer(api, project, name, value):
    answer = api.post(listing(project), {"source": "text", "text": "a", "target": {name: value}})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [f"/target/{name}"]
    assert Job.objects.count() == 0


@pytest.mark.parametrize("text", ["", "  \n", "a" * 400_001], ids=["empty", "blank", "too long"])
def test_a_text_against_the_rules_is_refused(api, project, text):
    answer = api.post(listing(project), {"source": "text", "text": text})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/text"
    assert Job.objects.count() == 0


def test_a_proposal_is_shown_whole(api, project):
    outline = make_outline(
        project, scenes=1, target={"scenes": 1}, model_served="maker/served", simulated=True
    )

    answer = api.get(url(outline))

    body = answer.json()
    assert answer.headers["ETag"] == f'"{outline.pk}-1"'
    assert body.pop("createdAt").endswith("Z")
    assert body == {
        "id": str(outline.pk),
        "number": 1,
        "status": "proposed",
        "source": "text",
        "target": {"scenes": 1},
        "title": "Night Bus",
        "logline": "Someone waits.",
        "scenes": [
            {
                "id": outline.content["scenes"][0]["id"],
                "title": "Scene 1",
                "summary": "Mara waits.",
                "location": "Bus stop",
                "timeOfDay": "night",
                "characters": ["Mara"],
                "beats": [{"summary": "She looks up.", "durationSeconds": 4.5}],
                "durationSeconds": 4.5,
                "purpose": "It begins.",
            }
        ],
        "characters": [{"name": "Mara", "description": "A woman in a red coat."}],
        "locations": [{"name": "Bus stop", "description": "A shelter in the rain."}],
        "model": "maker/served",
        "simulated": True,
        "jobId": None,
        "changeId": None,
        "accepted": None,
        "decidedAt": None,
    }


def test_what_a_chat_left_open_is_shown_as_open(api, project):
    outline = make_outline(project, scenes=1)
    outline.content["scenes"] = [
        {**outline_scene("Open"), "id": str(uuid4()), "beats": [], "duration_s": None}
    ]
    outline.save()

    (scene,) = api.get(url(outline)).json()["scenes"]

    assert (scene["beats"], scene["durationSeconds"]) == ([], None)


def test_proposals_are_listed_newest_first(api, project):
    for _ in range(3):
        make_outline(project)

    shown = api.get(listing(project), {"limit": 2}).json()

    assert [row["number"] for row in shown["results"]] == [3, 2]
    assert [row["number"] for row in api.get(shown["next"]).json()["results"]] == [1]


def test_accepting_adds_everything_once(api, project):
    outline = make_outline(project)

    first = api.post(url(outline, "accept/"))
    changes = ChangeSet.objects.count()
    second = api.post(url(outline, "accept/"))

    body = first.json()
    made = [str(scene.pk) for scene in Scene.objects.order_by("order")]
    assert (first.status_code, body["status"]) == (200, "accepted")
    assert body["accepted"] == {
        "scenes": [scene["id"] for scene in outline.content["scenes"]],
        "made": made,
        "bible": True,
        "title": True,
    }
    assert body["changeId"] is not None
    assert body["decidedAt"] is not None
    assert second.json() == body
    assert (second.status_code, ChangeSet.objects.count()) == (200, changes)
    assert [scene.title for scene in Scene.objects.order_by("order")] == ["Scene 1", "Scene 2"]
    project.refresh_from_db()
    assert project.title == "Night Bus"


def test_accepting_a_part_leaves_the_rest(api, project):
    outline = make_outline(project)
    title = project.title
    chosen = outline.content["scenes"][1]["id"]

    answer = api.post(url(outline, "accept/"), {"scenes": [chosen], "bible": False, "title": False})

    assert answer.json()["accepted"]["scenes"] == [chosen]
    assert [scene.title for scene in Scene.objects.all()] == ["Scene 2"]
    assert BibleEntry.objects.count() == 0
    project.refresh_from_db()
    assert project.title == title


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"scenes": [str(uuid4())]}, 422, "/scenes/0"),
        ({"scenes": ["first"]}, 400, "/scenes"),
        ({"scenes": {}}, 400, "/scenes"),
        ({"bible": "yes"}, 400, "/bible"),
        ({"title": 1}, 400, "/title"),
        ({"all": True}, 400, "/all"),
    ],
)
def test_a_wrong_choice_is_refused_and_nothing_is_taken(api, project, body, status, pointer):
    outline = make_outline(project)

    answer = api.post(url(outline, "accept/"), body)

    assert answer.status_code == status
    assert answer.json()["errors"][0]["pointer"].startswith(pointer)
    assert Scene.objects.count() == 0
    outline.refresh_from_db()
    assert outline.status == OutlineStatus.PROPOSED


def test_rejecting_twice_changes_nothing_and_ends_the_matter(api, project):
    outline = make_outline(project)

    first = api.post(url(outline, "reject/"))
    second = api.post(url(outline, "reject/"))
    accepted = api.post(url(outline, "accept/"))

    assert (first.status_code, first.json()["status"]) == (200, "rejected")
    assert second.json() == first.json()
    assert (accepted.status_code, accepted.json()["code"]) == (409, "outline-rejected")
    assert Scene.objects.count() == 0


def test_what_was_accepted_is_not_rejected(api, project):
    outline = make_outline(project)
    api.post(url(outline, "accept/"))

    answer = api.post(url(outline, "reject/"))

    assert (answer.status_code, answer.json()["code"]) == (409, "outline-accepted")
    assert Outline.objects.get().status == OutlineStatus.ACCEPTED


@pytest.mark.parametrize("role", [Role.VIEWER])
@pytest.mark.parametrize("verb", ["accept/", "reject/"])
def test_a_viewer_decides_nothing(api, project, role, verb):
    outline = make_outline(project)

    answer = client_for(api.workspace, role).post(url(outline, verb))

    assert (answer.status_code, answer.json()["code"]) == (403, "role-too-low")
    outline.refresh_from_db()
    assert outline.status == OutlineStatus.PROPOSED
