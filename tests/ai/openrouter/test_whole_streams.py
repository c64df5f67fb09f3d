"""Every body of the two tables, whole, cut everywhere, and with every kind of line end."""

import json
import random
import time
from decimal import Decimal
from itertools import pairwise

import pytest

from ai.openrouter.errors import OpenRouterError
from ai.openrouter.stream import assemble
from tests.ai.openrouter.sse_bodies import body, call, delta, event
from tests.ai.openrouter.streams.broken import BROKEN
from tests.ai.openrouter.streams.good import BILL, GOOD, HELLO, STOP, says

LONG_BYTES = 20_000
LINE_ENDS = {"LF": b"\n", "CRLF": b"\r\n", "CR": b"\r"}
_NOTHING = {
    "content": "", "reasoning": None, "details": None, "calls": [], "images": (), "refusal": None,
    "annotations": (), "cost": None, "model": None, "provider": None,
}  # fmt: skip


def every_way(raw):
    """Yield the body with each kind of line end, whole, byte by byte, and cut at random."""
    for end in LINE_ENDS.values():
        yield from _cuts(raw.replace(b"\n", end))


def _cuts(raw):
    yield [raw]
    is_long = len(raw) > LONG_BYTES
    if not is_long:
        yield [raw[at : at + 1] for at in range(len(raw))]
    dice = random.Random(len(raw))  # noqa: S311 the same cuts on every run
    for _ in range(2 if is_long else 20):
        places = sorted(dice.randrange(len(raw) + 1) for _ in range(7))
        yield [raw[a:b] for a, b in pairwise([0, *places, len(raw)])]


def found_in(message):
    said = message.reasoning_details
    return {
        "content": message.text,
        "finish_reason": message.finish_reason,
        "id": message.id,
        "reasoning": message.reasoning,
        "details": None if said is None else json.loads(said),
        "calls": [(made.name, made.arguments) for made in message.tool_calls],
        "images": message.images,
        "refusal": message.refusal,
        "annotations": message.annotations,
        "cost": None if message.cost is None else str(message.cost),
        "model": message.model,
        "provider": message.provider,
    }


def test_there_are_more_streams_than_anyone_asked_for():
    assert len(GOOD) + len(BROKEN) >= 116
    assert len(BROKEN) >= 26


@pytest.mark.parametrize(("raw", "expected"), GOOD.values(), ids=GOOD.keys())
def test_a_body_that_ended_well_is_its_whole_message(raw, expected):
    for chunks in every_way(raw):
        message = assemble(chunks)

        assert found_in(message) == _NOTHING | expected
        ids = [made.id for made in message.tool_calls]
        assert all(ids)
        assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(("raw", "expected"), BROKEN.values(), ids=BROKEN.keys())
def test_a_body_that_is_broken_is_its_exception(raw, expected):
    for chunks in every_way(raw):
        with pytest.raises(OpenRouterError) as caught:
            assemble(chunks)

        assert type(caught.value) is expected


ONE_CALL = [delta(role="assistant", content=""), call(0, "a", "f", ""),
            *(call(0, None, None, piece) for piece in ('{"x"', ": [1,", " 2]}")),
            delta("tool_calls"), {"choices": [], "usage": BILL}]  # fmt: skip
LENGTHS = [*HELLO, STOP, {"choices": [], "usage": BILL}]


@pytest.mark.parametrize("chunks", [LENGTHS, ONE_CALL], ids=["words", "a call"])
@pytest.mark.parametrize("end", LINE_ENDS.values(), ids=LINE_ENDS.keys())
def test_the_beginning_of_a_stream_is_the_whole_message_or_none(chunks, end):
    raw = body(*chunks).replace(b"\n", end)
    (place,) = (n for n, c in enumerate(chunks) if c.get("id") and c["choices"][0]["finish_reason"])
    until = len(body(*chunks[: place + 1], done=False).replace(b"\n", end))
    until -= 1 if end == b"\r\n" else 0  # the line is over with its CR
    expected = found_in(assemble([raw])) | {"cost": None}

    for cut in range(len(raw)):
        if cut < until:
            with pytest.raises(OpenRouterError):
                assemble([raw[:cut]])
        else:
            assert found_in(assemble([raw[:cut]])) | {"cost": None} == expected


