import base64
import gzip
import json
from decimal import Decimal

import httpx
import pytest

from ai.openrouter import errors, exchange
from ai.openrouter.account import Activity
from ai.openrouter.client import OpenRouter
from ai.openrouter.events import TextDelta
from ai.openrouter.images import Picture, media_type_of, pictures_of, read_data_url
from ai.openrouter.stream import read_completion
from ai.openrouter.wire import (
    ChatReply,
    ChatRequest,
    Credits,
    DailyRequests,
    ImageRequest,
    KeyStatus,
    Message,
    Usage,
)
from tests.ai.openrouter.sse_bodies import body, delta

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"
URL = "https://openrouter.test/api/v1"
ASK = ChatRequest(
    messages=({"role": "user", "content": "hi \ud83d\ude00"},), model="a/b", max_tokens=9
)
ORDER = ImageRequest(model="a/b", prompt="a bus")
GOOD = {"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}],
        "usage": {"cost": 0.0000001}}  # fmt: skip
PNG = b"\x89PNG\r\n\x1a\n" + b"x"


class Upstream:
    """A service that gives one answer and remembers what it was asked."""

    def __init__(self, answer, status=200, headers=None):
        self.asked: list[httpx.Request] = []
        self._answer = answer
        self._status = status
        self._headers = headers or {}

    def __call__(self, request):
        request.read()
        self.asked.append(request)
        if isinstance(self._answer, Exception):
            raise self._answer
        if isinstance(self._answer, bytes):
            return httpx.Response(self._status, headers=self._headers, content=self._answer)
        if isinstance(self._answer, dict | list):
            return httpx.Response(self._status, headers=self._headers, json=self._answer)
        return httpx.Response(self._status, headers=self._headers, stream=self._answer)


class Pieces(httpx.SyncByteStream):
    """A body that comes in pieces; an exception among them breaks it."""

    def __init__(self, *pieces):
        self._pieces = pieces

    def __iter__(self):
        for piece in self._pieces:
            if isinstance(piece, Exception):
                raise piece
            if callable(piece):
                piece()
                continue
            yield piece


def client_of(upstream, **options):
    return OpenRouter(KEY, URL, transport=httpx.MockTransport(upstream), **options)


def test_a_chat_is_one_post_with_the_apps_name_and_the_key():
    upstream = Upstream(GOOD, headers={"X-Generation-Id": "gen-1"})
    seen: list[str | None] = []

    with client_of(upstream, referer="https://app.test", title="Canvas") as client:
        reply = client.chat(ASK, on_headers=seen.append)

    (request,) = upstream.asked
    assert (request.method, str(request.url)) == ("POST", f"{URL}/chat/completions")
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert request.headers["HTTP-Referer"] == "https://app.test"
    assert request.headers["X-OpenRouter-Title"] == "Canvas"
    assert json.loads(request.content) == {
        "messages": [{"role": "user", "content": "hi 😀"}],
        "model": "a/b",
        "max_tokens": 9,
        "stream": False,
    }
    assert seen == ["gen-1"]
    assert reply.generation_id == "gen-1"
    assert reply.message.content == "Hello"
    assert reply.usage == Usage(cost_usd=Decimal("1E-7"))


def test_without_a_key_none_is_sent_and_a_broken_key_is_never_shown():
    upstream = Upstream({"data": []})

    OpenRouter("", URL, transport=httpx.MockTransport(upstream)).providers()
    with pytest.raises(ValueError, match="no header may carry") as caught:
        OpenRouter(f"{KEY}\n", URL)

    assert "Authorization" not in upstream.asked[0].headers
    assert KEY not in str(caught.value)


def test_the_key_is_not_in_the_clients_name():
    assert repr(client_of(Upstream({}))) == f"OpenRouter('{URL}/')"


def test_24_blanks_before_the_answer_are_no_sign_of_progress():
    upstream = Upstream(Pieces(b"\n", b" \r\n", json.dumps(GOOD).encode(), b"\n"))
    seen: list[None] = []

    reply = client_of(upstream).chat(ASK, on_data=lambda: seen.append(None))

    assert reply.message.content == "Hello"
    assert len(seen) == 1


