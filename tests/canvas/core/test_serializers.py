"""Shapes on the wire."""

import pytest

pytestmark = pytest.mark.usefixtures("echo_urls")
SHAPE = "/api/v1/test/shape/"


def faults(answer):
    assert answer.status_code == 400, answer.content
    return [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]]


def test_names_are_camel_case_outside_and_snake_case_inside(api):
    answer = api.post(SHAPE, {"sceneTitle": "One", "customData": {"lens_35mm": {"a_b": 1}}})

    assert answer.json() == {
        "fields": ["custom_data", "scene_title"],
        "given": {"scene_title": "One", "custom_data": {"lens_35mm": {"a_b": 1}}},
    }


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, [("/sceneTitle", "required")]),
        ({"sceneTitle": None}, [("/sceneTitle", "null")]),
        ({"sceneTitle": 5}, [("/sceneTitle", "invalid")]),
        ({"sceneTitle": True}, [("/sceneTitle", "invalid")]),
        ({"sceneTitle": ["a"]}, [("/sceneTitle", "invalid")]),
        ({"sceneTitle": "forbidden"}, [("/sceneTitle", "not-this")]),
        ({"sceneTitle": "a", "scene_title": "b"}, [("/scene_title", "unknown-field")]),
        ({"sceneTitle": 5, "x/y": 1}, [("/sceneTitle", "invalid"), ("/x~1y", "unknown-field")]),
        ({"sceneTitle": "a", "isGood": 1}, [("/isGood", "invalid")]),
        ({"sceneTitle": "a", "isGood": "true"}, [("/isGood", "invalid")]),
        ({"sceneTitle": "a", "beatCount": "3"}, [("/beatCount", "invalid")]),
        ({"sceneTitle": "a", "beatCount": True}, [("/beatCount", "invalid")]),
        ({"sceneTitle": "a", "beatCount": 1.5}, [("/beatCount", "invalid")]),
        ({"sceneTitle": "a", "screenTime": "3"}, [("/screenTime", "invalid")]),
        ({"sceneTitle": "a", "screenTime": False}, [("/screenTime", "invalid")]),
        ({"sceneTitle": "a", "sceneId": 3}, [("/sceneId", "invalid")]),
        ({"sceneTitle": "a", "sceneId": "x"}, [("/sceneId", "invalid")]),
        ({"sceneTitle": "a", "kind": "three"}, [("/kind", "invalid-choice")]),
        ({"sceneTitle": "a", "kind": ["one"]}, [("/kind", "invalid-choice")]),
        ({"sceneTitle": "a", "lensList": [{"focal": 1}]}, [
            ("/lensList/0/focalLength", "required"),
            ("/lensList/0/focal", "unknown-field"),
        ]),
        ({"sceneTitle": "a", "lensList": {"a": 1}}, [("/lensList", "not-a-list")]),
        (["sceneTitle"], [("", "invalid")]),
        ("sceneTitle", [("", "invalid")]),
        (None, [("", "null")]),
    ],
)  # fmt: skip
def test_a_wrong_shape_is_refused_with_its_place(api, body, expected):
    import json

    answer = api.generic("POST", SHAPE, json.dumps(body), content_type="application/json")

    assert faults(answer) == expected


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        ({"sceneTitle": ""}, 422, [("/sceneTitle", "blank")]),
        ({"sceneTitle": "x" * 11}, 422, [("/sceneTitle", "max-length")]),
        (
            {"sceneTitle": "a", "lensList": [{"focalLength": 1}, {"focalLength": 0}]},
            422,
            [("/lensList/1/focalLength", "min-value")],
        ),
        (
            {"sceneTitle": "x" * 11, "isGood": 1},
            400,
            [("/sceneTitle", "max-length"), ("/isGood", "invalid")],
        ),
    ],
)
def test_a_right_shape_past_a_limit_is_422_and_any_wrong_shape_makes_it_400(
    api, body, status, expected
):
    answer = api.post(SHAPE, body)

    assert answer.status_code == status
    assert answer.json()["code"] == {400: "malformed", 422: "invalid"}[status]
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == expected


def test_a_read_only_member_that_comes_back_is_ignored(api):
    answer = api.post(SHAPE, {"sceneTitle": "a", "madeAt": "2026-01-01T00:00:00Z"})

    assert answer.json()["fields"] == ["scene_title"]


def test_whole_numbers_may_be_written_as_floats(api):
    answer = api.post(SHAPE, {"sceneTitle": "a", "beatCount": 2.0, "screenTime": 3})

    assert answer.json()["given"] == {"scene_title": "a", "beat_count": 2, "screen_time": 3.0}
