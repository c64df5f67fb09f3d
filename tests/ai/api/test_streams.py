"""The feeds as server-sent events: replay, resume, wake, keep alive, close."""

import asyncio
import json
from datetime import timedelta
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.db import OperationalError, connections, transaction
from django.db.backends.signals import connection_created
from django.test import AsyncClient
from django.utils import timezone

from ai.api import feeds, follow, follower, rights
from ai.jobs import service
from ai.models import Job, JobStatus
from canvas.core import rounds
from canvas.workspaces.models import ApiToken, Membership
from scenes.models import Event, FeedCounter, Project
from tests.ai.factories import make_job, tell
from tests.canvas.asgi import Stream
from tests.factories import AsyncApiClient, default_plan, make_token
from tests.scenes.factories import make_project, roomy_workspace

ASYNC = pytest.mark.django_db(transaction=True)
PATIENCE_S = 8


class Reader:
    """Reads one stream, event by event; a comment comes as its text."""

    def __init__(self, response):
        self._chunks = response.streaming_content
        self._text = ""

    async def next(self):
        """Give the next event, or None once the stream has closed."""
        while "\n\n" not in self._text:
            chunk = await asyncio.wait_for(anext(self._chunks, None), PATIENCE_S)
            if chunk is None:
                assert self._text == ""
                return None
            self._text += chunk.decode()
        block, _, self._text = self._text.partition("\n\n")
        if block.startswith(":"):
            return block
        names, values = zip(*(line.split(": ", 1) for line in block.split("\n")), strict=True)
        assert names == ("id", "event", "data")
        return int(values[0]), values[1], json.loads(values[2])

    async def take(self, count):
        return [await self.next() for _ in range(count)]

    async def rest(self):
        found = []
        while (event := await self.next()) is not None:
            found.append(event)
        return found

    async def close(self):
        await self._chunks.aclose()


async def aside(work, *args, **values):
    """Touch the tables on another thread, as another process would."""

    def run():
        try:
            return work(*args, **values)
        finally:
            connections.close_all()

    return await sync_to_async(run, thread_sensitive=False)()


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(rounds, "LOOK_EVERY_S", 0.05)
    monkeypatch.setattr(rights, "ASK_EVERY_S", 0.1)


@pytest.fixture
async def film(transactional_db):
    """A project, its client, and no event yet."""

    def make():
        default_plan()  # the test before truncated the tables
        workspace = roomy_workspace()
        project = make_project(workspace)
        Event.objects.all().delete()
        FeedCounter.objects.update(last_seq=0)
        project.client = AsyncApiClient(workspace=workspace, token=make_token(workspace)[1])
        return project

    yield await aside(make)
    await sync_to_async(connections.close_all)()


async def open_stream(project, query="", job=None, **headers):
    place = f"jobs/{job.pk}" if job else f"projects/{project.pk}"
    headers = {"Authorization": f"Bearer {project.client.token}", **headers}
    response = await Stream.open(f"/api/v1/{place}/events/{query}", headers)
    assert response.status_code == 200
    return Reader(response)


@ASYNC
async def test_a_stream_replays_from_the_beginning_in_order(film):
    await aside(tell, film, "scene.created", id="a", title="Café 夜")
    await aside(tell, film, "scene.moved", id="a", order=2)

    stream = await open_stream(film)

    assert await stream.take(2) == [
        (1, "scene.created", {"id": "a", "title": "Café 夜"}),
        (2, "scene.moved", {"id": "a", "order": 2}),
    ]
    await stream.close()


@ASYNC
async def test_the_wire_is_compact_utf8_that_nobody_may_store_or_change(film):
    await aside(tell, film, "text.delta", text="a\nb\u2028c é")

    response = await film.client.get(
        f"/api/v1/projects/{film.pk}/events/", headers={"Accept": "text/event-stream"}
    )
    first = await anext(response.streaming_content)
    await response.streaming_content.aclose()

    assert first == 'id: 1\nevent: text.delta\ndata: {"text":"a\\nb\u2028c é"}\n\n'.encode()
    assert response.headers["Content-Type"] == "text/event-stream"
    assert response.headers["Cache-Control"] == "no-cache, no-transform"
    assert response.headers["X-Accel-Buffering"] == "no"
    assert "Content-Length" not in response.headers


@ASYNC
@pytest.mark.parametrize("way", ["header", "query", "both"])
async def test_a_reader_goes_on_with_exactly_what_it_missed(film, way):
    for number in range(1, 6):
        await aside(tell, film, "scene.updated", number=number)

    query = {"header": "", "query": "?after=3", "both": "?after=1"}[way]
    headers = {} if way == "query" else {"Last-Event-ID": "3"}
    stream = await open_stream(film, query, **headers)

    assert [event[0] for event in await stream.take(2)] == [4, 5]
    await stream.close()


