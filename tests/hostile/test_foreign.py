"""Ids of another workspace inside bodies, filters, cursors, keys, documents, tools and the admin.

The other workspace's rows all hold a canary: no answer has it, and no row of theirs is touched.
"""

import json
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.test import AsyncClient, Client
from django.urls import reverse

from canvas.workspaces.models import Role
from scenes.media import media_url
from scenes.models import Scene, VisualAsset
from tests.ai.conftest import run, use_models
from tests.ai.factories import make_message
from tests.factories import browser_for, client_for, make_member, make_user, owner_of
from tests.hostile.routes import LISTS, NO_BODY, UPLOAD, WRITES, ask, body_of, nobody, told
from tests.hostile.world import everything, make_world
from tests.scenes.documents import samples

CANARY = "canary-7f3a"
# Where a body names a row: route, method, body, and what a refusal says.
IN_BODIES = [
    ("scenes/{scene}/move/", "post", {"after": "{their-scene}"}, "not-a-sibling"),
    ("beats/{beat}/move/", "post", {"after": "{their-beat}"}, "not-a-sibling"),
    ("scenes/{scene}/media/", "post", {"assetId": "{their-asset}"}, "unknown-asset"),
    ("bible-entries/{entry}/", "patch", {"assets": ["{their-asset}"]}, "unknown-asset"),
    (
        "projects/{project}/bible/entries/",
        "post",
        {"category": "prop", "name": "A", "assets": ["{their-asset}"]},
        "unknown-asset",
    ),
    (
        "projects/{project}/messages/",
        "post",
        {"content": "a", "linkedSceneId": "{their-scene}"},
        None,
    ),
    ("projects/{project}/messages/", "post", {"content": "a", "parentId": "{their-message}"}, None),
    *(
        (
            "projects/{project}/messages/",
            "post",
            {"content": "a", "attachments": [{"type": kind, "id": f"{{their-{kind}}}"}]},
            None,
        )
        for kind in ("asset", "scene", "entry")
    ),
    ("outlines/{outline}/accept/", "post", {"scenes": ["{their-proposal}"]}, None),
]


@pytest.fixture
def ours(db):
    world = make_world()
    world.client = client_for(world.workspace)
    return world


@pytest.fixture
def theirs(db):
    world = make_world(words=CANARY)
    world.ids["message"] = make_message(world.project, content=CANARY).pk
    outline = world.project.outlines.get()
    world.ids["proposal"] = outline.content["scenes"][0]["id"]
    return world


def with_ids(value, ours, theirs):
    """Fill in the ids of both worlds."""
    text = json.dumps(value)
    for kind, key in ours.ids.items():
        text = text.replace(f"{{{kind}}}", str(key))
    for kind, key in theirs.items():
        text = text.replace(f"{{their-{kind}}}", str(key))
    return json.loads(text)


@pytest.mark.parametrize(("path", "method", "body", "code"), IN_BODIES)
def test_a_foreign_id_in_a_body_is_refused_like_a_missing_one(
    ours, theirs, path, method, body, code
):
    missing = {**nobody(), "message": nobody()["job"], "proposal": nobody()["job"]}
    before = everything()

    answers = [
        ask(ours.client, method, f"/api/v1/{with_ids(path, ours, ids)}", with_ids(body, ours, ids))
        for ids in (theirs.ids, missing)
    ]

    first, second = (
        json.dumps(told(answer)).replace(str(key), "ID")
        for answer, ids in zip(answers, (theirs.ids, missing), strict=True)
        for key in [
            next(key for key in ids.values() if str(key) in json.dumps(body_ids(body, ids)))
        ]
    )
    assert [answer.status_code for answer in answers] == [422, 422]
    assert first == second
    assert code is None or json.loads(answers[0].content)["code"] == code
    assert CANARY not in first
    assert everything() == before


def body_ids(body, ids):
    text = json.dumps(body)
    for kind, key in ids.items():
        text = text.replace(f"{{their-{kind}}}", str(key))
    return text


def test_lists_and_their_filters_show_one_workspace_only(ours, theirs):
    queries = ["", f"?projectId={theirs.ids['project']}", f"?search={CANARY}", "?deleted=true"]

    for route in LISTS:
        for query in queries:
            answer = ours.client.get(f"{route.address(ours.ids)}{query}")
            assert answer.status_code in {200, 400}
            assert CANARY.encode() not in answer.content, route.path


def test_a_foreign_cursor_shows_nothing_of_the_other_side(ours, theirs):
    other = client_for(theirs.workspace)
    for route in LISTS:
        page = other.get(f"{route.address(theirs.ids)}?limit=1").json()
        query = urlsplit(page["next"] or "").query
        answer = ours.client.get(f"{route.address(ours.ids)}?{query}")
        assert answer.status_code == 200
        if route.name != "templates":
            assert CANARY.encode() not in answer.content, route.path


def test_the_header_that_names_a_workspace_names_only_ones_own(ours, theirs):
    browser = browser_for(owner_of(ours.workspace))
    before = everything()

    for client in (ours.client, browser):
        for key in (theirs.workspace.pk, nobody()["workspace"], "x"):
            headers = {"X-Workspace": str(key)}
            answer = client.get("/api/v1/projects/", headers=headers)
            made = client.post(
                "/api/v1/projects/", {"title": "A"}, "application/json", headers=headers
            )
            assert (answer.status_code, made.status_code) in {(404, 404), (404, 403)}

    assert everything() == before


