"""Abort and cut connections, against a real socket: only there a reader is really blocked."""

import socket
import ssl
import threading
import time

import httpcore
import pytest

from ai.openrouter import errors
from ai.openrouter.client import OpenRouter
from ai.openrouter.switch import Switch, SwitchedBackend, _SwitchedStream
from ai.openrouter.wire import ChatRequest
from tests.ai.openrouter.loopback import ASK, CHUNKED, GOOD, HEAD, Service, chunk
from tests.ai.openrouter.sse_bodies import DONE, body, delta

PROMPT_S = 1.0


@pytest.fixture
def service():
    service = Service()
    yield service
    service.close()


@pytest.fixture
def client(service):
    with OpenRouter("", service.url) as client:
        yield client


def insist(client, stop):
    """Stop the call, as the watchdog does: on a busy machine it may not have begun yet."""
    until_s = time.monotonic() + 30
    while not client.abort(stop) and time.monotonic() < until_s:
        time.sleep(0.01)


def ask(client, *, streamed):
    if not streamed:
        return client.chat(ASK)
    with client.stream(ASK) as stream:
        list(stream)
    return stream.reply


STALLS = {
    "before the headers": ["wait for the end"],
    "inside the headers": [HEAD, "wait for the end"],
    "before the body": [CHUNKED, "wait for the end"],
    "inside the body": [CHUNKED, chunk(body(delta(content="Hel"), done=False)), "wait for the end"],
    "behind a good finish": [HEAD + b"\r\n", body(delta("stop", content="a"), done=False),
                             "wait for the end"],
    "25: in a stream of comments": [CHUNKED, "comment for ever"],
}  # fmt: skip


@pytest.mark.parametrize("streamed", [True, False], ids=["stream", "chat"])
@pytest.mark.parametrize("script", STALLS.values(), ids=STALLS.keys())
def test_a_blocked_call_is_stopped_from_another_thread(service, client, script, streamed):
    service.scripts = [script, [HEAD + b"Content-Length: %d\r\n\r\n" % len(GOOD), GOOD]]
    stop = errors.StoppedError("idle")
    thrown_s: list[float] = []

    def watchdog():
        service.waiting.wait(2)
        time.sleep(0.02)
        thrown_s.append(time.monotonic())
        assert client.abort(stop)

    thread = threading.Thread(target=watchdog)
    thread.start()
    with pytest.raises(errors.StoppedError) as caught:
        ask(client, streamed=streamed)
    took_s = time.monotonic() - thrown_s[0]
    thread.join()

    assert caught.value is stop
    assert took_s < PROMPT_S
    assert ask(client, streamed=True).message.content == "Hello"


def test_a_finished_stream_leaves_its_connection_to_the_next_call(service, client):
    reply = [CHUNKED, chunk(GOOD), b"0\r\n\r\n"]
    service.scripts = [reply, reply, reply]

    texts = [ask(client, streamed=True).message.content for _ in range(3)]

    assert texts == ["Hello"] * 3
    assert service.connections == 1


def test_a_connection_that_lingers_after_done_holds_nobody_up(service, client):
    service.scripts = [[CHUNKED, chunk(GOOD), "wait for the end"]]
    start_s = time.monotonic()

    reply = ask(client, streamed=True)

    assert reply.message.content == "Hello"
    assert time.monotonic() - start_s < PROMPT_S


def test_a_connection_the_service_closed_is_not_used_again(service, client):
    length = HEAD + b"Content-Length: %d\r\n\r\n" % len(GOOD)
    service.scripts = [[length, GOOD]]
    ask(client, streamed=True)
    time.sleep(0.05)
    service.scripts = [[length, GOOD]]

    assert ask(client, streamed=True).message.content == "Hello"
    assert service.connections == 2


CUT = body(delta(content="Hel"), delta(content="lo"), delta("stop"))
CUT = CUT.removesuffix(DONE)


@pytest.mark.parametrize("at", [0, 1, 40, 100, 200, len(CUT) - 1, len(CUT)])
def test_a_connection_cut_anywhere_is_never_a_good_end(service, client, at):
    service.scripts = [[CHUNKED, chunk(CUT)[: 4 + at]]]

    with pytest.raises(errors.OpenRouterError) as caught:
        ask(client, streamed=True)

    assert isinstance(caught.value, errors.IncompleteReplyError | errors.UnavailableError)
    assert caught.value.generation_id == "gen-1"


