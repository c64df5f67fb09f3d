"""Every route of the film: who may pass, what no body may hold, how many queries a list takes."""

import json
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from canvas.workspaces.models import Role
from scenes.models import Beat, BibleEntry, ChangeSet, Project, Scene, SceneMedia, VisualAsset
from scenes.services.media import add_media
from scenes.services.snapshots import record_version, take_snapshot
from tests.factories import browser_for, client_for, make_member
from tests.scenes.factories import (
    HUMAN,
    make_asset,
    make_beat,
    make_entry,
    make_project,
    make_scene,
    roomy_workspace,
)

READS = [
    "projects/",
    "projects/{project}/",
    "projects/{project}/scenes/",
    "projects/{project}/bible/",
    "projects/{project}/bible/entries/",
    "projects/{project}/changes/",
    "scenes/{scene}/",
    "scenes/{scene}/beats/",
    "scenes/{scene}/snapshots/",
    "scenes/{scene}/snapshots/{snapshot}/",
    "scenes/{scene}/versions/",
    "scenes/{scene}/media/",
    "beats/{beat}/",
    "bible-entries/{entry}/",
    "assets/{asset}/",
    "changes/{change}/",
    "templates/",
]
WRITES = [
    ("post", "projects/", {"title": "A"}),
    ("patch", "projects/{project}/", {"title": "A"}),
    ("post", "projects/{project}/archive/", {}),
    ("post", "projects/{project}/restore/", {}),
    ("post", "projects/{project}/duplicate/", {}),
    ("post", "projects/{project}/scenes/", {"title": "A"}),
    ("patch", "projects/{project}/bible/", {"aesthetic": {"era": "1920s"}}),
    ("post", "projects/{project}/bible/entries/", {"category": "prop", "name": "A"}),
    ("patch", "scenes/{scene}/", {"title": "A"}),
    ("post", "scenes/{scene}/move/", {"after": None}),
    ("post", "scenes/{scene}/status/", {"status": "refining"}),
    ("post", "scenes/{scene}/beats/", {"summary": "A"}),
    ("post", "scenes/{scene}/snapshots/", {"notes": "A"}),
    ("post", "scenes/{scene}/snapshots/{snapshot}/restore/", {}),
    ("post", "scenes/{scene}/versions/", {"notes": "A"}),
    ("post", "scenes/{scene}/media/", {"url": "https://example.com/a.png"}),
    ("patch", "beats/{beat}/", {"summary": "A"}),
    ("post", "beats/{beat}/move/", {"after": None}),
    ("patch", "bible-entries/{entry}/", {"name": "A"}),
    ("patch", "assets/{asset}/", {"label": "A"}),
    ("delete", "assets/{asset}/", {}),
    ("delete", "bible-entries/{entry}/", {}),
    ("delete", "beats/{beat}/", {}),
    ("delete", "scenes/{scene}/", {}),
    ("delete", "projects/{project}/", {}),
]
TABLES = (Project, Scene, Beat, BibleEntry, SceneMedia, VisualAsset, ChangeSet)
OWNERLESS = {"projects/", "templates/"}


def world(project):
    """Make one row of everything in a project, and give their ids by noun."""
    scene = make_scene(project)
    record_version(scene=scene, by=HUMAN)
    add_media(scene=scene, by=HUMAN, url="https://example.com/a.png")
    return {
        "project": project.pk,
        "scene": scene.pk,
        "beat": make_beat(scene).pk,
        "snapshot": take_snapshot(scene=scene, by=HUMAN).pk,
        "entry": make_entry(project).pk,
        "asset": make_asset(project).pk,
        "change": ChangeSet.objects.filter(project=project)[0].pk,
    }


def state():
    return [list(table.objects.order_by("pk").values()) for table in TABLES]


def call(client, method, path, body=None):
    if body is None:
        return getattr(client, method)(f"/api/v1/{path}")
    return getattr(client, method)(f"/api/v1/{path}", body, "application/json")