@ASYNC
async def test_what_happens_later_arrives_at_once(film, monkeypatch):
    monkeypatch.setattr(rounds, "LOOK_EVERY_S", 60.0)
    await aside(tell, film, "scene.created")
    stream = await open_stream(film)
    await stream.next()

    waiting = asyncio.ensure_future(stream.next())
    await asyncio.sleep(0.2)
    assert not waiting.done()
    await aside(tell, film, "scene.deleted")

    assert await waiting == (2, "scene.deleted", {})
    await stream.close()


@ASYNC
async def test_a_lost_wake_up_costs_a_moment_and_no_event(film, quick, monkeypatch):
    stream = await open_stream(film)
    waiting = asyncio.ensure_future(stream.next())
    await asyncio.sleep(0.2)
    monkeypatch.setattr("scenes.services.feed.bus.announce", lambda _: None)

    await aside(tell, film, "scene.deleted")

    assert await waiting == (1, "scene.deleted", {})
    await stream.close()


@ASYNC
async def test_more_than_one_batch_comes_whole(film, monkeypatch):
    monkeypatch.setattr(follow, "BATCH", 3)
    monkeypatch.setattr(feeds, "BATCH", 3)
    monkeypatch.setattr(rounds, "LOOK_EVERY_S", 60.0)
    for _ in range(8):
        await aside(tell, film, "scene.updated")

    stream = await open_stream(film)

    assert [event[0] for event in await stream.take(8)] == [1, 2, 3, 4, 5, 6, 7, 8]
    await stream.close()


@ASYNC
@pytest.mark.parametrize(
    ("query", "resynced"),
    [("", True), ("?after=3", True), ("?after=4", False), ("?after=99", True)],
)
async def test_a_position_that_is_not_kept_answers_one_resync(film, query, resynced):
    for _ in range(6):
        await aside(tell, film, "scene.updated")
    await aside(Event.objects.filter(seq__lte=4).delete)
    await aside(FeedCounter.objects.update, kept_after=4)

    stream = await open_stream(film, query)
    first = await stream.next()
    await aside(tell, film, "scene.created")

    if resynced:
        assert first == (6, "resync", {"seq": 6})
    else:
        assert [first[:2], (await stream.next())[:2]] == [
            (5, "scene.updated"),
            (6, "scene.updated"),
        ]
    assert await stream.next() == (7, "scene.created", {})
    await stream.close()


@ASYNC
async def test_silence_is_filled_with_comments(film, quick, monkeypatch):
    monkeypatch.setattr(follow, "ALIVE_EVERY_S", 0.1)

    stream = await open_stream(film)

    assert await stream.take(2) == [": keep-alive", ": keep-alive"]
    await aside(tell, film, "scene.created")
    events = [event for event in await stream.take(4) if event != ": keep-alive"]
    assert events == [(1, "scene.created", {})]
    await stream.close()


def test_the_line_is_kept_open_every_15_s_and_rights_are_never_older_than_5_s():
    assert follow.ALIVE_EVERY_S == 15
    assert rounds.LOOK_EVERY_S <= 1
    assert rights.ASK_EVERY_S <= 4


@ASYNC
async def test_open_streams_hold_no_connection(film):
    opened = []

    def note(connection, **_):
        opened.append(connection)

    connection_created.connect(note)
    try:
        streams = [await open_stream(film) for _ in range(8)]
        waiting = [asyncio.ensure_future(stream.next()) for stream in streams]
        await asyncio.sleep(1.6)  # long enough for another look

        assert opened
        assert [one for one in opened if one.connection is not None] == []
        await aside(tell, film, "scene.created")
        assert await asyncio.gather(*waiting) == [(1, "scene.created", {})] * 8
    finally:
        connection_created.disconnect(note)
    for stream in streams:
        await stream.close()


@ASYNC
async def test_a_job_stream_tells_of_its_job_alone_and_closes_with_it(film):
    job = await aside(make_job, film)
    other = await aside(make_job, film)
    await aside(tell, film, "text.delta", other, text="not mine")
    await aside(tell, film, "text.delta", job, text="mine")
    stream = await open_stream(film, job=job)
    assert await stream.next() == (2, "text.delta", {"text": "mine"})

    waiting = asyncio.ensure_future(stream.rest())
    await aside(tell, film, "scene.created")
    await aside(tell, film, "message.completed", job)
    await aside(finish, job)

    completed, updated = await waiting
    assert completed == (4, "message.completed", {})
    assert updated[:2] == (5, "job.updated")
    assert (updated[2]["id"], updated[2]["status"]) == (str(job.pk), "succeeded")