def test_a_read_that_takes_too_long_is_unavailable(service):
    service.scripts = [["wait for the end"]]

    with (
        OpenRouter("", service.url, read_timeout_s=0.05) as client,
        pytest.raises(errors.UnavailableError, match="ReadTimeout"),
    ):
        client.chat(ASK)


def test_nobody_listening_is_unavailable():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with (
        OpenRouter("", f"http://127.0.0.1:{port}") as client,
        pytest.raises(errors.UnavailableError, match="ConnectError"),
    ):
        client.chat(ASK)


def test_a_name_without_an_address_is_unavailable(monkeypatch):
    def no_lookup(*_args, **_options):
        raise socket.gaierror("unknown")

    monkeypatch.setattr(socket, "getaddrinfo", no_lookup)

    with (
        OpenRouter("", "http://nowhere.invalid") as client,
        pytest.raises(errors.UnavailableError, match="ConnectError: no address"),
    ):
        client.chat(ASK)


def test_a_connection_that_is_never_accepted_is_stopped_too():
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        held = [socket.socket() for _ in range(3)]
        for sock in held:
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", port))
        stop = errors.StoppedError("first-data")
        with OpenRouter("", f"http://127.0.0.1:{port}", connect_timeout_s=4) as client:
            timer = threading.Timer(0.1, insist, [client, stop])
            start_s = time.monotonic()
            timer.start()
            with pytest.raises(errors.StoppedError) as caught:
                client.chat(ASK)
            timer.join()
        for sock in held:
            sock.close()

    assert caught.value is stop
    assert time.monotonic() - start_s < PROMPT_S


def test_a_connection_nobody_accepts_in_time_is_unavailable():
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        held = [socket.socket() for _ in range(3)]
        for sock in held:
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", port))
        with (
            OpenRouter("", f"http://127.0.0.1:{port}", connect_timeout_s=0.05) as client,
            pytest.raises(errors.UnavailableError, match="ConnectTimeout"),
        ):
            client.chat(ASK)
        for sock in held:
            sock.close()


def test_a_request_nobody_reads_can_be_stopped():
    long = ChatRequest(
        messages=({"role": "user", "content": "x" * 20_000_000},), model="a/b", max_tokens=9
    )
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = deaf.getsockname()[1]
        stop = errors.StoppedError("total")
        with OpenRouter("", f"http://127.0.0.1:{port}") as client:
            timer = threading.Timer(0.3, insist, [client, stop])
            timer.start()
            with pytest.raises(errors.StoppedError) as caught:
                client.chat(long)
            timer.join()
        with (
            OpenRouter("", f"http://127.0.0.1:{port}", read_timeout_s=0.05) as client,
            pytest.raises(errors.UnavailableError, match="WriteTimeout"),
        ):
            client.chat(long)

    assert caught.value is stop


# --- the handshake -------------------------------------------------------------------------------


def test_a_handshake_that_hangs_is_stopped_or_times_out():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        stop = errors.StoppedError("cancelled")
        with OpenRouter("", f"https://127.0.0.1:{port}") as client:
            timer = threading.Timer(0.1, insist, [client, stop])
            timer.start()
            with pytest.raises(errors.StoppedError) as caught:
                client.chat(ASK)
            timer.join()
        with (
            OpenRouter("", f"https://127.0.0.1:{port}", connect_timeout_s=0.05) as client,
            pytest.raises(errors.UnavailableError, match="ConnectTimeout"),
        ):
            client.chat(ASK)

    assert caught.value is stop


def test_a_service_that_speaks_no_tls_is_unavailable(service):
    def answer_plainly(listener):
        connection, _ = listener.accept()
        with connection:
            connection.recv(1)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as plain:
        thread = threading.Thread(target=answer_plainly, args=[plain])
        thread.start()
        port = plain.getsockname()[1]
        with (
            OpenRouter("", f"https://127.0.0.1:{port}") as client,
            pytest.raises(errors.UnavailableError, match="ConnectError"),
        ):
            client.chat(ASK)
        thread.join()