@pytest.mark.parametrize("path", READS)
def test_viewers_and_commenters_read(film, path):
    ids = world(film.project)
    member = make_member(film.workspace, Role.COMMENTER)

    answers = [
        call(client, "get", path.format(**ids))
        for client in (client_for(film.workspace, Role.VIEWER), browser_for(member.user))
    ]

    assert [answer.status_code for answer in answers] == [200, 200]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_viewers_and_commenters_change_nothing_and_editors_do(film, method, path, body):
    ids = world(film.project)
    commenter = browser_for(make_member(film.workspace, Role.COMMENTER).user)
    before = state()

    for client in (client_for(film.workspace, Role.VIEWER), commenter):
        answer = call(client, method, path.format(**ids), body)
        assert (answer.status_code, answer.json()["code"]) == (403, "role-too-low")

    assert state() == before
    editor = client_for(film.workspace, Role.EDITOR)
    assert call(editor, method, path.format(**ids), body).status_code in {200, 201, 204}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("get", path, None) for path in READS if path not in OWNERLESS]
    + [write for write in WRITES if write[1] not in OWNERLESS],
)
def test_another_workspaces_rows_look_like_missing_ones(film, method, path, body):
    theirs = world(make_project(roomy_workspace()))
    missing = {name: UUID(int=7) for name in theirs}
    before = state()

    answers = [call(film, method, path.format(**ids), body) for ids in (theirs, missing)]

    assert [answer.status_code for answer in answers] == [404, 404]
    first, second = ({**answer.json(), "requestId": ""} for answer in answers)
    assert first == second
    assert state() == before


@pytest.mark.parametrize("path", READS)
def test_strangers_are_asked_who_they_are(client, film, path):
    assert call(client, "get", path.format(**world(film.project))).status_code == 401


def fill(project, count):
    for _ in range(count):
        scene = make_scene(project)
        picture = make_asset(project)
        make_entry(project, assets=[picture.pk])
        add_media(scene=scene, by=HUMAN, asset_id=picture.pk)
    for _ in range(count):
        make_beat(scene)
        take_snapshot(scene=scene, by=HUMAN)
        record_version(scene=scene, by=HUMAN)
        add_media(scene=scene, by=HUMAN, asset_id=picture.pk)
    return {"project": project.pk, "scene": scene.pk}


@pytest.mark.parametrize(
    "path",
    [path for path in READS if path.endswith(("s/", "media/", "bible/"))],
)
def test_a_list_takes_the_same_queries_for_one_row_and_for_twenty(film, path):
    few = fill(film.project, 1)
    many = fill(make_project(film.workspace), 20)

    counts = []
    for ids in (few, many):
        film.get(f"/api/v1/{path.format(**ids)}")
        with CaptureQueriesContext(connection) as queries:
            film.get(f"/api/v1/{path.format(**ids)}")
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert counts[0] <= 7


