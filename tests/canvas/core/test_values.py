"""Merge patches, money, ETags, preferences: pure code."""

from types import SimpleNamespace

import pytest

from canvas.core.errors import Malformed, Stale
from canvas.core.etag import etag_of, expected_version, is_unchanged
from canvas.core.money import usd_text
from canvas.core.patch import merge_patch
from canvas.core.serializers import camel
from canvas.core.wait import wait_of


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [  # RFC 7396, appendix A
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_merge_patch_does_what_its_rfc_says(target, patch, result):
    assert merge_patch(target, patch) == result


def test_a_merge_patch_changes_neither_input():
    target, patch = {"a": {"b": 1}}, {"a": {"c": 2}}

    merge_patch(target, patch)

    assert (target, patch) == ({"a": {"b": 1}}, {"a": {"c": 2}})


@pytest.mark.parametrize(
    ("nusd", "text"),
    [(None, None), (0, "0"), (1, "0.000000001"), (100 * 10**9, "100"), (1_500_000_000, "1.5")],
)
def test_money_is_written_without_exponents(nusd, text):
    assert usd_text(nusd) == text


@pytest.mark.parametrize(
    ("name", "wire"),
    [("created_at", "createdAt"), ("id", "id"), ("p50", "p50"), ("lens_35mm", "lens35mm"),
     ("tokens_a_month", "tokensAMonth")],
)  # fmt: skip
def test_names_on_the_wire(name, wire):
    assert camel(name) == wire


ROW = SimpleNamespace(pk="x", version=3)


def asking(**headers):
    return SimpleNamespace(headers={k.replace("_", "-"): v for k, v in headers.items()})


@pytest.mark.parametrize(
    ("header", "version"),
    [('"x-3"', 3), ('"other", "x-3"', 3), ("*", None), (' "x-3" ', 3)],
)
def test_if_match_names_the_version_to_find(header, version):
    assert expected_version(asking(If_Match=header), ROW) == version


def test_without_if_match_any_version_will_do():
    assert expected_version(asking(), ROW) is None


@pytest.mark.parametrize("header", ['"x-2"', '"y-3"', 'W/"x-3"', '""'])
def test_if_match_with_another_tag_is_stale(header):
    with pytest.raises(Stale) as caught:
        expected_version(asking(If_Match=header), ROW)

    assert caught.value.extra == {"etag": '"x-3"'}


@pytest.mark.parametrize(
    "header", ["", "x-3", '"x-3', "'x-3'", '"a" "b"', '*, "a"', '"a",', "\x00"]
)
def test_a_malformed_if_match_is_refused(header):
    with pytest.raises(Malformed):
        expected_version(asking(If_Match=header), ROW)


@pytest.mark.parametrize(
    ("header", "unchanged"),
    [('"x-3"', True), ('W/"x-3"', True), ("*", True), ('"x-2"', False), ('"a", "x-3"', True)],
)
def test_if_none_match_compares_weakly(header, unchanged):
    assert is_unchanged(asking(If_None_Match=header), etag_of(ROW)) is unchanged


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("wait=10", 10),
        ("respond-async, wait=5", 5),
        ("Wait = 7 ; x=1", 7),
        ('wait="8"', 8),
        ("wait=100", 60),
        ("wait=5, wait=9", 5),
        ("wait=-1", 0),
        ("wait=x", 0),
        ("wait=1.5", 0),
        ("wait", 0),
        ("", 0),
        ("wait=" + "9" * 30, 0),
        ("wait=\u0663", 0),
    ],
)
def test_the_preferred_wait_is_read(header, seconds):
    assert wait_of(header) == seconds