def test_a_compressed_answer_is_read():
    packed = gzip.compress(json.dumps(GOOD).encode())
    upstream = Upstream(packed, headers={"Content-Encoding": "gzip"})

    assert client_of(upstream).chat(ASK).message.content == "Hello"


def test_a_stream_tells_its_events_and_then_its_reply():
    raw = body(delta(content="Hel"), delta(content="lo"), delta("stop"))
    upstream = Upstream(
        Pieces(raw[:30], raw[30:], b": tail\n\n"), headers={"X-Generation-Id": "gen-7"}
    )
    heard: list[str | None] = []
    seen: list[None] = []
    client = client_of(upstream)

    with client.stream(ASK, on_headers=heard.append, on_data=lambda: seen.append(None)) as stream:
        assert heard == ["gen-7"]
        assert seen == []
        events = list(stream)

    assert events == [TextDelta("Hel"), TextDelta("lo")]
    assert stream.reply.generation_id == "gen-7"
    assert len(seen) == 4
    assert json.loads(upstream.asked[0].content)["stream"] is True


def test_a_stream_may_be_left_early_and_the_client_used_again():
    client = client_of(Upstream(body(delta(content="Hel"), delta("stop"))))

    with client.stream(ASK) as stream:
        assert next(iter(stream)) == TextDelta("Hel")
    with client.stream(ASK) as stream:
        assert list(stream) == [TextDelta("Hel")]


def test_what_follows_done_is_waited_for_only_a_moment():
    endless = [b": still here\n\n"] * 1_000_000
    client = client_of(Upstream(Pieces(body(delta("stop", content="a")), *endless)))

    with client.stream(ASK) as stream:
        list(stream)

    assert stream.reply.message.content == "a"


def test_one_client_makes_one_call_at_a_time():
    client = client_of(Upstream(body(delta("stop", content="a"))))

    with client.stream(ASK), pytest.raises(RuntimeError, match="one call at a time"):
        client.providers()


@pytest.mark.parametrize(
    ("status", "expected"),
    [(301, errors.RejectedError), (401, errors.AuthenticationError), (429, errors.RateLimitedError),
     (503, errors.UnavailableError)],
)  # fmt: skip
def test_a_bad_status_is_an_exception_with_the_generations_id(status, expected):
    headers = {
        "X-Generation-Id": "gen-1",
        "Retry-After": "3",
        "Location": "https://elsewhere.test/",
    }
    upstream = Upstream({"error": {"message": "no"}}, status, headers)
    heard: list[str | None] = []

    with (
        pytest.raises(errors.OpenRouterError) as caught,
        client_of(upstream).stream(ASK, on_headers=heard.append),
    ):
        pass

    assert type(caught.value) is expected
    assert caught.value.status == status
    assert caught.value.generation_id == "gen-1"
    assert caught.value.retry_after_s == 3.0
    assert heard == ["gen-1"]
    assert len(upstream.asked) == 1


def test_a_bad_status_counts_even_when_its_body_breaks_or_never_ends():
    broken = client_of(Upstream(Pieces(b'{"err', httpx.ReadError("cut")), 503))
    endless = client_of(Upstream(Pieces(*[b"x" * 65_536] * 40), 500))

    with pytest.raises(errors.UnavailableError) as cut:
        broken.chat(ASK)
    with pytest.raises(errors.UnavailableError) as flood:
        endless.chat(ASK)

    assert (cut.value.status, flood.value.status) == (503, 500)


def test_no_connection_is_unavailable():
    client = client_of(Upstream(httpx.ConnectTimeout("too slow")))

    with pytest.raises(errors.UnavailableError, match="ConnectTimeout: too slow") as caught:
        client.chat(ASK)

    assert caught.value.retryable
    assert caught.value.status is None