STEPS = "/promptSlots/advanced/steps"
NUL, HALF = "a\x00b", "a\ud800b"
DEEP = json.loads("[" * 40 + "]" * 40)
HOSTILE = [
    ("post", "projects/", {"title": NUL}, "/title"),
    ("post", "projects/", {"title": HALF}, "/title"),
    ("post", "projects/", {"title": 7}, "/title"),
    ("post", "projects/", {"title": None}, "/title"),
    ("post", "projects/", {}, "/title"),
    ("post", "projects/", {"title": "A", "owner": "me"}, "/owner"),
    ("post", "projects/", {"title": "A", "tags": "b"}, "/tags"),
    ("post", "projects/", {"title": "A", "tags": ["b", 7]}, "/tags/1"),
    ("post", "projects/", {"title": "A", "isArchived": "yes"}, "/isArchived"),
    ("post", "projects/", {"title": "A", "globalStyle": {"mood": "x"}}, "/globalStyle/mood"),
    ("post", "projects/", {"title": "A", "globalStyle": []}, "/globalStyle"),
    (
        "post",
        "projects/",
        {"title": "A", "globalStyle": {"characterRefs": [{"name": "B"}]}},
        "/globalStyle/characterRefs/0/description",
    ),
    ("patch", "projects/{project}/", {"workspace": "x"}, "/workspace"),
    (
        "patch",
        "projects/{project}/",
        {"globalStyle": {"characterRefs": [None]}},
        "/globalStyle/characterRefs/0",
    ),
    ("post", "projects/{project}/scenes/", {"title": "A", "cast": [NUL]}, "/cast/0"),
    ("post", "projects/{project}/scenes/", {"title": "A", "cast": {"a": 1}}, "/cast"),
    ("post", "projects/{project}/scenes/", {"title": "A", "promptSlots": []}, "/promptSlots"),
    ("post", "projects/{project}/scenes/", {"title": "A", "status": "done"}, "/status"),
    (
        "post",
        "projects/{project}/scenes/",
        {"title": "A", "durationSeconds": "4"},
        "/durationSeconds",
    ),
    (
        "post",
        "projects/{project}/scenes/",
        {"title": "A", "durationSeconds": 2**60},
        "/durationSeconds",
    ),
    (
        "patch",
        "scenes/{scene}/",
        {"promptSlots": {"camera": {"lens": HALF}}},
        "/promptSlots/camera/lens",
    ),
    ("patch", "scenes/{scene}/", {"promptSlots": {NUL: 1}}, "/promptSlots"),
    ("patch", "scenes/{scene}/", {"promptSlots": None}, "/promptSlots"),
    ("patch", "scenes/{scene}/", {"templateId": "neon-noir"}, "/templateId"),
    ("post", "scenes/{scene}/move/", {"after": 7}, "/after"),
    ("post", "scenes/{scene}/move/", {"after": "next"}, "/after"),
    ("post", "scenes/{scene}/move/", {"after": None, "before": None}, "/before"),
    ("post", "scenes/{scene}/status/", {"status": ["locked"]}, "/status"),
    ("post", "scenes/{scene}/beats/", {"summary": "A", "shot": "wide"}, "/shot"),
    ("post", "scenes/{scene}/beats/", {"summary": "A", "shot": {"a": DEEP}}, "/shot/a" + "/0" * 30),
    ("patch", "beats/{beat}/", {"durationSeconds": True}, "/durationSeconds"),
    ("post", "scenes/{scene}/snapshots/", {"notes": {"a": 1}}, "/notes"),
    ("post", "scenes/{scene}/versions/", {"metadata": "x"}, "/metadata"),
    ("post", "projects/{project}/bible/entries/", {"category": "hero", "name": "A"}, "/category"),
    ("post", "projects/{project}/bible/entries/", {"category": "prop", "name": HALF}, "/name"),
    (
        "post",
        "projects/{project}/bible/entries/",
        {"category": "prop", "name": "A", "assets": ["x"]},
        "/assets/0",
    ),
    (
        "post",
        "projects/{project}/bible/entries/",
        {"category": "prop", "name": "A", "states": [{"title": "B"}]},
        "/states/0/title",
    ),
    ("patch", "bible-entries/{entry}/", {"states": [{"description": "B"}]}, "/states/0/name"),
    ("patch", "bible-entries/{entry}/", {"assets": [7]}, "/assets/0"),
    (
        "patch",
        "projects/{project}/",
        {"globalStyle": {"characterRefs": [{"name": "B"}]}},
        "/globalStyle/characterRefs/0/description",
    ),
    ("patch", "assets/{asset}/", {"tags": [None]}, "/tags/0"),
    ("patch", "assets/{asset}/", {"category": "hero"}, "/category"),
    ("patch", "assets/{asset}/", [1], ""),
    ("patch", "scenes/{scene}/", "title", ""),
]
BEYOND = [
    ("post", "projects/", {"title": ""}, "/title"),
    ("post", "projects/", {"title": "  "}, "/title"),
    ("post", "projects/", {"title": "x" * 201}, "/title"),
    ("post", "projects/", {"title": "A", "tags": ["b"] * 51}, "/tags"),
    ("patch", "projects/{project}/", {"description": "x" * 20_001}, "/description"),
    (
        "post",
        "projects/{project}/scenes/",
        {"title": "A", "durationSeconds": -1},
        "/durationSeconds",
    ),
    (
        "post",
        "projects/{project}/scenes/",
        {"title": "A", "durationSeconds": 1e300},
        "/durationSeconds",
    ),
    ("post", "scenes/{scene}/beats/", {"summary": "A", "shot": {"a": "x" * 17_000}}, "/shot"),
    (
        "patch",
        "scenes/{scene}/",
        {"promptSlots": {"subject": "x" * 4_001}},
        "/promptSlots/subject",
    ),
    ("patch", "scenes/{scene}/", {"promptSlots": {"advanced": {"steps": 1e7}}}, STEPS),
]
REFUSED = [(*case, 400, "malformed") for case in HOSTILE]
REFUSED += [(*case, 422, "invalid") for case in BEYOND]


@pytest.mark.parametrize(("method", "path", "body", "pointer", "status", "code"), REFUSED)
def test_a_bad_body_is_named_and_nothing_is_stored(film, method, path, body, pointer, status, code):
    ids = world(film.project)
    before = state()
    raw = json.dumps(body)

    answer = call(film, method, path.format(**ids), raw)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert pointer in [fault["pointer"] for fault in answer.json()["errors"]]
    assert state() == before
    for listing in READS:
        assert call(film, "get", listing.format(**ids)).status_code == 200


def test_every_event_and_change_of_a_project_is_its_own(film):
    world(film.project)

    changes = ChangeSet.objects.filter(project=film.project)

    events = list(film.project.events.order_by("seq").values_list("seq", flat=True))
    assert events == list(range(1, len(events) + 1))
    applied = film.project.events.filter(name="change.applied")
    assert applied.count() == changes.count()
