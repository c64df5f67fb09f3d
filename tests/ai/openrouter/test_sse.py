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
    "a line of JSON is data that forgot its name": (b'{"a":1}\n\ndata: b\n\n', ['{"a":1}', "b"]),
    "lines of JSON are one event": (b'{\n "a":\n: hi\n1\n}\n\nx\n\n', ['{\n "a":\n1\n}']),
    "a brace later on is no data": (b'x{"a":1}\n {"a":1}\n\ndata: b\n\n', ["b"]),
    "blank lines are no events": (b"\n\n\ndata: a\n\n\n\n", ["a"]),
}  # fmt: skip


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1_000])
@pytest.mark.parametrize(("raw", "events"), CASES.values(), ids=CASES.keys())
def test_events_are_the_same_whatever_the_chunks(raw, events, size):
    parser = EventParser()

    got = [data for at in range(0, len(raw), size) for data in parser.feed(raw[at : at + size])]

    assert got == events


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"], ids=["LF", "CR", "CRLF"])
@pytest.mark.parametrize(("raw", "events"), CASES.values(), ids=CASES.keys())
def test_events_are_the_same_wherever_they_are_cut_in_two(raw, events, end):
    raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", end)

    for cut in range(len(raw) + 1):
        parser = EventParser()
        assert [*parser.feed(raw[:cut]), *parser.feed(raw[cut:])] == events


# From the tests of the specification itself: what is a field, what is a mark, what is a value.
FROM_THE_SPECIFICATION = {
    "fields": (
        b"data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\n"
        b"data:3\rdata:\r\n data:32\ndata:4\n\n", ["\0\n 2\n1\n3\n\n4"]),
    "a blank line is none while it goes on": (b"data:test\r\ndata\ndata:test\r\n\r",
                                              ["test\n\ntest"]),
    "one mark": ("\ufeffdata:1\n\n\ufeffdata:2\n\ndata:3\n\n".encode(), ["1", "3"]),
    "two marks": ("\ufeff\ufeffdata:1\n\ndata:2\n\n".encode(), ["2"]),
    "one blank, and a tab": (b"data:\ttest\rdata: \ndata:test\n\n", ["\ttest\n\ntest"]),
    "the end is no blank line": (b"data:1\n\nid:x\ndata:2", ["1"]),
}  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "events"), FROM_THE_SPECIFICATION.values(), ids=FROM_THE_SPECIFICATION.keys()
)
def test_lines_are_read_as_the_specification_says(raw, events):
    for cut in range(len(raw) + 1):
        parser = EventParser()
        assert [*parser.feed(raw[:cut]), *parser.feed(raw[cut:])] == events


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


def test_an_event_has_the_name_it_was_given_and_the_next_one_has_none():
    parser = EventParser()
    raw = b"event: a\ndata: 1\n\ndata: 2\n\nevent: b\n\ndata: 3\n\nevent: c\nevent:d\ndata: 4\n\n"

    assert [(parser.name, data) for data in parser.feed(raw + b"event: e\ndata: 5")] == [
        ("a", "1"), ("", "2"), ("", "3"), ("d", "4")]  # fmt: skip
    assert (parser.rest(), parser.name) == ("5", "e")
