"""Exports over HTTP and by their jobs: who may, what is refused, what a kill leaves, what stays."""

import itertools
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ai.jobs import retention, runner, service, sweeper
from ai.models import Budget, Job, UpstreamCall
from ai.services import exports as work
from canvas.workspaces.models import Role
from scenes.models import Export, ExportFormat
from scenes.services import exports
from scenes.services.beats import edit_beat
from scenes.services.bin import empty
from scenes.services.exports import KINDS
from scenes.services.projects import edit_project, remove_project
from scenes.services.scenes import edit_scene
from tests.factories import browser_for, client_for, make_member
from tests.scenes.exports.conftest import export, order
from tests.scenes.factories import HUMAN, make_export, make_project, roomy_workspace


def listing(project):
    return f"/api/v1/projects/{project.pk}/exports/"


def test_an_export_is_a_job_whose_result_names_the_file(film):
    answer = film.post(listing(film.project), {"format": "fountain"})

    job = Job.objects.get()
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/api/v1/jobs/{job.pk}/"
    assert answer.json() == film.get(answer.headers["Location"]).json()
    assert (answer.json()["kind"], answer.json()["status"]) == ("export", "queued")
    assert job.payload == {"format": "fountain", "baseUrl": "http://testserver"}

    runner.run(job.pk)

    done = film.get(answer.headers["Location"]).json()
    row = Export.objects.get()
    shown = film.get(f"/api/v1/exports/{row.pk}/")
    assert (done["status"], done["costUsd"], done["model"]) == ("succeeded", "0", None)
    assert done["result"]["exportId"] == str(row.pk)
    assert shown.json() == {
        "id": str(row.pk),
        "projectId": str(film.project.pk),
        "jobId": str(job.pk),
        "format": "fountain",
        "fileName": "Salt Roads.fountain",
        "url": done["result"]["url"],
        "contentType": "text/plain; charset=utf-8",
        "bytes": row.size_bytes,
        "sha256": row.sha256,
        "watermark": None,
        "createdAt": shown.json()["createdAt"],
        "expiresAt": shown.json()["expiresAt"],
    }
    created, expires = map(
        timezone.datetime.fromisoformat, (shown.json()["createdAt"], shown.json()["expiresAt"])
    )
    assert expires - created == timedelta(days=30)
    assert film.get(
        f"/api/v1/exports/{row.pk}/", headers={"If-None-Match": shown.headers["ETag"]}
    ).status_code == 304  # fmt: skip
    assert film.get(listing(film.project)).json() == {
        "results": [shown.json()], "next": None, "previous": None,
    }  # fmt: skip
    assert UpstreamCall.objects.count() == 0


def test_a_workspace_without_any_budget_left_exports_all_the_same(film):
    plan = film.workspace.plan
    plan.budget_nusd_a_month, plan.budget_nusd_a_day, plan.tokens_a_month = 0, 0, 0
    plan.save()
    before = Budget.objects.count()

    export(film, "json")

    assert Budget.objects.count() == before
    assert Export.objects.get().finished_at is not None


@pytest.mark.parametrize("form", sorted(set(ExportFormat.values) - set(KINDS)))
def test_a_format_that_cannot_be_written_yet_is_refused_and_the_others_are_named(film, form):
    answer = film.post(listing(film.project), {"format": form})

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "format-unavailable")
    assert problem["available"] == ["json", "fountain", "csv-shots"]
    assert problem["errors"] == [
        {
            "pointer": "/format",
            "code": "format-unavailable",
            "detail": "One of json, fountain, csv-shots.",
        }
    ]
    assert (Job.objects.count(), Export.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/format"),
        ({"format": None}, "/format"),
        ({"format": "docx"}, "/format"),
        ({"format": "JSON"}, "/format"),
        ({"format": ["json"]}, "/format"),
        ({"format": 1}, "/format"),
        ({"format": "json\x00"}, "/format"),
        ({"format": "json", "watermark": False}, "/watermark"),
        ({"format": "json", "baseUrl": "https://evil.example"}, "/baseUrl"),
    ],
)
def test_a_malformed_order_is_refused_with_a_pointer(film, body, pointer):
    answer = film.post(listing(film.project), body)

    assert answer.status_code == 400
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]
    assert Job.objects.count() == 0


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.VIEWER, 403), (Role.COMMENTER, 202), (Role.EDITOR, 202), (Role.OWNER, 202)],
)
def test_commenters_may_export_and_viewers_may_fetch(film, role, status):
    export(film, "json")
    person = browser_for(make_member(film.workspace, role).user)

    asked = person.post(listing(film.project), {"format": "json"}, "application/json")
    seen = person.get(listing(film.project))

    assert asked.status_code == status
    assert (seen.status_code, len(seen.json()["results"])) == (200, 1)
    assert Job.objects.count() == (2 if status == 202 else 1)


