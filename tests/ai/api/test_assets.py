"""Pictures over HTTP: stored, listed, analysed; and every way an upload can be wrong."""

import io
from pathlib import Path
from uuid import UUID

import pytest
from django.conf import settings as used
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from PIL import Image

from ai.models import Job
from canvas.workspaces.models import Role, Workspace
from scenes.models import VisualAsset
from tests.factories import client_for
from tests.scenes.factories import make_asset


def listing(project):
    return f"/api/v1/projects/{project.pk}/assets/"


def picture(name="still.png", size=(64, 36), kind="PNG"):
    body = io.BytesIO()
    Image.new("RGB", size, "#c0392b").save(body, kind)
    return SimpleUploadedFile(name, body.getvalue(), content_type="application/octet-stream")


def upload(client, project, fields, **options):
    return Client.post(client, listing(project), fields, **options)


def files_in(folder):
    return [path for path in Path(folder).rglob("*") if path.is_file()]


def test_an_upload_is_stored_and_its_analysis_submitted(api, project):
    answer = upload(api, project, {"file": picture(), "label": "Red room", "category": "location"})

    body, job = answer.json(), Job.objects.get()
    asset = VisualAsset.objects.get()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1/jobs/{job.pk}/"
    assert answer.headers["Content-Location"] == f"/api/v1/assets/{asset.pk}/"
    assert set(body) == {"asset", "job", "problem"}
    assert body["asset"] == api.get(answer.headers["Content-Location"]).json()
    assert body["job"] == api.get(answer.headers["Location"]).json()
    assert body["problem"] is None
    assert (job.kind, job.subject_id, job.project_id) == ("vision", asset.pk, project.pk)
    shown = body["asset"]
    assert (shown["label"], shown["category"]) == ("Red room", "location")
    assert (shown["width"], shown["height"], shown["fileName"]) == (64, 36, "still.png")
    assert asset.origin["kind"] == "human"


def test_an_upload_may_do_without_the_analysis(api, project):
    answer = upload(api, project, {"file": picture(), "analyze": "false"})

    asset = VisualAsset.objects.get()
    assert answer.status_code == 201
    assert (answer.json()["job"], answer.json()["problem"]) == (None, None)
    assert answer.headers["Location"] == f"/api/v1/assets/{asset.pk}/"
    assert Job.objects.count() == 0


def test_a_picture_is_kept_even_when_its_analysis_cannot_be_paid(api, project):
    Workspace.objects.update(budget_nusd_a_month=0)

    answer = upload(api, project, {"file": picture()})

    body = answer.json()
    assert answer.status_code == 201
    assert body["job"] is None
    assert (body["problem"]["code"], body["problem"]["status"]) == ("budget-exhausted", 402)
    assert UUID(body["asset"]["id"]) == VisualAsset.objects.get().pk


def test_the_same_picture_again_is_known_as_a_duplicate(api, project):
    first = upload(api, project, {"file": picture(), "analyze": "false"}).json()["asset"]

    second = upload(api, project, {"file": picture("again.png"), "analyze": "false"})

    assert second.json()["asset"]["duplicateOf"] == first["id"]


def test_pictures_are_listed_oldest_first(api, project):
    made = [str(make_asset(project).pk) for _ in range(3)]

    page = api.get(listing(project), {"limit": 2}).json()

    assert [row["id"] for row in page["results"]] == made[:2]
    assert [row["id"] for row in api.get(page["next"]).json()["results"]] == made[2:]


def part(disposition, body=b"x", kind=b""):
    return b"\r\n".join([
        f"--{BOUNDARY}".encode(),
        b"Content-Disposition: form-data; " + disposition,
        kind,
        b"",
        body,
        f"--{BOUNDARY}--".encode(),
        b"",
    ]).replace(b"\r\n\r\n\r\n", b"\r\n\r\n")  # fmt: skip


def form(**fields):
    return encode_multipart(BOUNDARY, fields)


def fields(name, value):
    return form(**{"file": picture(), name: value})


