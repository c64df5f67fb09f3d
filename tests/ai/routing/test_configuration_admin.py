"""Editors change the director's configuration in the admin, by the same rules as over HTTP."""

import json

import pytest

from ai.models import Configuration, Revision
from ai.services.configurations import edit_configuration
from tests.ai.routing.conftest import make_model
from tests.scenes.admin.pages import act, add, errors, page_of, said, save
from tests.scenes.factories import make_project, roomy_workspace


@pytest.fixture
def film(db):
    make_model("maker/one")
    return make_project(roomy_workspace())


@pytest.fixture
def row(film):
    wishes = {"zdr": True, "sort": "price"}
    return edit_configuration(workspace=film.workspace, project=film, provider=wishes)


def test_a_configuration_is_added_and_its_history_begins(staff, film):
    answer = add(
        staff, Configuration, workspace=film.workspace_id, project=film.pk, chat_model="maker/one"
    )

    assert answer.status_code == 302, errors(answer)
    row = Configuration.objects.get()
    assert (row.project_id, row.chat_model, row.version) == (film.pk, "maker/one", 1)
    assert list(Revision.objects.order_by("number").values_list("number", "user_id")) == [
        (1, None),
        (2, staff.user.pk),
    ]


def test_a_change_keeps_the_history_and_provider_is_meant_whole(staff, row):
    save(staff, row, temperature="1.2", provider='{"sort": "latency"}')

    row.refresh_from_db()
    assert (row.temperature, row.provider, row.version) == (1.2, {"sort": "latency"}, 2)
    shown = staff.get(page_of(row)).content.decode()
    assert "temperature: 1.2" in shown


def test_a_save_without_a_change_is_no_revision(staff, row):
    save(staff, row, provider=json.dumps(row.provider))

    assert Revision.objects.count() == 2


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("chat_model", "maker/nobody"),
        ("chat_model", "maker/mute"),
        ("image_model", "maker/one"),
        ("temperature", "2.5"),
        ("extra_prompt", "x" * 20_001),
        ("provider", '{"speed": 1}'),
    ],
)
def test_what_cannot_be_is_said_at_its_field(staff, row, field, text):
    make_model("maker/mute", supported_parameters=[])

    answer = (
        save(staff, row, provider=json.dumps(row.provider), **{field: text})
        if (field != "provider")
        else save(staff, row, provider=text)
    )

    assert list(errors(answer)) == [field]
    assert Revision.objects.count() == 2


def test_a_second_one_for_the_same_project_is_refused(staff, row):
    answer = add(staff, Configuration, workspace=row.workspace_id, project=row.project_id)

    assert errors(answer)
    assert Configuration.objects.count() == 1


def test_a_project_of_another_workspace_is_refused(staff, film):
    other = make_project(roomy_workspace())

    answer = add(staff, Configuration, workspace=film.workspace_id, project=other.pk)

    assert list(errors(answer)) == ["project"]
    assert not Configuration.objects.exists()


def test_staff_goes_back_on_the_revision_s_page(staff, row):
    answer = act(staff, "go_back", Revision.objects.get(number=1))

    row.refresh_from_db()
    assert row.provider == {}
    assert "its values count again" in said(answer)[0]