def test_exports_of_another_workspace_are_missing(film):
    theirs = make_export(make_project(roomy_workspace()))
    before = Job.objects.count()

    answers = [
        film.get(listing(theirs.project)),
        film.post(listing(theirs.project), {"format": "json"}),
        film.get(f"/api/v1/exports/{theirs.pk}/"),
        film.get(f"/api/v1/exports/{uuid4()}/"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    told = [{**answer.json(), "requestId": None} for answer in answers[2:]]
    assert told[0] == told[1]
    assert film.get(listing(film.project)).json()["results"] == []
    assert Job.objects.count() == before


def test_an_export_of_a_deleted_project_is_missing(film):
    result = export(film, "json")
    remove_project(project=film.project, by=HUMAN)

    assert film.get(f"/api/v1/exports/{result['exportId']}/").status_code == 404
    assert film.get(listing(film.project)).status_code == 404


def test_the_list_pages_newest_first_and_asks_as_much_for_many_as_for_one(film):
    first = make_export(film.project)
    film.get(listing(film.project))  # the first call notes when the token was used
    with CaptureQueriesContext(connection) as few:
        film.get(listing(film.project))
    more = [make_export(film.project, "fountain") for _ in range(4)]
    with CaptureQueriesContext(connection) as many:
        shown = film.get(listing(film.project)).json()["results"]

    assert [row["id"] for row in shown] == [str(row.pk) for row in [*more[::-1], first]]
    assert len(many) == len(few)
    page = film.get(listing(film.project), {"limit": 2}).json()
    assert [row["id"] for row in page["results"]] == [str(more[3].pk), str(more[2].pk)]
    assert page["next"] is not None


def test_the_same_order_with_one_key_is_one_job(film):
    headers = {"Idempotency-Key": "once"}

    first, second = (
        film.post(listing(film.project), {"format": "json"}, headers=headers) for _ in range(2)
    )

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json()["id"] == second.json()["id"]
    assert Job.objects.count() == 1


def test_after_a_kill_the_next_try_makes_a_file_of_its_own_and_only_that_is_shown(film):
    job_id = order(film, "json")
    dead = runner.claim(job_id)
    work.make(dead)  # the file is written, and the worker dies here
    left = Export.objects.get()
    with default_storage.open(left.path) as file:
        content = file.read()
    Job.objects.filter(pk=job_id).update(lease_until=timezone.now() - timedelta(seconds=1))

    assert film.get(listing(film.project)).json()["results"] == []
    assert film.get(f"/api/v1/exports/{left.pk}/").status_code == 404
    sweeper.requeue_lost()
    Job.objects.filter(pk=job_id).update(run_after="2020-01-01T00:00:00Z")
    runner.run(job_id)

    job = Job.objects.get(pk=job_id)
    shown = film.get(listing(film.project)).json()["results"]
    assert (job.status, job.attempts) == ("succeeded", 2)
    assert [row["id"] for row in shown] == [job.result["exportId"]]
    assert job.result["exportId"] != str(left.pk)
    assert (len(content), Export.objects.count()) == (left.size_bytes, 2)
    with default_storage.open(left.path) as file:
        assert file.read() == content

    empty(before=timezone.now())  # what was left is removed like any old file

    assert Export.objects.count() == 0
    assert not default_storage.exists(left.path)


def test_a_try_that_lost_its_job_shows_nothing(film, monkeypatch):
    job_id = order(film, "json")
    real = exports.write_file

    def lose_it(**given):
        Job.objects.filter(pk=job_id).update(fence=uuid4())
        real(**given)

    monkeypatch.setattr(exports, "write_file", lose_it)
    runner.run(job_id)

    assert Job.objects.get(pk=job_id).status == "running"
    assert Export.objects.get().finished_at is None
    assert film.get(listing(film.project)).json()["results"] == []


def test_a_job_that_is_cancelled_meanwhile_shows_nothing(film, monkeypatch):
    job_id = order(film, "json")
    real = exports.write_file

    def cancel(**given):
        real(**given)
        service.cancel(job=Job.objects.get(pk=job_id))

    monkeypatch.setattr(exports, "write_file", cancel)
    runner.run(job_id)

    assert (Job.objects.get(pk=job_id).status, Job.objects.get(pk=job_id).result) == (
        "cancelled", None,
    )  # fmt: skip
    assert film.get(listing(film.project)).json()["results"] == []


def test_a_job_has_one_finished_export(film):
    made = exports.make_file(
        project_id=film.project.pk, format="json", base_url="http://testserver"
    )
    job_id = uuid4()
    first, second = (exports.begin_export(made=made, job_id=job_id) for _ in range(2))
    exports.finish_export(export=first)

    with pytest.raises(IntegrityError):
        exports.finish_export(export=second)


def test_a_project_that_is_deleted_meanwhile_fails_the_job_and_leaves_no_file(film):
    job_id = order(film, "json")
    remove_project(project=film.project, by=HUMAN)

    runner.run(job_id)

    job = Job.objects.get(pk=job_id)
    assert (job.status, job.error["code"]) == ("failed", "not-found")
    assert Export.objects.count() == 0
    assert not default_storage.exists("exports")


def test_a_full_disk_fails_the_job_and_nothing_is_shown(film, monkeypatch):
    job_id = order(film, "json")

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(default_storage, "save", full)
    runner.run(job_id)

    job = Job.objects.get(pk=job_id)
    assert (job.status, job.error["code"]) == ("failed", "internal")
    assert film.get(listing(film.project)).json()["results"] == []


def test_old_files_and_those_of_projects_gone_for_good_are_removed(film):
    kept, old = make_export(film.project), make_export(film.project)
    other = make_project(film.workspace)
    gone = make_export(other)
    remove_project(project=other, by=HUMAN)
    long_ago = timezone.now() - timedelta(days=30, seconds=1)
    Export.objects.filter(pk=old.pk).update(created_at=long_ago)
    type(other).objects.filter(pk=other.pk).update(deleted_at=long_ago)

    retention.prune()

    assert list(Export.objects.values_list("pk", flat=True)) == [kept.pk]
    assert [default_storage.exists(one.path) for one in (kept, old, gone)] == [True, False, False]


def test_a_project_keeps_its_newest_files_only(film, monkeypatch):
    monkeypatch.setattr(exports, "KEPT_A_PROJECT", 2)
    other = make_export(make_project(film.workspace))
    first, second, third = (make_export(film.project) for _ in range(3))

    assert set(Export.objects.values_list("pk", flat=True)) == {other.pk, second.pk, third.pk}
    assert not default_storage.exists(first.path)


def test_a_client_of_a_read_token_cannot_export(film):
    reader = client_for(film.workspace, Role.VIEWER)

    assert reader.post(listing(film.project), {"format": "json"}).status_code == 403
    assert Job.objects.count() == 0


@pytest.mark.parametrize(("form", "places"), [("json", 2), ("fountain", 3), ("csv-shots", 2)])
def test_a_file_holds_one_state_and_never_half_of_a_change(film, form, places):
    scene = film.project.scenes.get()
    beat = scene.beats.get()
    ended = threading.Event()

    def change():
        for take in itertools.count():
            with transaction.atomic():
                edit_project(project=film.project, by=HUMAN, title=f"take-{take}")
                edit_scene(scene=scene, by=HUMAN, title=f"take-{take}")
                edit_beat(beat=beat, by=HUMAN, summary=f"take-{take}")
            if ended.wait(0.002):
                break
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        changing = pool.submit(change)
        seen = []
        try:
            while len(set(map(tuple, seen))) < 15 and not changing.done():
                made = exports.make_file(project_id=film.project.pk, format=form, base_url="")
                takes = re.findall(rb"take-\d+", made.data)
                seen += [takes] if takes else []
        finally:
            ended.set()
            changing.result(timeout=30)

    assert {len(takes) for takes in seen} == {places}
    assert [takes for takes in seen if len(set(takes)) != 1] == []
