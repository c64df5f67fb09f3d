"""What is in an exported file, with and without the plan's line, and how it is served."""

import hashlib
import json
from datetime import UTC, datetime

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from ai.jobs import runner
from ai.models import Job
from canvas.workspaces.models import Workspace
from scenes.media import media_url
from scenes.models import ChangeSet, Export, Scene
from scenes.services.projects import remove_project, restore_project
from tests.scenes.exports.conftest import export, mark, order
from tests.scenes.factories import HUMAN, make_asset, make_project, roomy_workspace

LINE = "Made with Scene Canvas"


def fetched(result):
    """Fetch a file as a browser would, without any token."""
    answer = Client().get(result["url"])
    assert answer.status_code == 200
    return answer


def fountain(*, notes="", end=""):
    today = datetime.now(UTC).date().isoformat()
    return (
        f"Title: Salt Roads\nDraft date: {today}\nNotes:\n    A crossing.\n{notes}\n"
        ".QUAY #1#\n\n= The ferry\n\nMara waits.\n\nShe looks up.\n"
        f"{end}"
    ).encode()


def shots(*, end=b""):
    return (
        b'\xef\xbb\xbf"Scene","Scene title","Location","Beat","Text","Camera","Lens","Movement",'
        b'"Seconds","Prompt"\r\n"1","The ferry","Quay","1","She looks up.","wide","35mm","",'
        b'"4.5","a quay, low, 35mm, --ar 16:9"\r\n' + end
    )


@pytest.mark.parametrize(
    ("form", "plain", "marked"),
    [
        (
            "fountain",
            fountain,
            lambda: fountain(notes=f"    {LINE}\n", end=f"\n> {LINE} <\n"),
        ),
        (
            "csv-shots",
            shots,
            lambda: shots(end=b'"Made with Scene Canvas","","","","","","","","",""\r\n'),
        ),
    ],
)
def test_a_file_has_these_bytes_and_the_line_only_while_the_plan_asks_for_it(
    film, form, plain, marked
):
    unmarked = export(film, form)
    mark(film)
    with_line = export(film, form)
    mark(film, watermark=False)
    again = export(film, form)

    assert fetched(unmarked).content == plain()
    assert fetched(with_line).content == marked()
    assert fetched(again).content == plain()
    assert [one["watermark"] for one in (unmarked, with_line, again)] == [None, LINE, None]


def test_the_json_holds_the_document_as_it_is_read_and_the_line_beside_it(film):
    make_asset(film.project)
    shown = film.get(f"/api/v1/projects/{film.project.pk}/document/").json()

    plain = fetched(export(film, "json")).content
    mark(film)
    marked = fetched(export(film, "json")).content

    assert plain == json.dumps({"document": shown}, ensure_ascii=False, indent=2).encode() + b"\n"
    assert list(json.loads(marked).items()) == [("watermark", LINE), ("document", shown)]


def test_the_document_of_an_export_can_be_saved_again_and_changes_nothing(film):
    make_asset(film.project)
    mark(film)
    document = json.loads(fetched(export(film, "json")).content)["document"]
    before = ChangeSet.objects.count()

    answer = film.put(f"/api/v1/projects/{film.project.pk}/document/", document, "application/json")

    assert (answer.status_code, answer.json()) == (200, document)
    assert ChangeSet.objects.count() == before


def test_the_line_is_that_of_the_plan_at_the_moment_of_writing(film):
    job_id = order(film, "fountain")
    mark(film)
    runner.run(job_id)

    assert Job.objects.get(pk=job_id).result["watermark"] == LINE


@pytest.mark.parametrize(
    ("form", "content_type", "name"),
    [
        ("json", "application/json", "Salt Roads.json"),
        ("fountain", "text/plain; charset=utf-8", "Salt Roads.fountain"),
        ("csv-shots", "text/csv; charset=utf-8", "Salt Roads.csv"),
    ],
)
def test_a_file_is_served_to_be_saved_and_as_nothing_else(film, form, content_type, name):
    result = export(film, form)
    answer = fetched(result)

    row = Export.objects.get()
    assert result == {
        "exportId": str(row.pk),
        "url": f"http://testserver{media_url(row.path)}",
        "format": form,
        "bytes": len(answer.content),
        "sha256": hashlib.sha256(answer.content).hexdigest(),
        "watermark": None,
    }
    assert answer.headers["Content-Type"] == content_type
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["ETag"] == f'"{result["sha256"]}"'


