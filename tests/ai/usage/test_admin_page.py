"""The admin's page of usage: figures, filters, its CSV, and who may read it."""

import csv
import io
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ai.models import CallStatus, UpstreamCall
from ai.usage import charts, tally
from canvas.core.rows import uuid7
from tests.ai.usage import ledger
from tests.factories import browser_for, make_user
from tests.scenes.factories import roomy_workspace

PAGE = "/admin/usage/"
WHO = ("workspace", "person", "model", "cost", "calls", "failed")


@pytest.fixture
def staff(db):
    return browser_for(make_user(is_staff=True, is_superuser=True))


@pytest.fixture
def today():
    return timezone.now().date()


@pytest.fixture
def spent(call, today):
    """Make a call of today."""

    def make(**over):
        return call(**{"day": today.isoformat(), **over})

    return make


def shown(client, **query):
    answer = client.get(PAGE, query)
    assert answer.status_code == 200
    return answer.context


def cut(rows, *names):
    return [tuple(row[name] for name in names) for row in rows]


def test_the_table_says_who_spent_what_on_which_model(staff, spent, api):
    ada = make_user(first_name="Ada", last_name="North")
    spent(user_id=ada.pk, cost_nusd=30_000_000)
    spent(user_id=ada.pk, cost_nusd=10_000_001)
    spent(user_id=ada.pk, model_slug="maker/two", cost_nusd=40_000_001, simulated=True)
    spent(cost_nusd=0, status=CallStatus.FAILED, error_code="rate_limited")

    found = shown(staff)

    name = api.workspace.name
    assert cut(found["rows"], *WHO) == [
        (name, "Ada North", "maker/one", "$0.040000001", 2, 0),
        (name, "Ada North", "maker/two", "$0.040000001", 1, 0),
        (name, "nobody", "maker/one", "$0", 1, 1),
    ]
    assert found["tiles"][:2] == [
        ("Paid", "$0.040000001", "by our key"),
        ("Simulated", "$0.040000001", "nobody paid it"),
    ]
    assert found["has_simulated"] is True


def test_what_is_not_known_is_said_and_not_shown_as_nothing(staff, spent):
    spent(cost_nusd=None, status=CallStatus.UNKNOWN, hold_nusd=5_000_000)

    answer = staff.get(PAGE)
    text = answer.content.decode()

    assert cut(answer.context["rows"], "cost", "share") == [("unknown", "-")]
    assert "and 1 not known: at most $0.005 more" in text
    assert ("Not known yet", "1 calls", "at most $0.005 more") in answer.context["tiles"]


@pytest.mark.parametrize(
    ("query", "models"),
    [
        ({}, {"maker/one", "maker/two", "maker/four"}),
        ({"money": "paid"}, {"maker/one", "maker/four"}),
        ({"money": "simulated"}, {"maker/two"}),
        ({"model": "maker/two"}, {"maker/two"}),
        ({"workspace": "own"}, {"maker/one", "maker/two"}),
        ({"first": "2020-01-01", "last": "2020-12-31"}, {"maker/three"}),
        ({"last": "2020-12-31"}, {"maker/three"}),
    ],
)
def test_filters_choose_what_is_shown_and_what_the_csv_holds(staff, spent, api, query, models):
    spent()
    spent(model_slug="maker/two", simulated=True)
    spent(model_slug="maker/three", day="2020-12-30")
    ledger.write(roomy_workspace(), count=1, model_slug="maker/four")
    query = {**query, **({"workspace": str(api.workspace.pk)} if "workspace" in query else {})}

    found = shown(staff, **query)
    text = b"".join(staff.get(PAGE + found["csv"]).streaming_content).decode()

    assert {row["model"] for row in found["rows"]} == models
    assert {row["model"] for row in csv.DictReader(io.StringIO(text))} == models


@pytest.mark.parametrize(
    "query",
    [
        {"first": "2026-02-30"},
        {"first": "2026-11-02", "last": "2026-11-01"},
        {"first": "0001-01-01", "last": "9999-12-31"},
        {"workspace": "7"},
        {"model": "x\x00"},
        {"model": "x" * 201},
        {"money": "mine"},
        {"last": "0001-01-01"},
        {"format": "csv", "workspace": "7"},
    ],
)
def test_a_wrong_filter_is_said_and_the_page_shown_without_any(staff, spent, query):
    spent()

    answer = staff.get(PAGE, query)

    assert answer.status_code == 200
    assert "errornote" in answer.content.decode()
    assert [row["model"] for row in answer.context["rows"]] == ["maker/one"]


def test_names_are_escaped_in_tables_and_charts(staff, spent, api):
    bad = '<script>alert("1")</script>'
    type(api.workspace).objects.filter(pk=api.workspace.pk).update(name=bad)
    spent(model_slug=bad, user_id=make_user(first_name=bad).pk)

    text = staff.get(PAGE).content.decode()

    assert bad not in text
    assert "&lt;script&gt;" in text