@ASYNC
async def test_the_stream_of_a_finished_job_replays_and_closes(film):
    job = await aside(make_job, film)
    await aside(tell, film, "text.delta", job, text="a")
    await aside(finish, job)

    whole = await (await open_stream(film, job=job)).rest()
    tail = await (await open_stream(film, "?after=1", job=job)).rest()
    nothing = await (await open_stream(film, "?after=2", job=job)).rest()

    assert [event[:2] for event in whole] == [(1, "text.delta"), (2, "job.updated")]
    assert (tail, nothing) == (whole[1:], [])


@ASYNC
async def test_the_last_words_of_a_stopped_job_are_heard(film):
    job = await aside(make_job, film)
    stream = await open_stream(film, job=job)
    waiting = asyncio.ensure_future(stream.rest())

    await aside(cancel, job)
    await asyncio.sleep(0.3)
    await aside(tell, film, "message.completed", job)

    assert [event[1] for event in await waiting] == ["job.updated", "message.completed"]


@ASYNC
async def test_a_young_job_is_replayed_although_older_events_are_gone(film):
    for _ in range(3):
        await aside(tell, film, "scene.updated")
    job = await aside(make_job, film)
    await aside(tell, film, "text.delta", job, text="a")
    await aside(finish, job)
    await aside(FeedCounter.objects.update, kept_after=3)

    events = await (await open_stream(film, job=job)).rest()

    assert [event[:2] for event in events] == [(4, "text.delta"), (5, "job.updated")]


@ASYNC
async def test_an_old_job_whose_words_are_gone_answers_resync_and_closes(film):
    job = await aside(make_job, film)
    await aside(tell, film, "job.updated", job)
    await aside(tell, film, "text.delta", job, text="a")
    await aside(finish, job)
    await aside(Event.objects.filter(name="text.delta").delete)
    await aside(FeedCounter.objects.update, kept_after=2)

    assert await (await open_stream(film, job=job)).rest() == [(3, "resync", {"seq": 3})]


@ASYNC
async def test_a_job_without_a_project_has_no_events_and_closes(film):
    job = await aside(make_job, workspace=film.workspace)
    stream = await open_stream(film, job=job)
    waiting = asyncio.ensure_future(stream.rest())

    await asyncio.sleep(0.2)
    assert not waiting.done()
    await aside(finish, job)

    assert await waiting == []


@ASYNC
async def test_a_reader_that_leaves_is_forgotten(film):
    stream = await open_stream(film)
    waiting = asyncio.ensure_future(stream.next())
    await asyncio.sleep(0.2)
    assert feeds.feeds.follows(f"project:{film.pk}")

    waiting.cancel()  # as a server does when the line is cut
    await asyncio.wait([waiting])

    assert waiting.cancelled()
    assert (feeds.feeds.is_empty(), rights.rights.is_empty()) == (True, True)


@ASYNC
async def test_a_stream_ends_quietly_when_the_database_goes_away(film, quick, monkeypatch, caplog):
    await aside(tell, film, "scene.created")
    stream = await open_stream(film)
    await stream.next()

    def refuse(*_, **__):
        raise OperationalError("terminating connection")

    monkeypatch.setattr(feeds, "last_numbers", refuse)

    assert await stream.rest() == []
    assert caplog.messages == [
        f"stream of project:{film.pk}: the database went away: OperationalError"
    ]


@ASYNC
async def test_many_readers_of_one_project_hear_the_same_and_it_is_read_once(film, monkeypatch):
    monkeypatch.setattr(rounds, "LOOK_EVERY_S", 60.0)
    reads = []
    real = feeds.events_after

    def noted(after, *, limit):
        reads.append(dict(after))
        return real(after, limit=limit)

    streams = [await open_stream(film) for _ in range(20)]
    waiting = [asyncio.ensure_future(stream.take(2)) for stream in streams]
    await asyncio.sleep(0.4)
    monkeypatch.setattr(feeds, "events_after", noted)

    await aside(tell, film, "scene.created")
    await aside(tell, film, "scene.deleted")

    assert (
        await asyncio.gather(*waiting)
        == [[(1, "scene.created", {}), (2, "scene.deleted", {})]] * 20
    )
    assert 1 <= len([after for after in reads if after]) <= 2
    for stream in streams:
        await stream.close()


