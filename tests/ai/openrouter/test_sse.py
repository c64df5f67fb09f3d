import time

import pytest

from ai.openrouter.sse import EventParser

CASES = {
    "LF": (b"data: a\n\n", ["a"]),
    "CR": (b"data: a\r\r", ["a"]),
    "CRLF": (b"data: a\r\n\r\n", ["a"]),
    "mixed ends": (b"data: a\rdata: b\n\r\n", ["a\nb"]),
    "several lines are one event": (b"data: a\ndata: b\n\n", ["a\nb"]),
    "no space after the colon": (b"data:a\n\n", ["a"]),
    "only one space is dropped": (b"data:  a\n\n", [" a"]),
    "a line without a colon is a field without a value": (b"data\n\n", [""]),
    "comments before and between": (b": hi\n\ndata: a\n: hi\n\n:\ndata: b\n\n", ["a", "b"]),
    "other fields say nothing": (b"event: x\nid: 1\nretry: 5\ndata: a\nfoo: b\n\n", ["a"]),
    "a byte order mark": (b"\xef\xbb\xbfdata: a\n\n", ["a"]),
    "a mark in the middle is text": ("data: \ufeffa\n\n".encode(), ["\ufeffa"]),
    "unicode line ends are text": ("data: a\u2028b\u2029c\u0085d\x0be\x0cf\n\n".encode(),
                                   ["a\u2028b\u2029c\u0085d\x0be\x0cf"]),
    "bytes that are no UTF-8": (b"data: a\xffb\n\n", ["a\ufffdb"]),
    "an event without its blank line is none": (b"data: a\n\ndata: b\n", ["a"]),
    "blank lines are no events": (b"\n\n\ndata: a\n\n\n\n", ["a"]),
}  # fmt: skip


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1_000])
@pytest.mark.parametrize(("raw", "events"), CASES.values(), ids=CASES.keys())
def test_events_are_the_same_whatever_the_chunks(raw, events, size):
    parser = EventParser()

    got = [data for at in range(0, len(raw), size) for data in parser.feed(raw[at : at + size])]

    assert got == events


def test_an_empty_chunk_between_cr_and_lf_changes_nothing():
    parser = EventParser()

    got = [data for part in (b"data: a\r", b"", b"\n", b"\r", b"\n") for data in parser.feed(part)]

    assert got == ["a"]


@pytest.mark.parametrize(
    ("raw", "rest"),
    [
        (b"data: a\n\n", ""),
        (b"data: a\n\ndata: [DONE]", "[DONE]"),
        (b"data: a\n\ndata: [DONE]\n", "[DONE]"),
        (b"data: a\n\n: comment", ""),
        (b"", ""),
    ],
)
def test_the_rest_is_what_no_blank_line_closed(raw, rest):
    parser = EventParser()
    list(parser.feed(raw))

    assert parser.rest() == rest


def test_a_line_of_many_megabytes_takes_time_in_proportion_to_its_length():
    def spent_s(megabytes: int) -> float:
        parser = EventParser()
        start = time.process_time()
        piece = b"x" * 4_096
        list(parser.feed(b"data: "))
        for _ in range(megabytes * 256):
            list(parser.feed(piece))
        (data,) = parser.feed(b"\n\n")
        assert len(data) == megabytes * 256 * 4_096
        return time.process_time() - start

    spent_s(1)

    assert spent_s(16) < 60 * spent_s(2) + 0.5
