"""The ASGI handler: one hop a request, streams and files, clients that leave, start and stop."""

import asyncio
import threading

import pytest
from django.core.signals import request_finished, request_started
from django.db import connections
from django.db.backends.signals import connection_created
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.urls import include, path

from canvas.core import threads
from canvas.core.handler import Handler
from canvas.core.live import LiveResponse
from canvas.urls import handler400, handler403, handler404, handler500
from canvas.urls import urlpatterns as real
from canvas.workspaces.models import Plan
from tests.canvas.asgi import Stream, ask, caller

__all__ = ["handler400", "handler403", "handler404", "handler500"]

seen: list[str] = []
gate = threading.Event()


def where(request):
    seen.append(threading.current_thread().name)
    return HttpResponse(threading.current_thread().name)


def hold(request):
    seen.append("held")
    gate.wait(8)
    return HttpResponse(f"{Plan.objects.count() >= 0}")


def cookie(request):
    response = HttpResponse("é", headers={"X-Name": "value"})
    response.set_cookie("kept", "yes")
    return response


def size(request):
    files = [(name, file.size, type(file).__name__) for name, file in request.FILES.items()]
    return HttpResponse(repr(files))


def file(request):
    return FileResponse(open(request.GET["path"], "rb"))  # noqa: PTH123 closed by Django


def numbers(request):
    async def pieces():
        try:
            number = 0
            while True:
                yield b"%d " % number
                number += 1
                await asyncio.sleep(0.01)
        finally:
            seen.append("closed")

    kind = LiveResponse if "live" in request.GET else StreamingHttpResponse
    return kind(pieces(), content_type="text/plain")


def bug(request):
    raise RuntimeError("a bug with a secret in it")


urlpatterns = [
    path("where/", where),
    path("hold/", hold),
    path("cookie/", cookie),
    path("size/", size),
    path("file/", file),
    path("numbers/", numbers),
    path("api/bug/", bug),
    path("", include(real)),
]
HEADERS = {"Host": "testserver"}


@pytest.fixture(autouse=True)
def _urls(settings):
    settings.ROOT_URLCONF = __name__
    seen.clear()
    gate.clear()


async def test_requests_share_a_few_named_threads(transactional_db, settings):
    async with caller() as client:
        answers = await asyncio.gather(*(client.get("/where/") for _ in range(40)))

    names = {answer.text for answer in answers}
    assert all(name.startswith("web_") for name in names)
    assert len(names) <= settings.WEB_THREADS


async def test_a_request_gives_its_connection_back_and_is_announced_once(transactional_db):
    threads.pool.submit(connections.close_all).result()
    told, opened = [], []

    def note(signal, **_):
        told.append("started" if signal is request_started else "finished")

    def note_connection(connection, **_):
        opened.append(connection)

    for signal in (request_started, request_finished):
        signal.connect(note)
    connection_created.connect(note_connection)
    gate.set()
    try:
        answer = await ask("GET", "/hold/")
    finally:
        connection_created.disconnect(note_connection)
        for signal in (request_started, request_finished):
            signal.disconnect(note)

    assert (answer.text, told) == ("True", ["started", "finished"])
    assert [one for one in opened if one.connection is not None] == []


async def test_headers_and_cookies_go_out(transactional_db):
    answer = await ask("GET", "/cookie/", headers={"X-Request-ID": "r-1"})

    assert (answer.status_code, answer.text) == (200, "é")
    assert answer.headers["X-Name"] == "value"
    assert answer.headers["X-Request-ID"] == "r-1"
    assert answer.headers["Set-Cookie"] == "kept=yes; Path=/"


async def test_a_bug_is_a_500_without_its_text(transactional_db, caplog):
    answer = await ask("GET", "/api/bug/")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret" not in answer.text


async def test_an_address_that_is_no_text_is_refused(transactional_db):
    scope = {
        "type": "http", "method": "GET", "path": "/where/", "query_string": b"\xff",
        "headers": [(b"host", b"testserver")],
    }  # fmt: skip
    sent = []

    async def receive():
        return {"type": "http.request", "body": b""}

    async def send(message):
        sent.append(message)

    await Handler()(scope, receive, send)

    assert [message.get("status") for message in sent] == [400, None]
    assert seen == []


@pytest.mark.parametrize(
    ("length", "kind"), [(1_000, "InMemoryUploadedFile"), (3_000_000, "TemporaryUploadedFile")]
)
async def test_an_upload_is_read_whole(transactional_db, client, length, kind):
    answer = await ask("POST", "/size/", files={"picture": ("a.png", b"x" * length)})

    # The page is none of the API, so a browser would have to prove where it came from.
    assert answer.status_code == 403
    token = "a" * 32
    headers = {"Cookie": f"csrftoken={token}", "X-CSRFToken": token}
    answer = await ask(
        "POST", "/size/", files={"picture": ("a.png", b"x" * length)}, headers=headers
    )
    assert answer.text == repr([("picture", length, kind)])


async def test_a_file_comes_whole_and_is_closed(transactional_db, tmp_path):
    place = tmp_path / "large"
    place.write_bytes(bytes(range(256)) * 1_000)

    answer = await ask("GET", f"/file/?path={place}")

    assert answer.content == place.read_bytes()
    assert answer.headers["Content-Length"] == "256000"


@pytest.mark.parametrize("query", ["", "?live"])
async def test_a_stream_is_closed_when_its_reader_leaves(transactional_db, query):
    stream = await Stream.open(f"/numbers/{query}", HEADERS)
    pieces = [await anext(stream.streaming_content) for _ in range(3)]

    await stream.leave()

    assert (pieces, seen) == ([b"0 ", b"1 ", b"2 "], ["closed"])


async def test_a_client_that_leaves_before_its_body_is_read_calls_nothing(transactional_db):
    async def receive():
        return {"type": "http.disconnect"}

    sent = []
    scope = {"type": "http", "method": "GET", "path": "/where/", "headers": []}

    await Handler()(scope, receive, sent.append)

    assert (seen, sent) == ([], [])


async def test_liveness_needs_no_thread(transactional_db, settings):
    async with caller() as client:
        held = [asyncio.create_task(client.get("/hold/")) for _ in range(settings.WEB_THREADS)]
        while len(seen) < settings.WEB_THREADS:
            await asyncio.sleep(0.01)

        answer = await asyncio.wait_for(client.get("/healthz", headers={"Host": "any"}), 5)
        waiting = [one.done() for one in held]
        gate.set()
        await asyncio.gather(*held)

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert not any(waiting)


async def test_the_servers_start_and_stop_are_answered(monkeypatch):
    stopped = []
    monkeypatch.setattr(threads.pool, "shutdown", lambda **how: stopped.append(how))
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    sent = []

    async def receive():
        return next(messages)

    async def send(message):
        sent.append(message["type"])

    await Handler()({"type": "lifespan"}, receive, send)

    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert stopped == [{"wait": False, "cancel_futures": True}]


async def test_only_http_is_served():
    with pytest.raises(ValueError, match="websocket"):
        await Handler()({"type": "websocket"}, None, None)
