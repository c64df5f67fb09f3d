"""Hostile JSON as the body of every writing route, and inside every member of every body."""

import json

import pytest

from tests.factories import client_for
from tests.hostile.bodies import operations, places, with_rows, with_value
from tests.hostile.reading import read_all
from tests.hostile.routes import BODIES, NO_BODY, UPLOAD, WRITES, address_of
from tests.hostile.world import everything, make_world

pytestmark = pytest.mark.sweep

MIB = 1024 * 1024
DEEP = 100_000
NOT_JSON = {
    "open object": b"{",
    "open list": b'{"a": [1, 2',
    "open text": b'{"a": "b',
    "no value": b'{"a":}',
    "no colon": b'{"a" 1}',
    "no comma": b'{"a": 1 "b": 2}',
    "comma at the end": b'{"a": 1,}',
    "garbage behind": b'{"a": 1} x',
    "two documents": b'{"a": 1}{"b": 2}',
    "closed twice": b'{"a": 1}}',
    "single quotes": b"{'a': 1}",
    "no quotes": b"{a: 1}",
    "comment": b'{"a": 1} // x',
    "hexadecimal": b'{"a": 0x1}',
    "leading zero": b'{"a": 01}',
    "plus": b'{"a": +1}',
    "lone minus": b'{"a": -}',
    "no digits behind the point": b'{"a": 1.}',
    "no digits before the point": b'{"a": .5}',
    "open exponent": b'{"a": 1e}',
    "wrong escape": b'{"a": "\\x41"}',
    "short escape": b'{"a": "\\u12"}',
    "newline in a text": b'{"a": "b\nc"}',
    "control in a text": b'{"a": "b\x01c"}',
    "NUL behind": b'{"a": 1}\x00',
    "NUL before": b'\x00{"a": 1}',
    "only NUL": b"\x00",
    "python": b"{'a': None, 'b': True}",
    "undefined": b'{"a": undefined}',
    "form": b"a=1&b=2",
    "xml": b"<a>1</a>",
    "deep lists": b"[" * DEEP,
    "deep objects": b'{"a":' * DEEP,
    "deep and closed": b"[" * 5_000 + b"]" * 5_000,
    "5000 digits": b'{"a": ' + b"9" * 5_000 + b"}",
    "wrong UTF-8": b'{"a": "\xff"}',
    "overlong UTF-8": b'{"a": "\xc0\xaf"}',
    "surrogate in UTF-8": b'{"a": "\xed\xa0\x80"}',
    "beyond Unicode": b'{"a": "\xf4\x90\x80\x80"}',
    "cut UTF-8": b'{"a": "\xe2\x82',
    "latin 1": '{"a": "\u00e9"}'.encode("latin-1"),
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "UTF-16 without a mark": '{"a": 1}'.encode("utf-16-le"),
    "UTF-32": '{"a": 1}'.encode("utf-32"),
    "two marks": b'\xef\xbb\xbf\xef\xbb\xbf{"a": 1}',
    "gzip": b"\x1f\x8b\x08\x00\x00",
}
UNSTORABLE = {
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": [-Infinity]}',
    "too large a float": b'{"a": 1e999}',
    "too large an integer": b'{"a": 9007199254740993}',
    "4000 digits": b'{"a": ' + b"9" * 4_000 + b"}",
    "doubled key": b'{"a": 1, "a": 2}',
    "key doubled by an escape": b'{"a": 1, "\\u0061": 2}',
    "NUL in a text": b'{"a": "\\u0000"}',
    "NUL in a key": b'{"\\u0000": 1}',
    "half a pair": b'{"a": "\\ud800"}',
    "half a pair in a key": b'{"\\udc00": 1}',
    "33 deep": b'{"a":' * 33 + b"1" + b"}" * 33,
}
OTHER_SHAPES = {
    "list": b"[]",
    "text": b'"title"',
    "number": b"7",
    "minus zero": b"-0",
    "truth": b"true",
    "null": b"null",
    "list of objects": b'[{"title": "a"}]',
    "empty key": b'{"": 1}',
    "prototype": b'{"__proto__": {"title": "a"}}',
    "very long key": b'{"' + b"k" * 100_000 + b'": 1}',
    "many keys": json.dumps({f"k{n}": n for n in range(5_000)}).encode(),
}
TOO_LARGE = b'{"a": "' + b"x" * (2 * MIB) + b'"}'
BIG = b'{"a": "' + b"x" * (MIB + MIB // 2) + b'"}'
READERS = [
    (route, method)
    for route, method in WRITES
    if BODIES[route.name, method] not in (NO_BODY, UPLOAD)
]
IDLE = [(route, method) for route, method in WRITES if BODIES[route.name, method] == NO_BODY]
VALUES = [None, True, -0.0, 1e308, "", [[]], {"__proto__": 1}, ["x"] * 101]
FEW = [None, -1, 1e308, {"": []}]  # for the document, which has more members than all the others
RAW = ["NaN", "1e999", '"\\ud800"', '{"\\u0000": 1}']


@pytest.fixture
def ours(db):
    world = make_world()
    world.client = client_for(world.workspace)
    return world


def send(client, method, path, body):
    return client.generic(method.upper(), path, body, content_type="application/json")


@pytest.mark.parametrize(("route", "method"), READERS, ids=lambda it: getattr(it, "name", it))
def test_a_hostile_body_is_told_and_changes_nothing(ours, route, method):
    path = route.address(ours.ids)
    before = everything()

    malformed = {
        name: send(ours.client, method, path, body)
        for name, body in (NOT_JSON | UNSTORABLE | OTHER_SHAPES).items()
    }
    large = send(ours.client, method, path, TOO_LARGE)
    big = send(ours.client, method, path, BIG)

    wrong = {name: a.status_code for name, a in malformed.items() if a.status_code != 400}
    assert wrong == {}
    kinds = {answer.headers["Content-Type"] for answer in [*malformed.values(), large, big]}
    assert kinds == {"application/problem+json"}
    assert (large.status_code, big.status_code) == (413, 400)
    assert everything() == before


@pytest.mark.parametrize(("route", "method"), IDLE, ids=lambda it: getattr(it, "name", it))
def test_a_route_that_reads_no_body_survives_any(ours, route, method):
    path = route.address(ours.ids)

    for body in (NOT_JSON | UNSTORABLE | OTHER_SHAPES).values():
        answer = send(ours.client, method, path, body)
        assert answer.status_code in {200, 201, 202, 400, 402, 404, 409, 422}, body[:50]

    assert read_all(ours) == []


@pytest.mark.parametrize("operation", operations(), ids=lambda one: one.id)
def test_no_member_takes_a_hostile_value_for_good(ours, operation):
    path = address_of(operation.path, ours.ids)
    body = operation.body
    marked = [
        (place, json.dumps(with_value(body, place, "\N{SNOWMAN}")).replace('"\\u2603"', "%s", 1))
        for place, _ in places(operation.schema, body)
    ]
    failed = []

    for place, marked_frame in marked:
        frame = with_rows(marked_frame, ours.ids)
        for value in [*map(json.dumps, FEW if len(marked) > 100 else VALUES), *RAW]:
            answer = send(ours.client, operation.method, path, frame.replace("%s", value, 1))
            if answer.status_code >= 500 or (value in RAW and answer.status_code != 400):
                failed.append((place, value[:60], answer.status_code))

    assert failed == []
    assert read_all(ours) == []
