"""What is read out of raw bytes and notes."""

import json

import pytest

from benchmarks.inflight import most_at_once
from benchmarks.reader.seen import has_failed, words
from benchmarks.streams import delays_s


def upstream_event(text: str) -> bytes:
    chunk = {"choices": [{"index": 0, "delta": {"content": text}}]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def feed_event(name: str, **data: str) -> bytes:
    return f"id: 7\nevent: {name}\ndata: {json.dumps(data)}\n\n".encode()


def test_words_of_an_upstream_are_counted_when_their_event_is_whole():
    first, second = upstream_event("four"), upstream_event(" and")

    read = [
        (1.0, b": comment\n\n" + first[:20]),
        (2.0, first[20:] + second),
        (3.0, b"data: [DONE]\n\n"),
    ]

    assert list(words(read)) == [(2.0, 8)]


def test_words_of_a_feed_are_those_of_its_deltas():
    read = [
        (1.0, feed_event("message.created", role="assistant")),
        (2.0, feed_event("text.delta", text="four")),
        (3.0, feed_event("text.delta", text="äö") + feed_event("job.updated", status="succeeded")),
    ]

    assert list(words(read)) == [(2.0, 4), (3.0, 6)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'{"status":"succeeded","error":null}', False),
        (b'{"status":"failed","error":null}', True),
        (b'{"error": {"code": 500}}', True),
    ],
)
def test_a_bad_end_is_seen(data, expected):
    assert has_failed(data) is expected


def test_a_piece_is_late_until_all_of_it_was_read():
    sent = [(1.0, 4, 1), (1.1, 8, 2), (1.2, 12, 3)]
    read = [(1.05, 6), (1.3, 12)]

    delays = [(left_at, round(delay, 6)) for left_at, delay in delays_s(sent, read)]

    assert delays == [(1.0, 0.05), (1.1, 0.2), (1.2, 0.1)]


@pytest.mark.parametrize("read", [[], [(1.0, 3)], [(1.0, 5)]])
def test_an_answer_that_was_not_read_exactly_is_no_measurement(read):
    with pytest.raises(RuntimeError, match="4 characters were sent"):
        list(delays_s([(0.5, 4, 1)], read))


def test_overlapping_calls_are_counted_and_one_that_ends_as_another_begins_does_not_overlap():
    assert most_at_once([(0.0, 2.0), (1.0, 3.0), (2.0, 4.0), (5.0, None)]) == 2
