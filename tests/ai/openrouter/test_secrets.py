"""The key is nowhere but in the header it belongs to: a canary through every way a call can go."""

import json
import logging
import traceback

import pytest

from ai.openrouter import errors, keys
from ai.openrouter.client import OpenRouter
from ai.openrouter.images import read_image_reply
from ai.openrouter.stream import assemble, read_completion
from ai.openrouter.text import redact
from tests.ai.openrouter.loopback import ASK, CHUNKED, GOOD, HEAD, Service, chunk
from tests.ai.openrouter.sse_bodies import body, delta

KEYS = {"usual": "sk-or-v1-canary0123456789abcdef", "of another make": "Zx9-canary/of~our+own=="}


def length(data, status=b"200 OK"):
    head = HEAD.replace(b"200 OK", status)
    return head + b"Content-Length: %d\r\n\r\n" % len(data) + data


def telling(key, code):
    """Return an error that repeats what it was asked with, in every place an error has."""
    said = f"Incorrect API key provided: {key} (Authorization: Bearer {key})"
    metadata = {"raw": json.dumps({"error": {"message": said}}), "provider_code": key,
                "provider_name": key, "reasons": [key]}  # fmt: skip
    availability = {"constraint": {key: [said]}, f"for {key}": 1, "retryable": False}
    error = {"code": code, "message": said, "type": key, "metadata": metadata}
    return json.dumps({"error": error | {"availability": availability}}).encode()


CUTS = (10, 15, 20)
HEAD_LENGTH = 9  # what nobody may see of a key: the part of the usual one that all keys share


def key_at(at, key):
    """Return words with the key beginning at a place."""
    return b"x" * at + b" " + key.encode() + b" and so on" * 300


def long_telling(key, n):
    """Return an error whose every text is cut `n` characters into the key."""

    def text(limit):
        return key_at(limit - n - 1, key).decode()

    metadata = {"raw": text(2_000), "provider_code": text(200), "provider_name": text(200)}
    error = {"code": text(200), "message": text(2_000), "type": text(200), "metadata": metadata}
    return json.dumps({"error": error}).encode()


def scripts(key):
    """Return every way a call can go: name -> what the service plays."""
    streamed = body(delta(content="Hel"), json.loads(telling(key, 401)))
    return {
        "a good stream": [length(GOOD)],
        "a refused key": [length(telling(key, 401), b"401 Unauthorized")],
        "moderation": [length(telling(key, 403), b"403 Forbidden")],
        "a broken server": [length(telling(key, 500), b"500 Oops")],
        "an error inside a 200": [length(telling(key, 400))],
        "an error in the stream": [length(streamed)],
        "a long refusal": [length(long_telling(key, n), b"400 Oops") for n in CUTS],
        "a long page": [
            length(b"<title>" + key_at(300 - n, key) + b"</title>", b"502 Oops") for n in CUTS
        ],
        "a long line": [length(key_at(300 - n, key), b"502 Oops") for n in CUTS],
        "a page that quotes": [length(b"<html><title>%s</title>" % key.encode(), b"502 Oops")],
        "a body that is no JSON": [length(b'{"%s"' % key.encode())],
        "an event that is no JSON": [length(b"data: {%s\n\n" % key.encode())],
        "a cut": [CHUNKED + chunk(body(delta(content="Hel"), done=False))],
        "no HTTP at all": [key.encode() + b"\r\n\r\n"],
    }


def shown(error):
    """Return everything of an error that a log, a page or a row could show."""
    trace = "".join(traceback.format_exception(error))
    seen = f"{trace} {error!r} {error} {vars(error)!r} {error.args!r}"
    for inner in (error.__cause__, error.__context__):
        while inner is not None:
            document = getattr(inner, "doc", "")
            seen += f"{inner!r} {vars(inner)!r} {inner.args!r} {document!r}"
            inner = inner.__cause__ or inner.__context__  # noqa: PLW2901 - down the chain
    return seen


