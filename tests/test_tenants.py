"""The tenant matrix, made from the URL table: another workspace's row looks like a missing one.

A new route with an id in its address fails here until it has a row in ROWS.
"""

import json
from uuid import uuid4

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from canvas.workspaces.models import Membership
from scenes.models import Project
from scenes.services import snapshots
from scenes.services.changes import Actor
from tests import factories
from tests.ai import factories as ai_factories
from tests.scenes import factories as film

METHODS = ("get", "post", "put", "patch", "delete")
# The parameters of an address -> the rows of a workspace that stand for them.
ROWS = {
    "project_id": "project",
    "scene_id": "scene",
    "beat_id": "beat",
    "snapshot_id": "snapshot",
    "entry_id": "entry",
    "asset_id": "asset",
    "change_id": "change",
    "job_id": "job",
    "outline_id": "outline",
    "workspace_id": "workspace",
    "member_id": "member",
    "token_id": "token",
}
# Files are served by signature, not by workspace; see tests of scenes.api.media.
NOT_TENANTS = {"media/<path:path>"}


def routes(patterns=None, prefix=""):
    for entry in patterns if patterns is not None else get_resolver().url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            if not route.startswith("admin/"):
                yield from routes(entry.url_patterns, route)
        elif isinstance(entry, URLPattern) and route not in NOT_TENANTS:
            yield route, tuple(entry.pattern.converters)


WITH_IDS = sorted((route, names) for route, names in routes() if names)


def rows_of(workspace):
    """One row of each kind, all of one workspace."""
    by = Actor.human(None)
    project = film.make_project(workspace)
    scene = film.make_scene(project)
    factories.make_token(workspace)
    return {
        "project": project.pk,
        "scene": scene.pk,
        "beat": film.make_beat(scene).pk,
        "snapshot": snapshots.take_snapshot(scene=scene, by=by).pk,
        "entry": film.make_entry(project).pk,
        "asset": film.make_asset(project).pk,
        "change": project.changes.first().pk,
        "job": ai_factories.make_job(project).pk,
        "outline": ai_factories.make_outline(project).pk,
        "workspace": workspace.pk,
        "member": Membership.objects.filter(workspace=workspace).first().pk,
        "token": workspace.tokens.first().pk,
    }


def address(route, names, ids):
    for name in names:
        route = route.replace(f"<uuid:{name}>", str(ids[ROWS[name]]))
    assert "<" not in route, f"{route} has an address part that ROWS does not know"
    return f"/{route}"


def ask(client, method, path):
    if method in {"get", "delete"}:
        return getattr(client, method)(path)
    return getattr(client, method)(path, "{}", content_type="application/json")


def body(answer):
    found = json.loads(answer.content)
    found.pop("requestId")
    return found


def test_the_matrix_has_routes():
    assert len(WITH_IDS) > 30


@pytest.mark.parametrize(("route", "names"), WITH_IDS, ids=[route for route, _ in WITH_IDS])
def test_a_foreign_id_answers_like_a_missing_one(db, route, names):
    foreign = rows_of(factories.make_workspace())
    missing = {kind: uuid4() for kind in foreign}
    client = factories.client_for(factories.make_workspace())
    before = list(Project.objects.order_by("pk").values("pk", "version", "title", "deleted_at"))

    for method in METHODS:
        theirs = ask(client, method, address(route, names, foreign))
        nobodys = ask(client, method, address(route, names, missing))
        assert (theirs.status_code, nobodys.status_code) in {(404, 404), (405, 405)}, method
        assert body(theirs) == body(nobodys), method

    after = list(Project.objects.order_by("pk").values("pk", "version", "title", "deleted_at"))
    assert after == before


@pytest.mark.parametrize(("route", "names"), WITH_IDS, ids=[route for route, _ in WITH_IDS])
def test_what_is_no_id_is_a_404_too(db, route, names):
    client = factories.client_for(factories.make_workspace())
    for name in names:
        route = route.replace(f"<uuid:{name}>", "not-an-id")

    answer = client.get(f"/{route}")

    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(("route", "names"), WITH_IDS, ids=[route for route, _ in WITH_IDS])
def test_nobody_reads_anything_without_a_token(db, client, route, names):
    ours = rows_of(factories.make_workspace())

    answer = client.get(address(route, names, ours))

    assert answer.status_code in {401, 405}