def test_a_connection_that_breaks_is_unavailable_before_data_and_a_cut_after():
    before = client_of(Upstream(Pieces(b"\n", httpx.ReadError("cut"))))
    after = client_of(
        Upstream(
            Pieces(b'{"choices"', httpx.ReadError("cut")), headers={"X-Generation-Id": "gen-1"}
        )
    )

    with pytest.raises(errors.UnavailableError, match="the connection broke"):
        before.chat(ASK)
    with pytest.raises(errors.IncompleteReplyError) as caught:
        after.chat(ASK)

    assert caught.value.generation_id == "gen-1"


def test_a_stream_that_breaks_tells_whose_it_was():
    pieces = Pieces(body(delta(content="Hel"), done=False), httpx.RemoteProtocolError("cut"))
    client = client_of(Upstream(pieces, headers={"X-Generation-Id": "gen-1"}))

    with pytest.raises(errors.IncompleteReplyError) as caught, client.stream(ASK) as stream:
        list(stream)

    assert caught.value.generation_id == "gen-1"


def test_a_body_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(exchange, "MAX_BODY_BYTES", 1_000)
    client = client_of(Upstream(Pieces(*[b" " * 100] * 100, *[b"x" * 100] * 11)))

    with pytest.raises(errors.GarbledReplyError, match="more than 1000 bytes"):
        client.chat(ASK)


def test_1_an_error_inside_a_200_is_an_exception():
    client = client_of(Upstream({"error": {"code": 429, "message": "slow"}}))

    with pytest.raises(errors.RateLimitedError):
        client.chat(ASK)
    with pytest.raises(errors.RateLimitedError), client.stream(ASK) as stream:
        list(stream)


# --- abort without a socket ----------------------------------------------------------------------


def test_an_abort_between_chunks_raises_exactly_its_error():
    stop = errors.StoppedError("idle")
    client: OpenRouter
    pieces = Pieces(body(delta(content="Hel"), done=False), lambda: client.abort(stop), b": x\n\n")
    client = client_of(Upstream(pieces, headers={"X-Generation-Id": "gen-1"}))

    with pytest.raises(errors.StoppedError) as caught, client.stream(ASK) as stream:
        list(stream)

    assert caught.value is stop
    assert stop.generation_id == "gen-1"


def test_an_abort_that_looks_like_a_good_end_is_still_an_abort():
    stop = errors.StoppedError("total")
    client: OpenRouter
    raw = body(delta("stop", content="Hel"), done=False)
    client = client_of(Upstream(Pieces(raw, lambda: client.abort(stop))))

    with pytest.raises(errors.StoppedError), client.stream(ASK) as stream:
        list(stream)


def test_an_abort_before_the_headers_counts():
    stop = errors.StoppedError("cancelled")
    client: OpenRouter

    def upstream(_request):
        assert client.abort(stop)
        assert not client.abort(errors.StoppedError("idle"))
        return httpx.Response(200, json=GOOD)

    client = client_of(upstream)

    with pytest.raises(errors.StoppedError) as caught:
        client.chat(ASK)

    assert caught.value is stop


def test_an_abort_of_nothing_does_nothing():
    client = client_of(Upstream(GOOD))

    assert not client.abort(errors.StoppedError("idle"))
    assert client.chat(ASK).message.content == "Hello"


# --- pictures ------------------------------------------------------------------------------------