def test_every_chart_is_whole_svg_with_a_title_and_a_bar_for_each_figure(staff, spent, today):
    for number in range(9):
        day = (today - timedelta(days=number)).isoformat()
        spent(model_slug=f"maker/{number}", day=day, cost_nusd=number * 1_000_000, latency_s=1.5)

    found = shown(staff)

    for name in ("over_time", "by_model", "by_place", "health"):
        drawing = ElementTree.fromstring(found[name])  # noqa: S314 our own
        assert drawing.find("title").text
        assert drawing.find("desc").text
        labels = drawing.get("aria-labelledby").split()
        assert labels == [drawing.find("title").get("id"), drawing.find("desc").get("id")]
    bars = ElementTree.fromstring(found["over_time"]).findall("rect")  # noqa: S314 our own
    assert len(bars) == 8
    assert len(found["bars"]) == 30
    assert found["bars"][-2] == ((today - timedelta(days=1)).isoformat(), "$0.001")


def test_a_long_period_is_drawn_by_months(staff, spent):
    spent(day="2026-03-05", cost_nusd=1_000_000)
    spent(day="2026-03-25", cost_nusd=2_000_000)

    found = shown(staff, first="2026-01-01", last="2026-12-31")

    assert [name for name, _ in found["bars"]] == [f"2026-{month:02}" for month in range(1, 13)]
    assert found["bars"][2] == ("2026-03", "$0.003")


def test_an_empty_ledger_has_a_page(staff):
    answer = staff.get(PAGE)

    assert answer.status_code == 200
    assert answer.content.decode().count("No calls in this period.") == 2


def test_the_sums_are_those_of_the_database_whatever_is_shown(staff, api, monkeypatch):
    people = [make_user() for _ in range(3)]
    ledger.write(api.workspace, count=200, people=people)
    monkeypatch.setattr(tally, "SHOWN_ROWS", 5)
    costs = [row.cost_nusd or 0 for row in UpstreamCall.objects.all()]

    found = shown(staff)

    exact = f"${sum(costs) / 1e9:.9f}".rstrip("0")
    assert found["tiles"][0][1] == exact
    assert found["tiles"][3][1] == "200"
    assert (len(found["rows"]), found["has_more"]) == (5, True)
    shares = [float(row["share"][:-1]) for row in found["rows"]]
    assert shares == sorted(shares, reverse=True)


def test_the_csv_has_every_row_and_runs_nothing(staff, spent, api):
    type(api.workspace).objects.filter(pk=api.workspace.pk).update(name="=1+1")
    for number in range(3):
        spent(model_slug=f"maker/{number}", user_id=uuid7(), cost_nusd=number)

    answer = staff.get(PAGE, {"format": "csv"})
    text = b"".join(answer.streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(text)))

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert [(row["workspace"], row["model"], row["costUsd"]) for row in rows] == [
        ("'=1+1", "maker/2", "0.000000002"),
        ("'=1+1", "maker/1", "0.000000001"),
        ("'=1+1", "maker/0", "0"),
    ]


def test_the_statements_are_as_many_for_many_rows_as_for_one(staff, spent):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            staff.get(PAGE)
        return len(queries)

    spent(user_id=make_user().pk)
    asked()
    one = asked()
    for _ in range(3):
        ledger.write(roomy_workspace(), count=40, people=[make_user() for _ in range(4)])

    assert asked() == one == 8


def test_only_staff_who_may_see_the_ledger_see_the_page(db, client):
    nobody = browser_for(make_user(is_staff=True))
    reader = make_user(is_staff=True)
    reader.user_permissions.set(Permission.objects.filter(codename="view_upstreamcall"))

    assert client.get(PAGE).status_code == 302
    assert browser_for(make_user()).get(PAGE).status_code == 302
    assert nobody.get(PAGE).status_code == 403
    assert nobody.get(PAGE, {"format": "csv"}).status_code == 403
    assert PAGE not in nobody.get("/admin/").content.decode()
    assert browser_for(reader).get(PAGE).status_code == 200
    assert browser_for(reader).post(PAGE).status_code == 405


def test_the_index_and_the_list_of_calls_lead_to_the_page(staff):
    for page in ("/admin/", "/admin/ai/upstreamcall/"):
        assert f'href="{PAGE}"' in staff.get(page).content.decode()


@pytest.mark.parametrize(
    ("most", "marks"),
    [
        (0, [0, 1]),
        (3, [0, 1, 2, 3]),
        (1_000, [0, 250, 500, 750, 1000]),
        (610_000_000, [0, 200_000_000, 400_000_000, 600_000_000, 800_000_000]),
        (2**62, None),
    ],
)
def test_an_axis_has_round_marks_that_reach_past_the_highest_bar(most, marks):
    top, found = charts._scale(most)

    assert found[-1] == top >= most
    assert marks is None or found == marks
