"""Faults of the transport: the connection drops, dribbles or stays silent at any byte."""

import socket
import time
from urllib.parse import urlsplit

import httpx
import pytest

from ai.simulator.background import serving
from ai.simulator.settings import Settings
from tests.ai.simulator.conftest import MODEL, ask, bill_of, script

PAINTER = "black-forest-labs/flux.2-max"
HEAD = (
    b"HTTP/1.1 200 Simulated\r\nx-simulated: true\r\ncontent-type: application/json\r\n"
    b"content-length: 2\r\n\r\n"
)


@pytest.fixture(scope="module")
def url():
    with serving(Settings(first_token_s=0, tokens_per_second=1e9)) as url:
        yield url


@pytest.fixture
def client(url):
    with httpx.Client(base_url=url, headers={"Authorization": "Bearer x"}, timeout=20) as client:
        yield client


def received(client, method, path, **over):
    """Return the bytes of a body, and whether the connection dropped in it."""
    parts = []
    try:
        with client.stream(method, path, **over) as reply:
            for part in reply.iter_raw():
                parts.append(part)  # noqa: PERF402 what came before a break is kept
    except httpx.RemoteProtocolError:
        return b"".join(parts), True
    return b"".join(parts), False


def chat(model=MODEL, **over):
    said = [{"role": "user", "content": "Mara waits for the bus."}]
    return {"method": "POST", "path": "/chat/completions"} | {
        "json": {"model": model, "messages": said} | over
    }


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_can_be_cut_at_any_byte(client, stream):
    whole, dropped = received(client, **chat(stream=stream))

    assert dropped is False
    for place in {0, 1, 25, 26, 27, len(whole) // 2, *range(len(whole) - 16, len(whole) + 1, 3)}:
        head, dropped = received(client, **chat(f"{MODEL}~cut;bytes={place}", stream=stream))
        assert (len(head), dropped) == (place, True)


@pytest.mark.parametrize("path", ["/models?limit=2", "/key", "/images"])
def test_any_other_reply_can_be_cut_at_any_byte(client, path):
    asked = {"method": "GET", "path": path}
    if path == "/images":
        order = {"model": PAINTER, "prompt": "a red door", "resolution": "512"}
        asked = {"method": "POST", "path": path, "json": order}

    for place in (0, 1, 100, 555):
        headers = {"X-Sim-Fault": f"cut;bytes={place}"}
        head, dropped = received(client, **asked, headers=headers)
        assert (len(head), dropped) == (place, True)


@pytest.mark.parametrize("place", [0, 1, 9, 17, len(HEAD) - 1, len(HEAD)])
def test_the_connection_can_drop_inside_the_head(url, place):
    where = urlsplit(url)
    body = f"GET /api/v1/models HTTP/1.1\r\nHost: x\r\nX-Sim-Fault: cut;at=headers;bytes={place}"
    with socket.create_connection((where.hostname, where.port), timeout=10) as wire:
        wire.sendall(body.encode() + b"\r\n\r\n")
        parts = []
        while part := wire.recv(4_096):
            parts.append(part)

    assert b"".join(parts) == HEAD[:place]


@pytest.mark.parametrize("at", ["events", "headers"])
def test_the_connection_can_be_reset(client, at):
    with pytest.raises(httpx.ReadError):
        client.post(**url_of(chat(f"{MODEL}~cut-reset;at={at}", stream=True)))


def url_of(asked):
    return {"url": asked["path"], "json": asked["json"]}


def test_a_cut_stream_is_billed_for_what_was_produced_and_a_dropped_request_is_not(client, url):
    door = url.removesuffix("/api/v1")
    client.post(f"{door}/__sim/reset")
    received(client, **chat(f"{MODEL}~cut-3", stream=True))
    with pytest.raises(httpx.RemoteProtocolError):
        client.post(**url_of(chat(f"{MODEL}~cut;at=headers")))

    [line] = client.get(f"{door}/__sim/bill").json()

    assert (line["completed"], line["cancelled"], line["finishReason"]) == (False, False, None)
    assert line["completionTokens"] == 14


def test_ten_megabytes_of_blanks_come_before_the_json(client):
    body, dropped = received(client, **chat(f"{MODEL}~blanks"))

    document = body.lstrip()
    assert dropped is False
    assert len(body) - len(document) == 10_000_000
    assert document.startswith(b'{"id":"gen-')


def test_ten_megabytes_of_comments_come_before_a_stream(client):
    body, _ = received(client, **chat(f"{MODEL}~blanks", stream=True))

    head = body[: body.index(b"data: ")]
    assert 10_000_000 - 26 <= len(head) <= 10_000_000 + 26
    assert set(head.split(b"\n\n")) == {b": OPENROUTER PROCESSING", b""}
    assert body.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("place", [0, 40, 300])
def test_a_reply_can_fall_silent_at_any_byte_and_go_on(client, stream, place):
    start = time.monotonic()
    body, dropped = received(
        client, **chat(f"{MODEL}~stall;bytes={place};seconds=0.2", stream=stream)
    )

    assert time.monotonic() - start >= 0.2
    assert dropped is False
    assert body.rstrip().endswith(b"data: [DONE]" if stream else b"}")


@pytest.mark.parametrize("kind", ["slow", "stall"])
def test_even_the_headers_can_be_late(client, kind):
    start = time.monotonic()
    with client.stream(**url_in_stream(f"{MODEL}~{kind};at=headers;seconds=0.2")) as reply:
        headers_after = time.monotonic() - start

    assert headers_after >= 0.2
    assert reply.status_code == 200


def url_in_stream(model):
    asked = chat(model, stream=True)
    return {"method": "POST", "url": asked["path"], "json": asked["json"]}


def test_a_stream_can_linger_after_its_end(client):
    with client.stream(**url_in_stream(f"{MODEL}~stall;at=end;seconds=1")) as reply:
        parts = reply.iter_raw()
        while not next(parts).endswith(b"[DONE]\n\n"):
            pass
        done = time.monotonic()
        assert list(parts) == []

    assert time.monotonic() - done >= 0.2


async def test_a_dribbled_answer_comes_in_single_bytes_and_is_whole(sim):
    await script(sim, {"kind": "dribble"})

    reply = await ask(sim, "Hello")

    assert reply.json()["choices"][0]["finish_reason"] == "stop"
    assert len(await bill_of(sim)) == 1