def test_an_order_of_pictures_is_one_post():
    encoded = base64.b64encode(PNG).decode()
    data = [{"b64_json": encoded, "media_type": "image/jpeg"},
            {"b64_json": f"data:image/png;base64,{encoded}"},
            {"b64_json": "?"}, {"b64_json": ""}, {"url": "x"}, None]  # fmt: skip
    answer = {"created": 0, "data": data, "usage": {"cost": 0.04}}
    upstream = Upstream(answer, headers={"X-Generation-Id": "gen-1"})
    heard: list[str | None] = []
    seen: list[None] = []

    reply = client_of(upstream).images(
        ORDER, on_headers=heard.append, on_data=lambda: seen.append(None)
    )

    assert str(upstream.asked[0].url) == f"{URL}/images"
    assert reply.pictures == (Picture(PNG, "image/png"),) * 2
    assert reply.usage == Usage(cost_usd=Decimal("0.04"))
    assert reply.generation_id == "gen-1"
    assert (heard, len(seen)) == (["gen-1"], 1)
    assert repr(reply.pictures[0]) == "Picture(image/png, 9 bytes)"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"data": [], "usage": {"cost": 1}}, errors.NoImageError),
        ({"data": None}, errors.NoImageError),
        ({"error": {"code": 429, "message": "x"}}, errors.RateLimitedError),
        ([], errors.GarbledReplyError),
        (b'{"data": [', errors.IncompleteReplyError),
        (b"", errors.IncompleteReplyError),
        (b"<html>", errors.UnavailableError),
    ],
    ids=["none", "null", "error", "list", "cut", "empty", "HTML"],
)
def test_an_order_without_pictures_is_an_exception(answer, expected):
    with pytest.raises(errors.OpenRouterError) as caught:
        client_of(Upstream(answer, headers={"X-Generation-Id": "gen-1"})).images(ORDER)

    assert type(caught.value) is expected
    assert caught.value.generation_id == "gen-1"


def test_fewer_pictures_than_ordered_are_an_answer_and_their_kind_is_told_by_their_bytes():
    jpeg = base64.b64encode(b"\xff\xd8\xff\xe0").decode()
    upstream = Upstream({"created": 0, "data": [{"b64_json": jpeg}]})

    reply = client_of(upstream).images(ImageRequest(model="a/b", prompt="a bus", n=3))

    assert [picture.media_type for picture in reply.pictures] == ["image/jpeg"]
    assert reply.usage is None
    assert "stream" not in json.loads(upstream.asked[0].content)


ENCODED = base64.b64encode(PNG).decode()
PREVIEW = {"type": "image_generation.partial_image", "partial_image_index": 0, "b64_json": ENCODED}
PHASE = {"type": "image_generation.text_chunk", "phase": "thinking", "text": "hm"}
DRAWN = {"type": "image_generation.completed", "b64_json": ENCODED, "media_type": "image/png",
         "created": 1, "usage": {"cost": 0.04}}  # fmt: skip
OOPS = {"type": "error", "error": {"code": 429, "message": "slow", "type": "x", "param": None}}
ONE = (1, Usage(cost_usd=Decimal("0.04")))
DRAWN_STREAMS = {
    "by the book": (body(PREVIEW, PHASE, PREVIEW, DRAWN), 2, ONE),
    "without previews": (body(DRAWN), 0, ONE),
    "two pictures": (body(DRAWN, DRAWN), 0, (2, ONE[1])),
    "no [DONE]": (body(PREVIEW, DRAWN, done=False), 1, ONE),
    "comments": (b": OPENROUTER PROCESSING\n\n" + body(DRAWN), 0, ONE),
    "the bill apart": (
        body(DRAWN | {"usage": None}, {"type": "image_generation.usage", "usage": {"cost": 0.04}}),
        0, ONE),
    "nothing after [DONE] counts": (body(DRAWN) + body(DRAWN), 0, ONE),
    "a picture nobody can read": (body(DRAWN | {"b64_json": "?"}, DRAWN), 0, ONE),
    "an event that is no object": (body("null", DRAWN), 0, ONE),
    "an error after a picture": (body(DRAWN, OOPS), 0, ONE),
    "an error after a picture, with the bill": (
        body(DRAWN | {"usage": None}, OOPS | {"usage": {"cost": 0.04}}), 0, ONE),
    "a broken event after a picture": (body(DRAWN, "{oops"), 0, ONE),
    "a broken event between two pictures": (body(DRAWN, "{oops", DRAWN), 0, (2, ONE[1])),
    "a broken line in the event of a picture": (
        body(DRAWN, done=False)[:-1] + b"data: {oops\n\n", 0, ONE),
    "a broken event at the end": (body(DRAWN, "{oops", done=False).rstrip(), 0, ONE),
    "a picture that lacks its blank line": (body(PREVIEW, DRAWN, done=False).rstrip(), 1, ONE),
    "a picture and [DONE] that lack a blank line": (
        body(DRAWN, done=False)[:-1] + b"data: [DONE]", 0, ONE),
    "an error without data after a picture": (
        body(DRAWN, done=False) + b'{"error":{"code":502}}', 0, ONE),
    "a JSON body": (json.dumps({"data": [{"b64_json": ENCODED}], "usage": {"cost": 0.04}}).encode(),
                    0, ONE),
}  # fmt: skip