class PlainTls(socket.socket):
    """A socket that says its handshake was fine and talks plainly."""

    def do_handshake(self):
        """Shake no hand."""


class PlainContext:
    """Puts no TLS around a socket, but takes its descriptor as a real context does."""

    def wrap_socket(self, sock, **options):
        assert options == {"server_hostname": "service.test", "do_handshake_on_connect": False}
        return PlainTls(sock.family, sock.type, sock.proto, sock.detach())


class RefusingContext:
    """Cannot even begin."""

    def wrap_socket(self, _sock, **_options):
        raise ssl.SSLError("no")


def tls_stream(backend, port, context):
    plain = backend.connect_tcp("127.0.0.1", port)
    return plain.start_tls(context, server_hostname="service.test", timeout=1)


def test_after_the_handshake_the_switch_knows_the_new_socket(service):
    service.scripts = [["wait for the end"]]
    switch = Switch()
    port = int(service.url.split(":")[2].split("/")[0])

    with switch.call():
        stream = tls_stream(SwitchedBackend(switch), port, PlainContext())
        stream.write(b'"stream":true}', timeout=1)
        threading.Timer(0.05, switch.abort, [errors.StoppedError("idle")]).start()
        assert stream.read(10, timeout=5) == b""
        with pytest.raises(errors.StoppedError):
            switch.check()
        with pytest.raises(httpcore.WriteError):
            stream.write(b"x", timeout=1)
    stream.close()
    with pytest.raises(httpcore.ReadError):
        stream.read(1, timeout=1)
    assert stream.get_extra_info("is_readable") is True
    assert stream.get_extra_info("ssl_object") is None
    assert stream.get_extra_info("server_addr") is None


def test_a_handshake_that_cannot_begin_is_a_failure(service):
    port = int(service.url.split(":")[2].split("/")[0])

    with pytest.raises(httpcore.ConnectError):
        tls_stream(SwitchedBackend(Switch()), port, RefusingContext())


def test_a_handshake_is_not_begun_after_a_stop(service):
    port = int(service.url.split(":")[2].split("/")[0])
    switch = Switch()
    stop = errors.StoppedError("idle")

    with switch.call():
        plain = SwitchedBackend(switch).connect_tcp("127.0.0.1", port)
        switch.abort(stop)
        with pytest.raises(errors.StoppedError) as caught:
            plain.start_tls(PlainContext(), server_hostname="service.test", timeout=1)

    assert caught.value is stop


def test_a_tls_socket_is_told_from_a_plain_one():
    ours, theirs = socket.socketpair()
    context = ssl.create_default_context()
    wrapped = context.wrap_socket(
        ours, server_hostname="service.test", do_handshake_on_connect=False
    )

    stream = _SwitchedStream(wrapped, Switch())

    assert stream.get_extra_info("ssl_object") is wrapped
    stream.close()
    theirs.close()


# --- the switch alone ----------------------------------------------------------------------------


def test_a_stopped_switch_opens_no_connection():
    switch = Switch()
    stop = errors.StoppedError("lease-lost")

    with switch.call():
        assert switch.abort(stop)
        with pytest.raises(errors.StoppedError):
            SwitchedBackend(switch).connect_tcp("127.0.0.1", 9)
        with socket.socket() as sock, pytest.raises(errors.StoppedError):
            switch.register(sock)

    with switch.call():
        switch.check()


def test_a_stop_while_the_name_is_looked_up_counts(monkeypatch):
    switch = Switch()

    def slow_lookup(*_args, **_options):
        switch.abort(errors.StoppedError("cancelled"))
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 9))]

    monkeypatch.setattr(socket, "getaddrinfo", slow_lookup)

    with switch.call(), pytest.raises(errors.StoppedError):
        SwitchedBackend(switch).connect_tcp("slow.test", 80)


def test_a_name_with_no_addresses_at_all_is_a_failure(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: [])

    with pytest.raises(httpcore.ConnectError, match="no address"):
        SwitchedBackend(Switch()).connect_tcp("empty.test", 80)
