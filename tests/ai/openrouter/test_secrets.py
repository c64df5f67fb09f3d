"""The key is nowhere but in the header it belongs to: a canary through every way a call can go."""

import json
import logging
import traceback

import pytest

from ai.openrouter import errors
from ai.openrouter.client import OpenRouter
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
    availability = {"constraint": {"detail": [said]}, "retryable": False}
    error = {"code": code, "message": said, "type": key, "metadata": metadata}
    return json.dumps({"error": error | {"availability": availability}}).encode()


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
        "a page that quotes": [length(b"<html><title>%s</title>" % key.encode(), b"502 Oops")],
        "a body that is no JSON": [length(b'{"%s"' % key.encode())],
        "an event that is no JSON": [length(b"data: {%s\n\n" % key.encode())],
        "a cut": [CHUNKED + chunk(body(delta(content="Hel"), done=False))],
        "no HTTP at all": [key.encode() + b"\r\n\r\n"],
    }


def shown(error):
    """Return everything of an error that a log, a page or a row could show."""
    trace = "".join(traceback.format_exception(error))
    return f"{trace} {error!r} {error} {vars(error)!r} {error.args!r}"


@pytest.mark.parametrize("streamed", [True, False], ids=["stream", "chat"])
@pytest.mark.parametrize("name", scripts("").keys())
@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS.keys())
def test_no_log_and_no_error_shows_the_key(caplog, key, name, streamed):
    caplog.set_level(logging.DEBUG)
    for logger in ("httpx", "httpcore", "httpcore.http11", "httpcore.connection"):
        caplog.set_level(logging.DEBUG, logger)
    service = Service()
    service.scripts = [scripts(key)[name]]
    seen = ""

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
    assert key not in seen
    assert key not in caplog.text
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


@pytest.mark.parametrize("url", ["https://me:secret@host/api", "https://token@host/api"])
def test_an_address_with_a_password_is_refused_without_repeating_it(url):
    with pytest.raises(ValueError, match="holds a name or a password") as caught:
        OpenRouter("", url)

    assert "secret" not in str(caught.value)
    assert "token" not in str(caught.value)