@pytest.mark.parametrize("size", [1, 100, 10_000])
@pytest.mark.parametrize(
    ("raw", "previews", "expected"), DRAWN_STREAMS.values(), ids=DRAWN_STREAMS.keys()
)
def test_a_streamed_order_gives_previews_and_then_the_pictures(raw, previews, expected, size):
    pieces = Pieces(*(raw[at : at + size] for at in range(0, len(raw), size)))
    upstream = Upstream(pieces, headers={"X-Generation-Id": "gen-1"})
    seen: list[Picture] = []

    reply = client_of(upstream).images(ORDER, on_partial=seen.append)

    assert json.loads(upstream.asked[0].content)["stream"] is True
    assert seen == [Picture(PNG, "image/png")] * previews
    assert (len(reply.pictures), reply.usage) == expected
    assert set(reply.pictures) == {Picture(PNG, "image/png")}
    assert reply.generation_id == "gen-1"


@pytest.mark.parametrize("failure", [httpx.ReadError("gone"), httpx.ReadTimeout("slow")])
def test_a_picture_that_is_whole_outlives_its_connection(failure):
    upstream = Upstream(Pieces(body(DRAWN, done=False), failure))

    reply = client_of(upstream).images(ORDER, on_partial=lambda _picture: None)

    assert (len(reply.pictures), reply.usage) == ONE


def test_a_stopped_order_is_stopped_whatever_was_drawn():
    stop = errors.StoppedError("cancelled")
    client = client_of(
        Upstream(Pieces(body(DRAWN, done=False), lambda: client.abort(stop), body(PREVIEW)))
    )

    with pytest.raises(errors.StoppedError) as caught:
        client.images(ORDER, on_partial=lambda _picture: None)

    assert caught.value is stop


NO_DRAWN_STREAMS = {
    "an error": (body(PREVIEW, OOPS), errors.RateLimitedError),
    "an error in its first event": (body(OOPS, done=False), errors.RateLimitedError),
    "an error named by its event": (
        b'event: error\ndata: {"message":"overloaded"}\n\n', errors.UnavailableError),
    "an error that lacks its blank line": (
        body(PREVIEW, OOPS, done=False).rstrip(), errors.RateLimitedError),
    "an error without data": (
        body(PREVIEW, done=False) + b'{"error":{"code":429}}\n', errors.RateLimitedError),
    "[DONE] without its blank line": (body(PREVIEW).rstrip(), errors.NoImageError),
    "only previews, then [DONE]": (body(PREVIEW), errors.NoImageError),
    "only previews, then the end": (body(PREVIEW, done=False), errors.IncompleteReplyError),
    "cut inside the picture": (body(DRAWN, done=False)[:-9], errors.IncompleteReplyError),
    "a broken event, then a picture": (
        b"data: {oops\n" + body(DRAWN), errors.GarbledReplyError),
    "nothing": (b"", errors.IncompleteReplyError),
    "only comments": (b": hi\n\n" * 3, errors.IncompleteReplyError),
    "only [DONE]": (body(), errors.NoImageError),
    "an event that is no JSON": (body("{oops", DRAWN), errors.GarbledReplyError),
    "an error as a body": (b'{"error":{"code":401,"message":"no"}}', errors.AuthenticationError),
    "a page of HTML": (b"<html>", errors.UnavailableError),
}  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "expected"), NO_DRAWN_STREAMS.values(), ids=NO_DRAWN_STREAMS.keys()
)
def test_a_streamed_order_that_ends_badly_is_an_exception(raw, expected):
    upstream = Upstream(raw, headers={"X-Generation-Id": "gen-1"})

    with pytest.raises(errors.OpenRouterError) as caught:
        client_of(upstream).images(ORDER, on_partial=lambda _picture: None)

    assert type(caught.value) is expected
    assert caught.value.generation_id == "gen-1"