REFUSED = {
    "no part": (lambda: form(label="x"), 400, "/file"),
    "text instead of a file": (lambda: form(file="the bytes"), 400, "/file"),
    "empty text": (lambda: form(file=""), 400, "/file"),
    "another field name": (lambda: form(image=picture()), 400, "/file"),
    "empty field name": (lambda: part(b'name=""; filename="still.png"'), 400, "/file"),
    "no file name": (lambda: part(b'name="file"; filename=""'), 400, "/file"),
    "no bytes": (lambda: part(b'name="file"; filename="still.png"', b""), 400, "/file"),
    "unknown category": (lambda: fields("category", "mood"), 400, "/category"),
    "long label": (lambda: fields("label", "a" * 201), 422, "/label"),
    "analyze is no truth": (lambda: fields("analyze", "maybe"), 400, "/analyze"),
    "unknown field": (lambda: fields("alt", "x"), 400, "/alt"),
    "NUL in a field": (lambda: fields("label", "a\x00b"), 400, None),
    "broken form": (lambda: b"no boundary at all", 400, None),
    "not a picture": (
        lambda: part(b'name="file"; filename="a.png"', b"%PDF-1.7 not a picture"),
        415,
        None,
    ),
    "broken picture": (
        lambda: part(b'name="file"; filename="a.png"', picture().read()[:60]),
        422,
        None,
    ),
}


@pytest.mark.parametrize(("body", "status", "pointer"), REFUSED.values(), ids=REFUSED)
def test_a_wrong_upload_is_refused_and_leaves_nothing_behind(
    api, project, settings, body, status, pointer
):
    answer = Client.generic(api, "POST", listing(project), body(), content_type=MULTIPART_CONTENT)

    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    if pointer:
        assert pointer in {fault["pointer"] for fault in answer.json()["errors"]}
    assert (VisualAsset.objects.count(), Job.objects.count()) == (0, 0)
    assert files_in(settings.MEDIA_ROOT) == []


@pytest.mark.parametrize("kind", ["application/json", "image/png", "text/plain"])
def test_what_is_no_form_answers_415(api, project, kind):
    answer = Client.generic(api, "POST", listing(project), b"{}", content_type=kind)

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")


def test_a_body_that_announces_too_much_is_refused_unread(api, project):
    announced = used.UPLOAD_LIMIT_BYTES + 1024 * 1024

    answer = Client.generic(
        api,
        "POST",
        listing(project),
        form(file=picture()),
        content_type=MULTIPART_CONTENT,
        CONTENT_LENGTH=str(announced),
    )

    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    assert VisualAsset.objects.count() == 0


def test_a_file_over_the_limit_is_refused_though_its_form_is_not(api, project, settings):
    settings.UPLOAD_LIMIT_BYTES = 100

    answer = upload(api, project, {"file": picture()})

    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    assert VisualAsset.objects.count() == 0


def test_the_same_key_uploads_once(api, project):
    headers = {"Idempotency-Key": "one-picture"}

    first = upload(api, project, {"file": picture()}, headers=headers)
    second = upload(api, project, {"file": picture()}, headers=headers)
    other = upload(api, project, {"file": picture(size=(32, 32))}, headers=headers)

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert second.headers["Idempotent-Replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert (VisualAsset.objects.count(), Job.objects.count()) == (1, 1)


def test_an_analysis_can_be_asked_for_again(api, project):
    asset = make_asset(project, model_input="model.jpg")

    answer = api.post(f"/api/v1/assets/{asset.pk}/analyze/")

    job = Job.objects.get()
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/api/v1/jobs/{job.pk}/"
    assert answer.json() == api.get(answer.headers["Location"]).json()
    assert (job.kind, job.subject_id) == ("vision", asset.pk)


def test_a_picture_that_is_only_an_address_is_not_analysed(api, project):
    asset = make_asset(project, external_url="https://example.com/still.png")

    answer = api.post(f"/api/v1/assets/{asset.pk}/analyze/")

    assert (answer.status_code, answer.json()["code"]) == (409, "no-file")
    assert Job.objects.count() == 0


def test_a_viewer_uploads_and_analyses_nothing(api, project):
    viewer = client_for(api.workspace, Role.VIEWER)
    asset = make_asset(project, model_input="model.jpg")

    uploaded = upload(viewer, project, {"file": picture()})
    analysed = viewer.post(f"/api/v1/assets/{asset.pk}/analyze/")

    assert (uploaded.status_code, analysed.status_code) == (403, 403)
    assert (VisualAsset.objects.count(), Job.objects.count()) == (1, 0)
