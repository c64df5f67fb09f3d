"""Pages of groups, and the CSV of all of them."""

import csv
import io
import json

import pytest

from ai.usage import pages
from ai.usage.sheet import cell
from canvas.core.rows import uuid7

USAGE = "/api/v1/usage/"


def walk(api, link, name):
    """Follow `next` or `previous` to its end."""
    while link:
        page = api.get(link).json()
        yield page
        link = page[name]


def keys(page):
    return [(row["model"], row["personId"]) for row in page["results"]]


def table_of(api, **query):
    answer = api.get(USAGE, {"format": "csv", **query})
    text = b"".join(answer.streaming_content).decode()
    return answer, text, list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("ordering", [None, "-person", "costUsd", "-costUsd", "calls", "-model"])
def test_pages_show_every_group_once_forwards_and_backwards(api, call, ordering):
    for number in range(7):
        for _ in range(1 + number % 2):
            call(model_slug=f"maker/{number % 3}", user_id=uuid7(), cost_nusd=number % 4)
    call(user_id=None)
    query = {"by": "model,person"} | ({"ordering": ordering} if ordering else {})
    whole = keys(api.get(USAGE, {**query, "limit": 200}).json())

    first = api.get(USAGE, {**query, "limit": 3}).json()
    forwards = [first, *walk(api, first["next"], "next")]
    backwards = [forwards[-1], *walk(api, forwards[-1]["previous"], "previous")]

    assert len(set(whole)) == len(whole) == 11
    assert [key for page in forwards for key in keys(page)] == whole
    assert [key for page in reversed(backwards) for key in keys(page)] == whole
    assert (first["previous"], forwards[-1]["next"]) == (None, None)
    assert {json.dumps(page["total"]) for page in forwards} == {json.dumps(first["total"])}


def test_groups_come_in_the_order_that_was_asked_for(api, call):
    for number, slug in enumerate(("b", "a", "c")):
        call(model_slug=slug, cost_nusd=number)

    def models(ordering):
        found = api.get(USAGE, {"by": "model", "ordering": ordering}).json()["results"]
        return "".join(row["model"] for row in found)

    assert [models(one) for one in ("model", "-model", "costUsd", "-costUsd")] == [
        "abc", "cba", "bac", "cab",
    ]  # fmt: skip


def test_a_cursor_of_another_order_or_with_wrong_values_is_refused(api, call):
    for _ in range(3):
        call(user_id=uuid7())
    page = api.get(USAGE, {"by": "person", "limit": 1}).json()
    cursor = page["next"].partition("cursor=")[2].partition("&")[0]
    order = ("-order_nusd", "key_person")
    forged = [
        pages.write_cursor(pages.Cursor((2**63, uuid7())), order),
        pages.write_cursor(pages.Cursor((-1, uuid7())), order),
        pages.write_cursor(pages.Cursor(("x", uuid7())), order),
        pages.write_cursor(pages.Cursor((1, "x")), order),
        pages.write_cursor(pages.Cursor((1,)), order),
    ]
    query = {"by": "person", "ordering": "-costUsd"}

    statuses = [api.get(USAGE, {**query, "cursor": one}).status_code for one in (cursor, *forged)]

    assert statuses == [400] * 6


def test_the_csv_has_every_row_and_the_same_figures_as_the_pages(api, call, monkeypatch):
    monkeypatch.setattr(pages, "FILE_PAGE", 2)
    for number in range(5):
        call(model_slug=f"maker/{number}", latency_s=1.5, simulated=number == 3)
    call(model_slug="maker/5", cost_nusd=None)

    answer, text, table = table_of(api, by="model")
    shown = api.get(USAGE, {"by": "model", "limit": 200}).json()["results"]

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="usage.csv"'
    assert text.count("\r\n") == 7
    assert text.count("\n") == 7
    assert table[0] == list(shown[0])
    assert table[1:] == [[cell(row[name]) for name in table[0]] for row in shown]
    assert table[6][table[0].index("costUsd")] == ""
    assert table[4][table[0].index("simulated")] == "true"


def test_a_csv_of_nothing_is_its_header(api):
    _, text, table = table_of(api, by="day,project")

    assert table[0][:4] == ["day", "projectId", "projectTitle", "projectIsDeleted"]
    assert (len(table), text[-2:]) == (1, "\r\n")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_of_the_csv_is_run_by_a_spreadsheet(api, call, film, start):
    type(film).objects.filter(pk=film.pk).update(title=f'{start}cmd|"/c calc",A0')
    call()

    _, _, table = table_of(api, by="project")

    assert table[1][1] == f'\'{start}cmd|"/c calc",A0'


def test_the_csv_is_answered_whatever_is_accepted_besides(api, call):
    call()

    for accepted in ("text/csv", "*/*", "application/json"):
        answer = api.get(USAGE, {"format": "csv"}, headers={"Accept": accepted})
        assert (answer.status_code, answer.headers["Content-Type"]) == (
            200, "text/csv; charset=utf-8",
        )  # fmt: skip
    assert api.get(USAGE, {"format": "json"}).json()["total"]["calls"] == 1
