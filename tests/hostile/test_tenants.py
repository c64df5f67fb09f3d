"""The tenant matrix, made from the URL table: who is not let in cannot tell what is there.

Every route with an id in its address, every method, every caller, and ids of another workspace, of
deleted rows, of no row and of no shape. A new route fails here until ROWS and BODIES know it.
"""

from itertools import product

import pytest

from tests.hostile.routes import ALL, BODIES, METHODS, WITH_IDS, WRITES, ask, body_of, nobody, told
from tests.hostile.world import callers, deleted_ids, everything, make_world

# Jobs and lab runs outlive their project: what was done and paid stays, and stays readable.
OUTLIVING = {
    "job", "job-cancel", "job-retry", "job-events", "lab-run", "lab-results", "lab-promote",
}  # fmt: skip
# The bin is where a deleted project is looked for.
FROM_BIN = {"project-restore"}
STREAMS = {"project-events", "job-events"}
ASKED = [(route, method) for route in WITH_IDS for method in METHODS if method in route.methods]
STRANGERS = ("anonymous", "expired", "revoked")
KNOWN = ("owner", "editor", "commenter", "viewer", "other", "read-token")


def test_the_matrix_knows_every_route():
    assert len(WITH_IDS) >= 40
    assert {(route.name, method) for route, method in WRITES} == set(BODIES)
    assert len({route.name for route in ALL}) == len(ALL)


def one_not_own(route, own, kinds_of_ids):
    """Give the ids of an address of which exactly one is not one's own: which, what, and all."""
    for place, kind in product(route.kinds, kinds_of_ids):
        yield place, kind, {**own, place: kinds_of_ids[kind][place]}


def sent(route, method):
    """Give a good body, so that nothing but the id can be the reason of a refusal."""
    if (route.name, method) not in BODIES:
        return {}
    return body_of(route, method, upload="upload", document={}, newcomer="nobody")


@pytest.mark.parametrize("caller", KNOWN)
def test_a_foreign_a_deleted_and_a_random_id_look_the_same(db, caller):
    ours, theirs = make_world(), make_world()
    ids = {
        "foreign": theirs.ids,
        "deleted": deleted_ids(ours.workspace),
        "random": nobody(),
    }
    client = callers(ours.workspace)[caller]
    before, told_apart = everything(), []

    for route, method in ASKED:
        found = {}
        for place, kind, mix in one_not_own(route, ours.ids, ids):
            if kind != "deleted" or route.name not in FROM_BIN | OUTLIVING:
                answer = ask(client, method, route.address(mix), sent(route, method))
                found.setdefault(place, {})[kind] = (answer.status_code, repr(told(answer)))
        for answers in found.values():
            statuses = {status for status, _ in answers.values()}
            allowed = {200, 403} if method == "options" else {403, 404}
            if len(set(answers.values())) != 1 or not statuses <= allowed:
                told_apart.append((route.path, method, answers))

    assert told_apart == []
    assert everything() == before


@pytest.mark.parametrize("caller", ["owner", "viewer", "other"])
def test_a_method_that_a_route_lacks_does_not_look_at_the_id(db, caller):
    ours, theirs = make_world(), make_world()
    client = callers(ours.workspace)[caller]

    for route, method in product(WITH_IDS, METHODS):
        if method not in route.methods:
            found = [
                ask(client, method, route.address(ids)) for ids in (ours.ids, theirs.ids, nobody())
            ]
            assert {answer.status_code for answer in found} <= {403, 405}, (route.path, method)
            assert len({repr(told(answer)) for answer in found}) == 1, (route.path, method)


def test_a_foreign_id_is_a_404_for_who_may_do_everything(db):
    ours, theirs = make_world(), make_world()
    client = callers(ours.workspace)["admin-token"]

    found = {
        (route.path, method): ask(
            client, method, route.address(theirs.ids), sent(route, method)
        ).status_code
        for route in WITH_IDS
        for method in route.methods - {"options"}
    }

    assert set(found.values()) == {404}


@pytest.mark.parametrize("caller", STRANGERS)
def test_nobody_comes_in_without_a_valid_token(db, caller):
    ours = make_world()
    client = callers(ours.workspace)[caller]
    ids = {"own": ours.ids, "random": nobody()}
    before = everything()

    for route, method in ASKED:
        answers = [
            ask(client, method, route.address(ids[which]), sent(route, method)) for which in ids
        ]
        assert [answer.status_code for answer in answers] == [401, 401], (route.path, method)
        assert told(answers[0]) == told(answers[1])
        assert answers[0].headers["WWW-Authenticate"] == "Bearer"

    assert everything() == before


@pytest.mark.parametrize("caller", [*KNOWN, *STRANGERS])
def test_what_is_no_id_leads_nowhere(db, caller):
    client = callers(make_world().workspace)[caller]

    for route, method in product(WITH_IDS, METHODS):
        answer = ask(client, method, route.with_text("not-an-id"))
        assert answer.status_code == 404, (route.path, method)
        assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "shape", ["1", "00000000-0000-0000-0000-00000000000g", "%00", "..%2f", "%ed%a0%80", "null"]
)
def test_no_other_shape_leads_anywhere_either(db, shape):
    client = callers(make_world().workspace)["owner"]

    for route in WITH_IDS:
        assert ask(client, "get", route.with_text(shape)).status_code == 404, route.path


def test_ones_own_rows_are_found_at_every_address(db):
    ours = make_world()
    client = callers(ours.workspace)["owner"]

    found = {
        route.path: ask(client, "get", route.address(ours.ids)).status_code
        for route in WITH_IDS
        if "get" in route.methods and route.name not in STREAMS
    }

    assert set(found.values()) == {200}


@pytest.mark.parametrize("caller", ["viewer", "read-token", "commenter"])
def test_who_only_reads_writes_nothing_at_any_address(db, caller):
    ours = make_world()
    client = callers(ours.workspace)[caller]
    talks = {"messages", "exports", "job-cancel", "job-retry"} if caller == "commenter" else set()
    before = everything()

    refused = {
        (route.path, method): ask(
            client, method, route.address(ours.ids), sent(route, method)
        ).status_code
        for route, method in product(WITH_IDS, ("post", "put", "patch", "delete"))
        if method in route.methods and route.name not in talks
    }

    assert set(refused.values()) == {403}
    assert everything() == before