def test_pictures_of_a_chat_are_read_and_their_absence_explained():
    encoded = base64.b64encode(PNG).decode()
    urls = (f"data:image/jpeg;charset=x;base64,{encoded}", "https://example.org/a.png")
    shown = ChatReply(message=Message(images=urls))
    silent = read_completion(
        b'{"id":"gen-1","provider":"Google","usage":{"cost":1},'
        b'"choices":[{"message":{"content":"I cannot"},"finish_reason":"stop"}]}'
    )

    assert pictures_of(shown) == (Picture(PNG, "image/png"),)
    with pytest.raises(errors.NoImageError, match="no picture came: I cannot") as caught:
        pictures_of(silent)
    assert (caught.value.generation_id, caught.value.provider) == ("gen-1", "Google")
    assert caught.value.usage == Usage(cost_usd=Decimal(1))
    with pytest.raises(errors.NoImageError, match="NO_IMAGE"):
        pictures_of(ChatReply(message=Message(), native_finish_reason="NO_IMAGE"))


def test_broken_data_addresses_are_no_pictures():
    assert read_data_url("data:image/png;base64,???") is None
    assert read_data_url("data:image/png,abc") is None
    assert read_data_url("data:;base64,\n" + base64.b64encode(PNG).decode()) is not None


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF1234WEBPVP8 ", "image/webp"),
        (b"GIF89a", "image/gif"),
        (b"\x00\x00\x00\x1cftypavif", "image/avif"),
        (b"<?xml version='1.0'?><SVG xmlns=''>", "image/svg+xml"),
        (b"hello", "application/octet-stream"),
    ],
)
def test_the_bytes_tell_the_media_type(content, media_type):
    assert media_type_of(content) == media_type


# --- the service itself --------------------------------------------------------------------------


def test_lists_come_as_they_are_with_plain_numbers():
    upstream = Upstream({"data": [{"id": "a/b", "score": 0.5}, None]})
    client = client_of(upstream)

    assert client.models(offset=5) == [{"id": "a/b", "score": 0.5}]
    assert client.image_models() == [{"id": "a/b", "score": 0.5}]
    assert client.providers() == [{"id": "a/b", "score": 0.5}]

    paths = [str(request.url).removeprefix(URL) for request in upstream.asked]
    assert paths == [
        "/models?output_modalities=all&offset=5&limit=1000",
        "/images/models",
        "/providers",
    ]
    json.dumps(client.models())


def test_endpoints_are_asked_for_by_author_and_slug():
    upstream = Upstream({"data": {"id": "a/b", "endpoints": [{"uptime_last_30m": 99.5}]}})

    data = client_of(upstream).model_endpoints("a", "b c:free/../x")

    assert data["endpoints"] == [{"uptime_last_30m": 99.5}]
    assert upstream.asked[0].url.raw_path == b"/api/v1/models/a/b%20c:free%2F..%2Fx/endpoints"


def test_one_model_is_asked_for_by_its_name_or_alias():
    upstream = Upstream({"data": {"id": "a/b-2", "pricing": {"prompt": "0.1"}}})

    assert client_of(upstream).model("~a", "b-latest:free")["id"] == "a/b-2"
    assert upstream.asked[0].url.raw_path == b"/api/v1/model/~a/b-latest:free"


