"""Addresses of stored pictures: a signature opens one file, for as long as somebody shows it."""

from urllib.parse import urlsplit

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client

from canvas.workspaces.models import Workspace
from scenes.media import media_url
from scenes.services.assets import remove_asset
from scenes.services.copies import duplicate_project
from scenes.services.projects import remove_project, restore_project
from tests.scenes.factories import HUMAN, PIXELS, make_asset, make_project, roomy_workspace


@pytest.fixture
def picture(db):
    return make_asset(make_project(roomy_workspace()))


def statuses(picture):
    client = Client()
    names = (picture.picture.name, picture.thumbnail.name)
    return [client.get(media_url(name)).status_code for name in names]


def test_a_deleted_picture_is_gone_at_once(picture):
    address = media_url(picture.picture.name)
    mark = Client().get(address).headers["ETag"]

    remove_asset(asset=picture, by=HUMAN)

    assert statuses(picture) == [404, 404]
    assert Client().get(address, headers={"If-None-Match": mark}).status_code == 404
    assert picture.picture.storage.exists(picture.picture.name)  # it waits in the bin


def test_the_pictures_of_a_project_in_the_bin_come_back_with_it(picture):
    project = picture.project

    remove_project(project=project, by=HUMAN)
    gone = statuses(picture)
    restore_project(project=project, by=HUMAN)

    assert gone == [404, 404]
    assert statuses(picture) == [200, 200]


def test_a_copy_goes_on_showing_what_its_original_has_deleted(picture):
    duplicate_project(project=picture.project, by=HUMAN)

    remove_project(project=picture.project, by=HUMAN)

    assert statuses(picture) == [200, 200]


def test_the_pictures_of_a_closed_workspace_are_gone(picture):
    Workspace.objects.filter(pk=picture.project.workspace_id).update(
        deleted_at="2026-11-01T00:00:00Z"
    )

    assert statuses(picture) == [404, 404]


def test_no_signature_opens_another_file(picture):
    other = make_asset(make_project(roomy_workspace()))
    own = urlsplit(media_url(picture.picture.name))
    theirs = urlsplit(media_url(other.picture.name))
    client = Client()

    refused = [
        client.get(theirs.path),
        client.get(f"{theirs.path}?{own.query}"),
        client.get(f"{theirs.path}?sig="),
        client.get(f"{theirs.path}?{own.query}&{theirs.query[:-1]}"),
        client.get(f"{own.path.rpartition('/')[0]}/../{theirs.path[7:]}?{own.query}"),
        client.get(f"{theirs.path}%00?{theirs.query}"),
        client.get(f"{theirs.path}?sig=%ED%A0%80"),
        client.get(media_url("assets/../../secret.png")),
        client.get(media_url(f"/{other.picture.name}")),
    ]

    assert {answer.status_code for answer in refused} == {404}
    assert not any(PIXELS in answer.content for answer in refused)


def test_a_malformed_condition_is_told_and_is_no_bug(picture):
    answer = Client().get(media_url(picture.picture.name), headers={"If-None-Match": "x"})

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


def test_what_models_are_shown_has_no_address(picture):
    stored = default_storage.save("model.jpg", ContentFile(PIXELS))
    type(picture).objects.filter(pk=picture.pk).update(model_input=stored)

    assert Client().get(media_url(stored)).status_code == 404
