"""Another workspace's rows answer 404 at every address, exactly like rows that never were."""

from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from ai.models import Job, JobStatus, OutlineStatus
from scenes.models import VisualAsset
from tests.ai.factories import make_job, make_message, make_outline
from tests.scenes.factories import make_asset

ROUTES = [
    ("GET", "projects/{project}/messages/"),
    ("POST", "projects/{project}/messages/"),
    ("GET", "projects/{project}/outlines/"),
    ("POST", "projects/{project}/outlines/"),
    ("GET", "projects/{project}/assets/"),
    ("POST", "projects/{project}/assets/"),
    ("GET", "projects/{project}/events/"),
    ("GET", "outlines/{outline}/"),
    ("POST", "outlines/{outline}/accept/"),
    ("POST", "outlines/{outline}/reject/"),
    ("POST", "assets/{asset}/analyze/"),
    ("GET", "jobs/{job}/"),
    ("POST", "jobs/{job}/cancel/"),
    ("POST", "jobs/{job}/retry/"),
    ("GET", "jobs/{job}/events/"),
]


def call(client, method, address):
    if method == "POST" and "/projects/" in address and address.endswith("/assets/"):
        file = SimpleUploadedFile("still.png", b"bytes", content_type="image/png")
        return Client.post(client, address, {"file": file})
    if method == "POST":
        bodies = {"messages/": {"content": "Hi."}, "outlines/": {"source": "text", "text": "A."}}
        body = next((body for end, body in bodies.items() if address.endswith(end)), {})
        return client.post(address, body)
    return client.get(address)


def rows_of(project):
    return {
        "project": project.pk,
        "outline": make_outline(project).pk,
        "asset": make_asset(project, model_input="model.jpg").pk,
        "job": make_job(project, status=JobStatus.FAILED).pk,
    }


@pytest.mark.parametrize(("method", "route"), ROUTES)
def test_foreign_is_missing(api, foreign, method, route):
    rows = rows_of(foreign)
    absent = dict.fromkeys(rows, uuid4())

    theirs = call(api, method, f"/api/v1/{route.format(**rows)}")
    nobodys = call(api, method, f"/api/v1/{route.format(**absent)}")

    ours, gone = theirs.json(), nobodys.json()
    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    assert theirs.headers["Content-Type"] == "application/problem+json"
    assert (ours.pop("requestId"), gone.pop("requestId")) != (None, None)
    assert ours == gone
    assert (Job.objects.count(), VisualAsset.objects.count()) == (1, 1)
    assert foreign.outlines.get().status == OutlineStatus.PROPOSED


@pytest.mark.parametrize(("method", "route"), ROUTES)
def test_a_stranger_answers_401(project, method, route):
    rows = rows_of(project)
    stranger = Client()

    address = f"/api/v1/{route.format(**rows)}"
    answer = stranger.get(address) if method == "GET" else stranger.post(address)

    assert (answer.status_code, answer.json()["code"]) == (401, "not-authenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("route", sorted({route for _, route in ROUTES}))
def test_what_is_no_id_leads_nowhere(api, route):
    address = f"/api/v1/{route.format(project='1', outline='1', asset='1', job='1')}"

    answer = api.get(address)

    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_lists_show_one_workspace_only(api, project, foreign):
    make_job(foreign)
    own = make_job(project)

    shown = api.get("/api/v1/jobs/").json()["results"]

    assert [row["id"] for row in shown] == [str(own.pk)]
    assert api.get("/api/v1/jobs/", {"projectId": str(foreign.pk)}).json()["results"] == []


def test_rows_of_a_deleted_project_are_missing(api, project):
    rows = rows_of(project)
    make_message(project)
    api.delete(f"/api/v1/projects/{project.pk}/")

    for method, route in ROUTES:
        if route in {"jobs/{job}/", "jobs/{job}/cancel/"}:
            continue  # what was done and paid stays readable
        assert call(api, method, f"/api/v1/{route.format(**rows)}").status_code == 404, route