@pytest.mark.parametrize("wrap", [lambda data: data, lambda data: {"data": data}])
def test_who_draws_and_for_how_much_is_told_with_and_without_data_around_it(wrap):
    upstream = Upstream(wrap({"id": "a/b", "endpoints": [{"pricing": []}, None]}))

    assert client_of(upstream).image_endpoints("a", "b") == [{"pricing": []}]
    assert upstream.asked[0].url.path == "/api/v1/images/models/a/b/endpoints"


def test_a_key_tells_what_it_may_spend():
    data = {"label": "sk-or-v1-0…ef", "limit": 5, "limit_remaining": 4.123456789, "usage": 0.1,
            "is_free_tier": False, "expires_at": None,
            "free_model_daily_requests": {"limit": 50, "used": 3, "remaining": "47", "x": 1},
            }  # fmt: skip

    assert client_of(Upstream({"data": data})).key() == KeyStatus(
        label="sk-or-v1-0…ef",
        limit_usd=Decimal(5),
        remaining_usd=Decimal("4.123456789"),
        used_usd=Decimal("0.1"),
        is_free_tier=False,
        free_model_daily_requests=DailyRequests(limit=50, used=3, remaining=47),
    )


@pytest.mark.parametrize("said", [None, [], "many", 3])
def test_a_key_that_counts_no_free_requests_tells_none(said):
    answer = {"data": {"free_model_daily_requests": said}}

    assert client_of(Upstream(answer)).key() == KeyStatus()


STRICT = {"type": "function", "function": {"name": "f", "strict": True}}
LOOSE = {"type": "function", "function": {"name": "f"}}
BETA = "structured-outputs-2025-11-13"


@pytest.mark.parametrize(
    ("over", "header"),
    [
        ({"model": "anthropic/claude-sonnet-4.5", "tools": (LOOSE, STRICT)}, BETA),
        ({"model": "~anthropic/claude-latest", "tools": (STRICT,)}, BETA),
        ({"models": ("c/d", "anthropic/claude-haiku-4.5"), "tools": (STRICT,)}, BETA),
        ({"model": "anthropic/claude-sonnet-4.5", "tools": (LOOSE,)}, None),
        (
            {"model": "anthropic/claude-sonnet-4.5", "tools": ({"type": "openrouter:datetime"},)},
            None,
        ),
        ({"model": "anthropic/claude-sonnet-4.5"}, None),
        ({"tools": (STRICT,)}, None),
    ],
)
def test_strict_tools_are_announced_to_claude_and_to_nobody_else(over, header):
    upstream = Upstream(GOOD)
    client = client_of(upstream)
    request = ASK.model_copy(update=over)

    client.chat(request)
    with client.stream(request) as stream:
        list(stream)
    client.chat(ASK)

    assert [asked.headers.get("x-anthropic-beta") for asked in upstream.asked] == [
        header, header, None]  # fmt: skip


def test_credits_are_for_management_keys():
    good = client_of(Upstream({"data": {"total_credits": 10, "total_usage": 2.5}}))
    refused = client_of(Upstream({"error": {"code": 403, "message": "management key only"}}, 403))

    assert good.credits() == Credits(total_usd=Decimal(10), used_usd=Decimal("2.5"))
    with pytest.raises(errors.PermissionDeniedError):
        refused.credits()


def test_a_key_tells_what_it_used_today_this_week_and_this_month():
    data = {"usage": 9, "usage_daily": 0.1, "usage_weekly": "0.2", "usage_monthly": 0.3,
            "byok_usage": 0}  # fmt: skip

    status = client_of(Upstream({"data": data})).key()

    assert (status.used_day_usd, status.used_week_usd, status.used_month_usd) == (
        Decimal("0.1"),
        Decimal("0.2"),
        Decimal("0.3"),
    )
    assert (status.used_usd, status.byok_used_usd) == (Decimal(9), Decimal(0))