def test_a_file_that_is_known_already_is_not_sent_again(film):
    url = export(film, "json")["url"]
    mark_of_it = Client().get(url).headers["ETag"]

    unchanged = Client().get(url, headers={"If-None-Match": mark_of_it})
    malformed = Client().get(url, headers={"If-None-Match": "x"})
    head = Client().head(url)

    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert (malformed.status_code, malformed.json()["code"]) == (400, "malformed")
    assert (head.status_code, head.content) == (200, b"")
    assert Client().post(url).status_code == 405


NAMES = {
    "blanks": ("  a  ", "a"),
    "path": ("../../etc/passwd", "etc passwd"),
    "drive": ("C:\\a|b?", "C a b"),
    "quotes": ("a\"b';c", "a b c"),
    "header": ("a\r\nX-Evil: 1", "a X-Evil 1"),
    "turned": ("gpj.\u202eexe.png", "gpj exe png"),
    "dots": ("...", "project"),
    "device": ("con", "con project"),
    "emoji": ("\U0001f600", "project"),
    "long": ("\u00e9" * 200, "\u00e9" * 60),
    "hebrew": ("\u05e9\u05dc\u05d5\u05dd", "\u05e9\u05dc\u05d5\u05dd"),
}


@pytest.mark.parametrize(("title", "name"), NAMES.values(), ids=NAMES)
def test_a_title_makes_a_harmless_file_name(film, title, name):
    film.project = make_project(film.workspace, title=title)

    answer = fetched(export(film, "json"))

    assert Export.objects.get().file_name == f"{name}.json"
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment; filename")
    assert disposition.isascii()


def test_only_the_signature_of_a_file_opens_it(film):
    path = Export.objects.get(pk=export(film, "json")["exportId"]).path
    other = Export.objects.get(pk=export(film, "json")["exportId"]).path
    query = media_url(path).partition("?")[2]
    asset = make_asset(film.project)

    refused = [
        f"/media/{path}",
        f"/media/{path}?sig=",
        f"/media/{path}?sig={'A' * 43}",
        f"/media/{other}?{query}",
        f"/media/exports/../{path}?{query}",
        f"/media/{path}%00?{query}",
        media_url("exports/nothing.json"),
        media_url(f"exports/../{asset.picture.name}"),
        media_url(f"exports/{asset.picture.name}"),
    ]

    assert {Client().get(url).status_code for url in refused} == {404}


def test_a_file_goes_and_comes_with_its_project_and_its_workspace(film):
    url = export(film, "json")["url"]
    found = []

    remove_project(project=film.project, by=HUMAN)
    found.append(Client().get(url).status_code)
    restore_project(project=film.project, by=HUMAN)
    found.append(Client().get(url).status_code)
    Workspace.objects.filter(pk=film.workspace.pk).update(deleted_at="2026-11-01T00:00:00Z")
    found.append(Client().get(url).status_code)

    assert found == [404, 200, 404]


def test_a_file_that_is_gone_from_storage_is_missing(film):
    result = export(film, "json")
    default_storage.delete(Export.objects.get().path)

    assert Client().get(result["url"]).status_code == 404


def test_nothing_of_another_workspace_is_in_a_file(film):
    other = make_project(roomy_workspace(), title="CANARY")

    contents = [fetched(export(film, form)).content for form in ("json", "fountain", "csv-shots")]

    assert other.title == "CANARY"
    assert not any(b"CANARY" in content for content in contents)


def test_deleted_scenes_and_beats_are_not_exported(film):
    scene = Scene.objects.get()
    film.post(f"/api/v1/projects/{film.project.pk}/scenes/", {"title": "Gone"})
    gone = Scene.objects.get(title="Gone")
    film.delete(f"/api/v1/scenes/{gone.pk}/")
    film.delete(f"/api/v1/beats/{scene.beats.get().pk}/")

    text = fetched(export(film, "fountain")).content.decode()

    assert text.endswith(".QUAY #1#\n\n= The ferry\n\nMara waits.\n")
