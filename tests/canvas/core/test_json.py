"""The JSON door at the HTTP edge."""

import pytest
from django.test.client import MULTIPART_CONTENT

from tests.canvas.asgi import caller

pytestmark = pytest.mark.usefixtures("echo_urls")
ECHO = "/api/v1/test/echo/"


def send(api, body, content_type="application/json"):
    return api.generic("POST", ECHO, body, content_type=content_type)


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        (b'{"a": "x\\u0000y"}', "/a", "nul-character"),
        (b'{"a": ["ok", "\\ud800"]}', "/a/1", "lone-surrogate"),
        (b'{"a": {"b\\u0000": 1}}', "/a", "nul-character"),
        (b'{"a": NaN}', "/a", "not-finite"),
        (b'{"a": [-Infinity]}', "/a/0", "not-finite"),
        (b'{"a": 1e999}', "/a", "not-finite"),
        (b'{"a": 9007199254740993}', "/a", "number-out-of-range"),
        (b'{"a": -9007199254740993}', "/a", "number-out-of-range"),
        (b'{"x/y~z": {"a": 1, "a": 2}}', "/x~1y~0z/a", "duplicate-key"),
        (b"[" * 33 + b"]" * 33, "/0" * 32, "too-deep"),
    ],
)
def test_an_unstorable_value_is_refused_with_its_place(api, body, pointer, code):
    answer = send(api, body)

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "malformed"),
        (b"{'a': 1}", "malformed"),
        (b'{"a": "\xff"}', "not-utf-8"),
        (b'{"a": 1}'.decode().encode("utf-16"), "not-utf-8"),
        (b"[" * 100_000, "too-deep"),
        (b'{"a": ' + b"9" * 5000 + b"}", "malformed"),
    ],
)
def test_a_body_that_is_not_json_is_refused(api, body, code):
    answer = send(api, body)

    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"", {}),
        (b"  ", {}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'{"a": 9007199254740992, "b": 1e300}', {"a": 2**53, "b": 1e300}),
        ('{"a": "\N{CLAPPER BOARD}\\ud83c\\udfac"}'.encode(), {"a": "\N{CLAPPER BOARD}" * 2}),
        (b'"a text"', "a text"),
        (b"[]", []),
        (b"[" * 32 + b"]" * 32, None),
    ],
)
def test_what_can_be_stored_comes_through(api, body, value):
    answer = send(api, body)

    assert answer.status_code == 201
    assert value is None or answer.json() == {"got": value}


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json; charset=utf-8", 201),
        ('application/json; charset="UTF-8"', 201),
        ("application/json; charset=latin-1", 415),
        ("application/json; charset=utf-16", 415),
        ("text/plain", 415),
        ("application/xml", 415),
    ],
)
def test_only_utf_8_json_is_read(api, content_type, status):
    answer = send(api, b'{"a": 1}', content_type)

    assert answer.status_code == status


@pytest.mark.django_db(transaction=True)
async def test_a_chunked_body_is_read_although_it_announces_no_length(api):
    async def chunks():
        yield b'{"a":'
        yield b" 1}"

    async with caller() as client:
        answer = await client.post(
            ECHO,
            content=chunks(),
            headers={"Authorization": f"Bearer {api.token}", "Content-Type": "application/json"},
        )

    assert answer.json() == {"got": {"a": 1}}


def test_a_merge_patch_is_read_under_its_own_name(api):
    answer = api.patch(ECHO, b'{"a": null}', content_type="application/merge-patch+json")

    assert answer.json() == {"got": {"a": None}}


def test_a_body_over_the_limit_is_too_large(api, settings):
    settings.JSON_BODY_LIMIT_BYTES = 20

    assert send(api, b'{"a": "' + b"x" * 11 + b'"}').status_code == 201
    answer = send(api, b'{"a": "' + b"x" * 12 + b'"}')
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


def test_a_nul_in_the_query_is_refused_by_name(api):
    answer = api.get(ECHO + "?search=a%00b")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "?search"


def test_a_nul_in_the_address_leads_nowhere(api):
    assert api.get("/api/v1/test/plans/a%00b/").status_code == 404


def test_a_nul_in_a_form_field_is_refused(api):
    answer = api.post("/api/v1/test/upload/", {"label": "a\x00b"}, MULTIPART_CONTENT)

    assert answer.status_code == 400


def test_an_upload_over_the_limit_is_refused_before_it_is_read(api, settings):
    settings.UPLOAD_LIMIT_BYTES = 0

    answer = api.generic(
        "POST",
        "/api/v1/test/upload/",
        b"x" * (256 * 1024 + 1),
        content_type="multipart/form-data; boundary=x",
    )

    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


def test_a_broken_form_is_malformed(api):
    answer = api.generic("POST", "/api/v1/test/upload/", b"x", content_type="multipart/form-data")

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