def test_activity_is_for_management_keys_and_told_by_day():
    row = {"date": "2026-11-20", "model": "a/b", "model_permaslug": "a/b-1", "endpoint_id": "e",
           "provider_name": "Groq", "usage": 0.000000001, "byok_usage_inference": "x",
           "requests": 3, "prompt_tokens": 7, "completion_tokens": -1, "reasoning_tokens": None,
           }  # fmt: skip
    upstream = Upstream({"data": [row, {"date": 5}, "odd"]})

    rows = client_of(upstream).activity(date="2026-11-20")
    client_of(upstream).activity()

    assert [str(asked.url).removeprefix(URL) for asked in upstream.asked] == [
        "/activity?date=2026-11-20",
        "/activity",
    ]
    assert rows == [
        Activity(
            date="2026-11-20", model="a/b", model_permaslug="a/b-1", endpoint_id="e",
            provider_name="Groq", usage=Decimal("1E-9"), requests=3, prompt_tokens=7,
        ),
        Activity(),
    ]  # fmt: skip
    refused = client_of(Upstream({"error": {"code": 403, "message": "management key only"}}, 403))
    with pytest.raises(errors.PermissionDeniedError):
        refused.activity()


def test_a_page_tells_its_records_exactly_and_what_follows():
    answer = (
        b'{"data": [{"id": "a/b", "n": 0.1000000000000000055}, null, "odd"], "total_count": 7,'
        b' "links": {"next": "https://evil.test/models?offset=3&limit=3"}, "simulated": true}'
    )
    upstream = Upstream(answer)
    client = client_of(upstream)

    page = client.page("/models", {"output_modalities": "all"})
    client.page("/models", page.next_query)

    assert page.records == [{"id": "a/b", "n": Decimal("0.1000000000000000055")}, None, "odd"]
    assert (page.total_count, page.simulated) == (7, True)
    assert [str(asked.url).removeprefix(URL) for asked in upstream.asked] == [
        "/models?output_modalities=all",
        "/models?offset=3&limit=3",
    ]


@pytest.mark.parametrize(
    "links", [None, [], {"next": None}, {"next": 3}, {"next": "https://[x"}, {"next": "/models"}]
)
def test_a_page_without_a_good_link_is_the_last(links):
    answer = {"id": "a/b", "endpoints": []} | {"links": links}

    page = client_of(Upstream(answer)).page("/models")

    assert page.next_query is None
    assert (page.data, page.simulated, page.total_count) == (answer, None, None)
    with pytest.raises(errors.GarbledReplyError):
        _ = page.records


def test_a_page_that_is_no_object_is_an_exception():
    with pytest.raises(errors.GarbledReplyError):
        client_of(Upstream([])).page("/models")


def test_a_generation_tells_its_bill():
    data = {
        "id": "gen-1",
        "total_cost": 0.000000123,
        "native_tokens_prompt": 7,
        "tokens_completion": 3,
        "provider_name": "Groq",
        "cancelled": True,
        "model": 3,
    }
    upstream = Upstream({"data": data})

    bill = client_of(upstream).generation("gen-1")

    assert str(upstream.asked[0].url) == f"{URL}/generation?id=gen-1"
    assert bill.cost_usd == Decimal("1.23E-7")
    assert (bill.prompt_tokens, bill.completion_tokens) == (7, 3)
    assert (bill.provider, bill.model, bill.cancelled) == ("Groq", None, True)


def test_a_generation_that_is_not_there_yet_can_be_asked_for_later():
    answer = {"error": {"code": 404, "message": "Generation gen-1 not found"}}

    with pytest.raises(errors.NotFoundError):
        client_of(Upstream(answer, 404)).generation("gen-1")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"data": 3}, errors.GarbledReplyError),
        ([], errors.GarbledReplyError),
        (b"<html>", errors.UnavailableError),
        ({"error": {"code": 401, "message": "x"}}, errors.AuthenticationError),
    ],
    ids=["no object", "a list", "HTML", "an error inside a 200"],
)
def test_odd_answers_of_the_service_are_exceptions(answer, expected):
    client = client_of(Upstream(answer))

    with pytest.raises(expected):
        client.key()
    with pytest.raises(expected):
        client.models()
