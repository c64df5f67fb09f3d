"""Pictures and their files at the HTTP edge."""

from urllib.parse import urlsplit

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client

from scenes.media import media_url
from scenes.models import VisualAsset
from scenes.services import bin as film_bin
from scenes.services.copies import duplicate_project
from tests.scenes.factories import HUMAN, PIXELS, make_asset

MEMBERS = {
    "id", "projectId", "url", "thumbnailUrl", "width", "height", "contentType", "sizeBytes",
    "sha256", "palette", "paletteShares", "label", "description", "tags", "mood", "category",
    "duplicateOf", "fileName", "analyzedAt", "origin", "createdAt", "modifiedAt", "version",
}  # fmt: skip


def test_a_picture_shows_what_is_known_of_it(film):
    original = make_asset(film.project)
    asset = make_asset(film.project, duplicate_of=original)

    answer = film.get(f"/api/v1/assets/{asset.pk}/")

    shown = answer.json()
    assert set(shown) == MEMBERS
    assert answer.headers["ETag"] == f'"{asset.pk}-1"'
    assert shown["palette"] == ["#102030", "#f0e0d0"]
    assert shown["paletteShares"][0] == {"hex": "#102030", "share": 0.75}
    assert (shown["width"], shown["height"], shown["contentType"]) == (64, 36, "image/png")
    assert shown["duplicateOf"] == str(original.pk)
    assert (shown["category"], shown["analyzedAt"]) == ("shot_ref", None)


def test_what_is_said_of_a_picture_is_patched(film):
    asset = make_asset(film.project)
    path = f"/api/v1/assets/{asset.pk}/"
    body = {
        "label": "Mule", "category": "prop", "description": "Old.", "tags": ["cart"], "mood": "dry",
    }  # fmt: skip

    answer = film.patch(path, body, "application/json")

    assert answer.status_code == 200
    assert {name: answer.json()[name] for name in body} == body
    stale = film.patch(path, {"label": "x"}, "application/json", headers={"if-match": '"a-1"'})
    assert stale.status_code == 412
    ignored = film.patch(path, {"width": 1, "sha256": "0"}, "application/json")
    assert (ignored.json()["width"], ignored.json()["version"]) == (64, 2)


def test_a_deleted_picture_is_gone_and_its_files_wait_for_the_bin(film):
    asset = make_asset(film.project)

    assert film.delete(f"/api/v1/assets/{asset.pk}/").status_code == 204

    assert film.get(f"/api/v1/assets/{asset.pk}/").status_code == 404
    assert default_storage.exists(asset.picture.name)


def test_a_signed_address_serves_the_file_to_whoever_has_it(film):
    asset = make_asset(film.project)
    shown = film.get(f"/api/v1/assets/{asset.pk}/").json()

    answer = Client().get(shown["url"])

    assert answer.status_code == 200
    assert answer.content == PIXELS
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    disposition = answer.headers["Content-Disposition"]
    assert disposition == f'inline; filename="{asset.pk}-picture.png"'
    assert Client().get(shown["thumbnailUrl"]).headers["Content-Type"] == "image/webp"
    assert shown["url"] == film.get(f"/api/v1/assets/{asset.pk}/").json()["url"]
    known = Client().get(shown["url"], headers={"if-none-match": answer.headers["ETag"]})
    assert known.status_code == 304


@pytest.mark.parametrize("change", ["signature", "path", "none", "suffix", "missing"])
def test_any_other_address_answers_404(film, change):
    asset = make_asset(film.project)
    other = make_asset(film.project)
    path, signed = asset.picture.name, urlsplit(media_url(asset.picture.name))
    default_storage.save("assets/notes.txt", ContentFile(PIXELS))
    default_storage.delete(other.picture.name)
    address = {
        "signature": f"/media/{path}?sig={'A' * 43}",
        "path": f"/media/{asset.thumbnail.name}?{signed.query}",
        "none": signed.path,
        "suffix": media_url("assets/notes.txt"),
        "missing": media_url(other.picture.name),
    }[change]

    answer = Client().get(address)

    assert answer.status_code == 404
    assert PIXELS not in answer.content


def test_a_posted_address_is_refused(film):
    assert Client().post(media_url(make_asset(film.project).picture.name)).status_code == 405


@pytest.mark.django_db(transaction=True)
def test_the_bin_keeps_files_that_a_copy_of_the_project_still_shows(film):
    from datetime import timedelta

    from django.utils import timezone

    asset = make_asset(film.project)
    copy = duplicate_project(project=film.project, by=HUMAN)
    soon = timezone.now() + timedelta(minutes=1)

    film.delete(f"/api/v1/projects/{film.project.pk}/")
    film_bin.empty(before=soon)
    kept = default_storage.exists(asset.picture.name)
    film.delete(f"/api/v1/projects/{copy.pk}/")
    film_bin.empty(before=soon)

    assert kept
    assert VisualAsset.objects.count() == 0
    assert not default_storage.exists(asset.picture.name)