def test_a_key_that_the_other_workspace_used_gives_no_answer_of_theirs(ours, theirs):
    other, headers = client_for(theirs.workspace), {"Idempotency-Key": "same"}
    body = {"title": CANARY}
    first = other.post("/api/v1/projects/", body, headers=headers)

    second = ours.client.post("/api/v1/projects/", {"title": "Ours"}, headers=headers)

    assert (first.status_code, second.status_code) == (201, 201)
    assert "Idempotent-Replayed" not in second.headers
    assert CANARY.encode() not in second.content


def test_a_document_with_ids_and_addresses_of_another_workspace_takes_nothing_over(ours, theirs):
    asset = VisualAsset.objects.get(pk=theirs.ids["asset"])
    stolen = {kind: str(key) for kind, key in theirs.ids.items()}
    path = f"/api/v1/projects/{ours.ids['project']}/document/"
    document = ours.client.get(path).json()
    document["scenes"] = [samples.scene(0, id=stolen["scene"])]
    document["scenes"][0]["snapshots"][0]["id"] = stolen["snapshot"]
    document["scenes"][0]["generatedMedia"][0]["url"] = f"/media/{asset.picture.name}"
    document["bible"]["characters"] = [
        {"id": stolen["entry"], "name": "Mara", "description": "ours"}
    ]
    document["bible"]["visualAssets"] = [
        {
            "id": stolen["asset"],
            "url": f"http://testserver/media/{asset.picture.name}",
            "category": "prop",
            "label": "",
            "description": "",
            "tags": [],
            "createdAt": samples.BORN,
        }
    ]
    before = their_rows(theirs)

    answer = ours.client.put(path, document, "application/json")

    assert answer.status_code in {200, 422}
    assert their_rows(theirs) == before
    seen = [ours.client.get(path).content, answer.content]
    signature = urlsplit(media_url(asset.picture.name)).query
    assert not any(CANARY.encode() in body or signature.encode() in body for body in seen)


def their_rows(theirs):
    """Give the rows that are the other workspace's, or hang on one that is."""
    keys = {theirs.workspace.pk, *theirs.ids.values()}
    return {
        (name, row[next(iter(row))]): row
        for name, rows in everything().items()
        for row in rows
        if keys & {value for value in row.values() if isinstance(value, UUID)}
    }


def test_every_write_of_ours_leaves_their_rows_alone(ours, theirs):
    before = their_rows(theirs)
    newcomer = make_user().username

    for route, method in WRITES:
        body = body_of(route, method, upload=UPLOAD, document={}, newcomer=newcomer)
        for ids in (theirs.ids, ours.ids):
            answer = ask(ours.client, method, route.address(ids), body if body else NO_BODY)
            assert answer.status_code < 500, (route.path, method)
            assert CANARY.encode() not in answer.content, (route.path, method)

    assert their_rows(theirs) == before


async def test_no_stream_of_another_workspace_opens(transactional_db):
    from asgiref.sync import sync_to_async

    ours, theirs = await sync_to_async(make_world)(), await sync_to_async(make_world)(words=CANARY)
    token = (await sync_to_async(client_for)(ours.workspace)).token
    headers = {"Authorization": f"Bearer {token}"}

    for path in (f"projects/{theirs.ids['project']}/events/", f"jobs/{theirs.ids['job']}/events/"):
        for more in ({}, {"Last-Event-ID": "0"}):
            answer = await AsyncClient().get(f"/api/v1/{path}", headers={**headers, **more})
            assert answer.status_code == 404
            assert not answer.streaming
            assert CANARY.encode() not in answer.content


def test_the_director_cannot_be_told_to_reach_into_another_workspace(
    transactional_db, api, openrouter
):
    ours, theirs = make_world(api.workspace), make_world(words=CANARY)
    use_models(api.workspace, "maker/first")
    before = their_rows(theirs)
    for named in (str(theirs.ids["scene"]), CANARY):
        arguments = {"workflow": "poster", "scene_id": named}
        openrouter.will_call(("apply_director_workflow", json.dumps(arguments)))
        openrouter.will_say("Done.")

    for _ in range(2):
        path = f"/api/v1/projects/{ours.ids['project']}/messages/"
        said = api.post(path, {"content": "Make it a poster."})
        assert run(said.json()["job"]["id"]).status == "succeeded"

    assert their_rows(theirs) == before
    assert CANARY not in json.dumps(openrouter.heard[::2])
    shown = api.get(f"/api/v1/projects/{ours.ids['project']}/messages/").json()["results"]
    results = [row["content"] for row in shown if row["role"] == "tool"]
    assert len(results) == 2
    assert all("There is no such scene" in text for text in results)
    ours_scene = Scene.objects.get(pk=ours.ids["scene"])
    assert ours_scene.prompt_slots["workflow"] == "standard"


def test_the_admin_is_closed_to_members_and_owners_of_workspaces(theirs, ours):
    people = [owner_of(ours.workspace), make_member(ours.workspace, Role.EDITOR).user]
    pages = ["admin:index", "admin:scenes_project_changelist", "admin:ai_upstreamcall_changelist"]
    change = reverse("admin:scenes_project_change", args=[theirs.ids["project"]])

    for client in [*map(browser_for, people), ours.client, Client()]:
        for page in [*map(reverse, pages), change]:
            answer = client.get(page)
            assert answer.status_code == 302
            assert CANARY.encode() not in answer.content
