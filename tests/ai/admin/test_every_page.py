"""Every table has pages that open, and none asks the database more when there are more rows."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.ai.admin.world import make_world
from tests.factories import browser_for, make_user

MORE = 14
LISTS = {"list": {}, "search": {"q": "a"}, "search by id": {"q": "0193-not-an-id"}}


def registered():
    return sorted(admin.site._registry, key=lambda model: model._meta.label)


def address(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def pages(client, model, row):
    """Give the status and the number of queries of each page of a table."""
    asked = {name: (address(model, "changelist"), query) for name, query in LISTS.items()}
    asked["one"] = (address(model, "change", row), {})
    asked["history"] = (address(model, "history", row), {})
    asked["add"] = (address(model, "add"), {})
    found = {}
    for name, (page, query) in asked.items():
        client.get(page, query)  # content types and the like are remembered
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(page, query)
        found[name] = (answer.status_code, len(queries))
    return found


def test_every_table_has_a_page():
    tables = {
        model
        for app in ("workspaces", "scenes", "ai")
        for model in apps.get_app_config(app).get_models()
    }

    assert tables - set(admin.site._registry) == set()


def test_every_page_opens_and_asks_as_much_with_many_rows_as_with_one(staff):
    make_world()
    rows = {model: model._default_manager.order_by("pk").first().pk for model in registered()}
    few = {model._meta.label: pages(staff, model, row) for model, row in rows.items()}

    for _ in range(MORE):
        make_world()
    many = {model._meta.label: pages(staff, model, row) for model, row in rows.items()}

    assert many == few
    statuses = {(name, status) for found in few.values() for name, (status, _) in found.items()}
    assert statuses == {
        ("list", 200), ("search", 200), ("search by id", 200), ("one", 200), ("history", 200),
        ("add", 200), ("add", 403),
    }  # fmt: skip


@pytest.mark.parametrize("model", registered(), ids=lambda model: model._meta.label)
def test_every_filter_of_a_list_can_be_chosen(staff, model):
    make_world()
    page = address(model, "changelist")

    shown = staff.get(page)
    choices = [
        choice["query_string"]
        for spec in shown.context["cl"].filter_specs
        for choice in spec.choices(shown.context["cl"])
    ]

    assert {staff.get(page + choice).status_code for choice in choices} <= {200}


def test_the_searches_of_fields_that_name_a_row_of_another_table_answer(staff):
    make_world()
    found = {}
    for model, page in admin.site._registry.items():
        for field in page.autocomplete_fields:
            query = {
                "app_label": model._meta.app_label,
                "model_name": model._meta.model_name,
                "field_name": field,
                "term": "a",
            }
            answer = staff.get(reverse("admin:autocomplete"), query)
            found[f"{model._meta.model_name}.{field}"] = answer.status_code

    assert found
    assert set(found.values()) == {200}


@pytest.mark.parametrize(
    ("label", "column"),
    [
        ("ai.upstreamcall", "raw_text"),
        ("ai.job", "payload"),
        ("ai.outline", "content"),
        ("scenes.changeset", "ops"),
        ("scenes.scene", "compiled_prompt"),
        ("workspaces.idempotencyrecord", "body"),
    ],
)
def test_a_list_reads_no_long_column(staff, label, column):
    make_world()
    model = apps.get_model(label)

    with CaptureQueriesContext(connection) as queries:
        shown = staff.get(address(model, "changelist"))

    assert shown.context["cl"].result_count > 0
    name = f'"{model._meta.db_table}"."{column}"'
    assert [query["sql"] for query in queries if name in query["sql"]] == []


@pytest.mark.parametrize(
    "query", [{"q": "\x00"}, {"status__exact": "\x00"}, {"job_id__exact": "x"}]
)
def test_a_list_survives_what_no_table_can_hold(staff, query):
    make_world()

    for model in registered():
        assert staff.get(address(model, "changelist"), query).status_code in {200, 302}


def test_the_index_bears_the_name_of_the_product(staff):
    shown = staff.get(reverse("admin:index")).content.decode()

    assert "<h1>Scene Canvas</h1>" in shown


@pytest.mark.parametrize("model", registered(), ids=lambda model: model._meta.label)
def test_staff_who_may_only_view_reads_every_page_and_changes_nothing(db, model):
    make_world()
    user = make_user(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = browser_for(user)
    row = model._default_manager.order_by("pk").first().pk
    one = address(model, "change", row)

    shown = client.get(one)

    assert client.get(address(model, "changelist")).status_code == 200
    assert shown.status_code == 200
    assert 'name="action"' not in shown.content.decode()
    assert 'name="_save"' not in shown.content.decode()
    assert client.post(one, {}).status_code == 403
    assert client.post(address(model, "delete", row), {"post": "yes"}).status_code == 403
    assert client.get(address(model, "add")).status_code == 403


@pytest.mark.parametrize("model", registered(), ids=lambda model: model._meta.label)
def test_staff_without_a_permission_sees_nothing_of_a_table(db, model):
    client = browser_for(make_user(is_staff=True))

    assert client.get(address(model, "changelist")).status_code == 403
