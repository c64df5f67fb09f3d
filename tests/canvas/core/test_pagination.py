"""Lists in pages."""

import base64
import json
from itertools import chain

import pytest

from canvas.workspaces.models import User
from tests.factories import make_user

pytestmark = pytest.mark.usefixtures("echo_urls")
PEOPLE = "/api/v1/test/people/"


@pytest.fixture
def people(api):
    """Seven people, many with the same first name, and the owner behind `api`."""
    User.objects.update(first_name="A")
    for number, first_name in enumerate(["A", "B", "B", "B", "C", "A", "B"]):
        make_user(username=f"p{number}", first_name=first_name)
    return [row.username for row in User.objects.order_by("first_name", "id")]


def names(answer):
    assert answer.status_code == 200, answer.content
    return [row["username"] for row in answer.json()["results"]]


def test_pages_lead_forward_and_back_over_equal_values(api, people):
    forward, address = [], PEOPLE + "?limit=3"
    while address:
        answer = api.get(address)
        forward.append(names(answer))
        address = answer.json()["next"]
    backward, address = [], answer.json()["previous"]
    while address:
        answer = api.get(address)
        backward.insert(0, names(answer))
        address = answer.json()["previous"]

    assert [len(page) for page in forward] == [3, 3, 2]
    assert list(chain(*forward)) == people
    assert list(chain(*backward)) == people[:6]


def test_links_are_absolute_and_keep_the_other_parameters(api, people):
    answer = api.get(PEOPLE + "?limit=3&ordering=-firstName")

    assert answer.json()["next"].startswith("http://testserver/api/v1/test/people/?")
    assert "ordering=-firstName" in answer.json()["next"]
    assert answer.json()["previous"] is None


def test_a_row_added_before_the_cursor_neither_repeats_nor_skips_others(api, people):
    first = api.get(PEOPLE + "?limit=3")
    make_user(username="new", first_name="0")

    second = api.get(first.json()["next"])

    assert names(first) + names(second) == people[:6]


def test_the_callers_ordering_is_followed(api, people):
    answer = api.get(PEOPLE + "?ordering=-username&limit=2")
    rest = api.get(answer.json()["next"])

    assert names(answer) + names(rest) == sorted(people, reverse=True)[:4]


def cursor(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def cursor_of(*values):
    return cursor({"o": ["first_name", "id"], "v": values, "b": False})


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "?limit"),
        ("limit=201", "?limit"),
        ("limit=-1", "?limit"),
        ("limit=x", "?limit"),
        ("limit=", "?limit"),
        ("limit=%D9%A3", "?limit"),
        ("limit=99999999999999999999", "?limit"),
        ("ordering=password", "?ordering"),
        ("ordering=--firstName", "?ordering"),
        ("cursor=x", "?cursor"),
        ("cursor=%F0%9F%8E%AC", "?cursor"),
        ("cursor=" + "A" * 5000, "?cursor"),
        ("cursor=" + cursor([]), "?cursor"),
        ("cursor=" + cursor_of("A"), "?cursor"),
        (
            "cursor=" + cursor_of("A", "no id"),
            "?cursor",
        ),
        ("cursor=" + cursor_of("A", None), "?cursor"),
        (
            "cursor=" + cursor_of("\x00", "x"),
            "?cursor",
        ),
        ("cursor=" + cursor({"o": ["password", "id"], "v": ["A", "x"], "b": False}), "?cursor"),
    ],
)
def test_a_wrong_parameter_is_named(api, query, pointer):
    answer = api.get(f"{PEOPLE}?{query}")

    assert answer.status_code == 400
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


def test_a_cursor_of_another_ordering_is_refused(api, people):
    address = api.get(PEOPLE + "?limit=2").json()["next"]

    assert api.get(address + "&ordering=username").status_code == 400


def test_a_page_costs_the_same_queries_however_many_rows_it_has(
    api, people, django_assert_num_queries
):
    api.get(PEOPLE)  # notes the token's use

    with django_assert_num_queries(2):
        api.get(PEOPLE + "?limit=1")
    with django_assert_num_queries(2):
        api.get(PEOPLE + "?limit=200")