@pytest.mark.parametrize("streamed", [True, False], ids=["stream", "chat"])
@pytest.mark.parametrize("name", scripts("").keys())
@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS.keys())
def test_no_log_and_no_error_shows_the_key(caplog, key, name, streamed):
    caplog.set_level(logging.DEBUG)
    for logger in ("httpx", "httpcore", "httpcore.http11", "httpcore.connection"):
        caplog.set_level(logging.DEBUG, logger)
    seen = ""

    for script in scripts(key)[name]:
        service = Service()
        service.scripts = [[script]]
        try:
            with OpenRouter(key, service.url, referer="https://app.test") as client:
                seen += repr(client)
                try:
                    if streamed:
                        with client.stream(ASK) as stream:
                            list(stream)
                    else:
                        client.chat(ASK)
                except errors.OpenRouterError as error:
                    seen += shown(error)
        finally:
            service.close()

    assert "httpcore" in {record.name.partition(".")[0] for record in caplog.records}
    assert key[:HEAD_LENGTH] not in seen
    assert key[:HEAD_LENGTH] not in caplog.text
    assert not any(key in repr(record.args) for record in caplog.records)


def test_a_service_that_is_away_shows_no_key():
    key = KEYS["usual"]

    with OpenRouter(key, "http://127.0.0.1:1") as client:
        with pytest.raises(errors.UnavailableError) as caught:
            client.chat(ASK)
        assert key not in shown(caught.value)


def test_a_short_key_is_no_secret_and_spoils_no_message():
    error = errors.UnavailableError("a test of the tests", availability={"n": [1, "test"]})

    error.conceal("test")

    assert error.message == "a test of the tests"


def test_a_secret_is_blanked_in_every_text_and_nothing_else_changes():
    secret = "Zx9-canary/of~our+own=="
    error = errors.ModerationError(
        f"no {secret}", reasons=(secret, "b"), availability={"a": [secret, 1]}, retry_after_s=2.0
    )

    error.conceal(secret)

    assert str(error) == "no [redacted]"
    assert error.reasons == ("[redacted]", "b")
    assert error.availability == {"a": ["[redacted]", 1]}
    assert error.retry_after_s == 2.0


def test_what_is_shaped_like_a_key_is_blanked_in_names_and_lists_too():
    key = "sk-or-v1-ffffffffffffffff"
    wishes = {f"for {key}": [key, {key: 1}]}

    error = errors.ModerationError("no", reasons=(key,), availability=wishes)

    assert error.availability == {"for sk-[redacted]": ["sk-[redacted]", {"sk-[redacted]": 1}]}
    assert error.reasons == ("sk-[redacted]",)


def test_a_secret_is_blanked_in_names_that_would_be_left():
    error = errors.UnavailableError("x", availability={"a": {"Zx9-canary/2": 1}})

    error.conceal("Zx9-canary/2")

    assert error.availability == {"a": {"[redacted]": 1}}


def test_a_known_secret_is_blanked_before_a_text_is_cut():
    short, long = "Zx9-canary/3", "Zx9-canary/3/and-more"
    keys.remember(short)
    keys.remember(long)

    error = errors.UnavailableError(f"{'x' * 1_995}{long}")

    assert error.message.startswith("x" * 1_995)
    assert "Zx9" not in error.message
    assert redact(f"{long} {short}") == "[redacted] [redacted]"


def test_what_is_shorter_than_a_key_is_not_remembered():
    keys.remember("canary3")

    assert redact("canary3") == "canary3"


def test_a_provider_that_is_named_like_a_key_is_blanked():
    raw = body(delta(content="a") | {"provider": "sk-or-v1-ffffffffffffffff"}, {"error": "boom"})

    with pytest.raises(errors.UnavailableError) as caught:
        assemble([raw])

    assert caught.value.provider == "sk-[redacted]"


@pytest.mark.parametrize("read", [read_completion, read_image_reply, lambda raw: assemble([raw])])
@pytest.mark.parametrize("raw", [b'{"a canary', b"a canary", b"data: {a canary\n\n"])
def test_no_failure_carries_the_body_it_could_not_read(read, raw):
    with pytest.raises(errors.OpenRouterError) as caught:
        read(raw)

    assert caught.value.__cause__ is None
    assert getattr(caught.value.__context__, "doc", "") == ""


@pytest.mark.parametrize("url", ["https://me:secret@host/api", "https://token@host/api"])
def test_an_address_with_a_password_is_refused_without_repeating_it(url):
    with pytest.raises(ValueError, match="holds a name or a password") as caught:
        OpenRouter("", url)

    assert "secret" not in str(caught.value)
    assert "token" not in str(caught.value)