@pytest.mark.parametrize("as_chunks", [
    lambda raw: raw,
    lambda raw: raw.decode(),
    lambda raw: [raw.decode()[at : at + 7] for at in range(0, len(raw), 7)],
    lambda _raw: [*HELLO, STOP, {"choices": [], "usage": BILL}],
    lambda _raw: [*HELLO, STOP, {"choices": [], "usage": {"cost": Decimal("0.000123456789")}},
                  "[DONE]", delta(content="ghost")],
    lambda raw: [bytearray(raw)],
    bytearray,
    memoryview,
    lambda raw: [memoryview(raw)[:30], memoryview(raw)[30:]],
], ids=["bytes", "text", "text in pieces", "parsed", "parsed and done", "bytearrays", "a bytearray",
        "a memoryview", "memoryviews"])  # fmt: skip
def test_a_stream_may_be_given_in_any_form(as_chunks):
    raw = body(*HELLO, STOP, {"choices": [], "usage": BILL})

    message = assemble(as_chunks(raw))

    assert found_in(message) == _NOTHING | says(cost="0.000123456789")


def test_text_is_cut_where_done_begins_and_nothing_is_lost():
    raw = body(*HELLO, STOP).decode()

    assert assemble([raw[: -len("[DONE]\n\n")], "[DONE]", "\n\n"]).content == "Hello"


def test_parsed_chunks_that_end_early_are_no_message():
    with pytest.raises(OpenRouterError):
        assemble(HELLO)
    with pytest.raises(OpenRouterError):
        assemble([*HELLO, "[DONE]"])


def test_a_failure_on_the_way_is_passed_on():
    def chunks():
        yield event(HELLO[0])
        raise ConnectionResetError("gone")

    with pytest.raises(ConnectionResetError):
        assemble(chunks())


def test_a_message_tells_what_it_cost_and_whose_it_is():
    served = {"model": "a/b-2026", "provider": "Groq", "usage": BILL}

    message = assemble([body(*HELLO, STOP | served)])

    assert (message.id, message.model, message.provider) == ("gen-1", "a/b-2026", "Groq")
    assert message.usage is not None
    assert message.usage.prompt_tokens == 3
    assert message.cost == Decimal("0.000123456789")
    assert assemble([body(*HELLO, STOP)]).cost is None


def test_ten_megabytes_of_blanks_before_a_stream_or_a_body_are_nothing():
    blanks = [b" " * 65_536, b"\n" * 65_536] * 80
    document = b'{"choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}]}'

    assert assemble([*blanks, body(*HELLO, STOP)]).content == "Hello"
    assert assemble([*blanks, document]).content == "Hello"
    with pytest.raises(OpenRouterError):
        assemble([*blanks, b" ", body(delta("stop", content="Hello"), done=False)])


def many(count):
    """Return long streams of the kinds that tempt one to join all that came before."""
    pieces = ('"xxxxxxxx",' for _ in range(count))
    return {
        "thoughts, then words": body(*[delta(reasoning="think ")] * count,
                                     *[delta(content="word ")] * count, STOP),
        "details": body(*[delta(reasoning_details=[{"type": "reasoning.text", "text": "think ",
                                                    "index": 0}])] * count,
                        delta("stop", content="a")),
        "a call named in every piece": body(
            call(0, "a", "f", '{"x":['), *(call(0, "a", "f", piece) for piece in pieces),
            call(0, "a", "f", "1]}"), STOP),
    }  # fmt: skip


@pytest.mark.parametrize("kind", many(0).keys())
def test_a_long_answer_takes_time_in_proportion_to_its_length(kind):
    def spent_s(count):
        raw = many(count)[kind]
        start = time.process_time()
        assemble([raw])
        return time.process_time() - start

    short_s = max(spent_s(1_000) for _ in range(3))

    assert spent_s(8_000) < 16 * short_s + 0.2


def test_a_picture_of_sixteen_megabytes_takes_time_in_proportion_to_its_length():
    def spent_s(megabytes):
        url = "data:image/png;base64," + "A" * megabytes * 2**20
        raw = body(delta("stop", images=[{"image_url": {"url": url}}]))
        start = time.process_time()
        message = assemble(raw[at : at + 16_384] for at in range(0, len(raw), 16_384))
        assert message.images == (url,)
        return time.process_time() - start

    spent_s(1)

    assert spent_s(16) < 32 * spent_s(2) + 0.5
