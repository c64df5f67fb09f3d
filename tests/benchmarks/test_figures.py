"""What a figure says of itself: met, missed, or not measured."""

from typing import Any

import pytest

from benchmarks.figures import Figure, table


def make_figure(**values: Any) -> Figure:
    return Figure(**{"key": "S0", "name": "a figure", "unit": "ms", "values": [3.0], **values})


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ({}, ""),
        ({"target": 3.0}, "met"),
        ({"target": 2.9}, "MISSED"),
        ({"target": 3.0, "at_least": True}, "met"),
        ({"target": 3.1, "at_least": True}, "MISSED"),
        ({"target": 3.0, "target_ratio": 0.3, "peer_values": [10.0]}, "met"),
        ({"target": 3.0, "target_ratio": 0.2, "peer_values": [10.0]}, "MISSED: ratio"),
        ({"target": 2.0, "target_ratio": 0.3, "peer_values": [10.0]}, "MISSED: target"),
        ({"target": 2.0, "target_ratio": 0.2, "peer_values": [10.0]}, "MISSED: target and ratio"),
        ({"target_ratio": 0.2, "peer_values": [10.0]}, "MISSED"),
    ],
)
def test_a_verdict_says_which_target_was_missed(values, verdict):
    figure = make_figure(**values)

    assert figure.verdict == verdict
    assert not figure.has_failed


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ({"failure": "peer did not run: no npm"}, "FAILED: peer did not run: no npm"),
        ({"target": 3.0, "failure": "cut"}, "FAILED: cut"),
        ({"values": []}, "FAILED: nothing was measured"),
        ({"target_ratio": 0.2}, "FAILED: nothing was measured"),
        ({"target_ratio": 0.2, "peer_values": [0.0]}, "FAILED: nothing was measured"),
    ],
)
def test_what_was_not_measured_fails_and_does_not_vanish(values, verdict):
    figure = make_figure(**values)

    assert figure.verdict == verdict
    assert figure.has_failed
    assert verdict in table([figure])
    assert figure.shown()["verdict"] == verdict


def test_the_ratio_is_of_the_medians():
    figure = make_figure(values=[1.0, 4.0, 100.0], peer_values=[2.0, 8.0, 9.0])

    assert (figure.median, figure.peer_median, figure.ratio) == (4.0, 8.0, 0.5)


def test_a_long_failure_is_cut_in_the_table_and_whole_in_the_json():
    figure = make_figure(failure="status 503:\n" + "x" * 300 + "|")

    (row,) = [line for line in table([figure]).splitlines() if "S0" in line]

    assert "FAILED: status 503: xxx" in row
    assert "…" in row
    assert "x" * 100 not in row
    assert figure.shown()["verdict"] == "FAILED: status 503:\n" + "x" * 300 + "|"