@ASYNC
async def test_who_joins_while_others_write_misses_nothing_and_hears_nothing_twice(film):
    job = await aside(make_job, film)
    is_done = asyncio.Event()

    async def write():
        for number in range(60):
            await aside(tell, film, "text.delta", job if number % 2 else None, number=number)
        is_done.set()

    writing = asyncio.ensure_future(write())
    readers = []
    for number in range(12):
        stream = await open_stream(film, job=job if number % 3 == 0 else None)
        readers.append((number % 3 == 0, stream, asyncio.ensure_future(stream.take(30))))
        await asyncio.sleep(0.01)
    await writing

    for is_of_job, stream, taking in readers:
        seqs = [event[0] for event in await taking]
        assert seqs == (list(range(2, 61, 2)) if is_of_job else list(range(1, 31)))
        await stream.close()


@ASYNC
async def test_a_reader_that_lags_goes_back_to_the_table_and_misses_nothing(film, monkeypatch):
    monkeypatch.setattr(follower, "MOST_READY_BYTES", 200)
    pieces = follow.follow(follower.Feed(film.pk), after=0, right=lambda: True)
    await aside(tell, film, "scene.updated", number=0)
    got = await anext(pieces)

    for number in range(1, 40):  # nobody takes the next piece meanwhile
        await aside(tell, film, "scene.updated", number=number)
    await asyncio.sleep(0.3)
    (lagging,) = feeds.feeds._projects[f"project:{film.pk}"].followers
    assert (lagging.is_behind, lagging._ready) == (True, [])
    while got.count(b"\n\n") < 40:
        got += await asyncio.wait_for(anext(pieces), PATIENCE_S)
    await pieces.aclose()

    numbers = [int(line[4:]) for line in got.decode().split("\n") if line.startswith("id: ")]
    assert numbers == list(range(1, 41))


@ASYNC
async def test_a_token_is_asked_for_once_for_all_its_streams(film, quick):
    streams = [await open_stream(film) for _ in range(10)]
    asked = []
    real = rights.living_tokens

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(rights, "living_tokens", lambda ids: asked.append(set(ids)) or real(ids))
        await asyncio.sleep(0.5)

    assert asked
    assert {len(ids) for ids in asked} == {1}
    for stream in streams:
        await stream.close()


def revoke(film):
    ApiToken.objects.update(revoked_at=timezone.now())


def delete(film):
    Project.objects.update(deleted_at=timezone.now())


def expire(film):
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


@ASYNC
@pytest.mark.parametrize("end", [revoke, expire, delete])
async def test_a_stream_ends_with_the_right_to_read_it(film, quick, end):
    job = await aside(make_job, film)
    streams = [await open_stream(film), await open_stream(film, job=job)]
    waiting = [asyncio.ensure_future(stream.rest()) for stream in streams]
    await asyncio.sleep(0.3)
    assert not any(one.done() for one in waiting)

    await aside(end, film)

    assert await asyncio.gather(*waiting) == [[], []]


@ASYNC
@pytest.mark.parametrize("table", [Session, Membership])
async def test_a_browsers_stream_ends_with_its_session_or_membership(film, quick, table):
    browser = AsyncClient()
    member = await aside(lambda: Membership.objects.select_related("user").get())
    await aside(browser.force_login, member.user)
    response = await browser.get(f"/api/v1/projects/{film.pk}/events/")
    assert response.status_code == 200
    waiting = asyncio.ensure_future(Reader(response).rest())
    await asyncio.sleep(0.3)
    assert not waiting.done()

    await aside(table.objects.all().delete)

    assert await waiting == []


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "head"])
@pytest.mark.parametrize("of", ["project", "job"])
def test_a_stream_is_only_read(api, project, method, of):
    row = project if of == "project" else make_job(project)

    answer = getattr(api, method)(f"/api/v1/{of}s/{row.pk}/events/")

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET"
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("text", ["", "-1", "1.5", "x", "٣", "9" * 19, "1 "])
@pytest.mark.parametrize("way", ["header", "query"])
def test_a_position_that_is_no_number_answers_400(api, project, way, text):
    address = f"/api/v1/projects/{project.pk}/events/"

    if way == "header":
        answer = api.get(address, headers={"Last-Event-ID": text})
    else:
        answer = api.get(address, {"after": text})

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    pointer = {"header": "Last-Event-ID", "query": "?after"}[way]
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_a_wrong_token_answers_401_and_an_unknown_job_404(api, client):
    address = f"/api/v1/jobs/{uuid4()}/events/"

    refused = client.get(address, headers={"Authorization": "Bearer cnv_wrong"})

    assert (refused.status_code, refused.json()["code"]) == (401, "invalid-credentials")
    assert api.get(address).status_code == 404


def finish(job):
    """End a job as its runner does: the row and its event in one transaction."""
    with transaction.atomic():
        Job.objects.filter(pk=job.pk).update(status=JobStatus.SUCCEEDED, finished_at=timezone.now())
        job.refresh_from_db()
        service.tell(job)


def cancel(job):
    service.cancel(job=job)
