"""Envelopes of errors; letters in the ids are those of the catalogue of envelopes."""

import json

import pytest

from ai.openrouter import errors
from ai.openrouter.faults import fault, read_failure
from ai.openrouter.text import redact

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"


def err(message="boom", **fields):
    return {"error": {"message": message} | fields}


ENVELOPES = {
    "a: by the book": (err("no credits", code=402), 402, errors.PaymentRequiredError, 402),
    "b: an error inside a 200": (err("slow", code=429), 200, errors.RateLimitedError, 429),
    "b: of no known class": (err("odd"), 200, errors.UnavailableError, 200),
    "c: availability without code": (
        err("full", error_type="rate_limit_exceeded", http_status=429,
            availability={"code": "capacity_exhausted", "retryable": True}),
        400, errors.RateLimitedError, 429),
    "c: only availability tells the class": (
        err("gone", availability={"code": "model_deprecated", "retryable": False}),
        200, errors.NoEndpointsError, 404),
    "c: a wish that may be granted later": (
        err("none", code=404, availability={"code": "no_endpoints", "retryable": True}),
        404, errors.UnavailableError, 404),
    "i: a code in words": (err("x", code="server_error"), 200, errors.UnavailableError, 500),
    "i: digits as text": (err("x", code="401"), 200, errors.AuthenticationError, 401),
    "i: an unknown word keeps the status": (err("x", code="odd"), 503,
                                            errors.UnavailableError, 503),
    "a code that is no status": (err("x", code=31337), 422, errors.RejectedError, 422),
    "a code that is no code": (err("x", code=True), 500, errors.UnavailableError, 500),
    "h: nested under provider": ({"provider": err("x", code=401)}, 200,
                                 errors.AuthenticationError, 401),
    "an error that is text": ({"error": "invalid"}, 400, errors.RejectedError, 400),
    "an error that is a list": ({"error": [{"message": "x"}]}, 400, errors.RejectedError, 400),
    "no error key at all": ({"message": "nope", "code": 403}, 403,
                            errors.PermissionDeniedError, 403),
    "an empty error": ({"error": {}}, 502, errors.UnavailableError, 502),
    "FastAPI's shape": ({"detail": [{"msg": "field required"}]}, 422, errors.RejectedError, 422),
    "a list": ([1], 500, errors.UnavailableError, 500),
    "400": (err(code=400), 400, errors.RejectedError, 400),
    "401": (err(code=401), 401, errors.AuthenticationError, 401),
    "402": (err(code=402), 402, errors.PaymentRequiredError, 402),
    "403": (err(code=403), 403, errors.PermissionDeniedError, 403),
    "404": (err(code=404), 404, errors.NotFoundError, 404),
    "404 no endpoints": (err("No endpoints found that support tool use", code=404), 404,
                         errors.NoEndpointsError, 404),
    "404 by the account's settings": (err("No allowed providers are available", code=404), 404,
                                      errors.NoEndpointsError, 404),
    "408": (err(code=408), 408, errors.UnavailableError, 408),
    "409": (err(code=409), 409, errors.RejectedError, 409),
    "413": (err(code=413), 413, errors.RejectedError, 413),
    "422": (err(code=422), 422, errors.RejectedError, 422),
    "429": (err(code=429), 429, errors.RateLimitedError, 429),
    "500": (err(code=500), 500, errors.UnavailableError, 500),
    "502": (err(code=502), 502, errors.UnavailableError, 502),
    "503": (err(code=503), 503, errors.UnavailableError, 503),
    "504": (err(code=504), 504, errors.UnavailableError, 504),
    "524": (err(code=524), 524, errors.UnavailableError, 524),
    "529": (err(code=529), 529, errors.UnavailableError, 529),
    "a redirect": ({}, 302, errors.RejectedError, 302),
    "context by name": (err("x", code=400, error_type="context_length_exceeded"), 400,
                        errors.ContextLengthError, 400),
    "context by its words": (err("This endpoint's maximum context length is 8192 tokens", code=400),
                             400, errors.ContextLengthError, 400),
    "an unknown model": (err("anthropic/claude-x is not a valid model ID", code=400), 400,
                         errors.UnknownModelError, 400),
    "an unknown model by availability": (err("x", availability={"code": "model_not_found"}), 400,
                                         errors.UnknownModelError, 400),
    "moderation": (err("flagged", code=403, metadata={"reasons": ["violence"]}), 403,
                   errors.ModerationError, 403),
    "a guardrail": (err("blocked", code=403, metadata={"patterns": ["ssn"]}), 403,
                    errors.ModerationError, 403),
    "32: a policy behind a 502": (err("Your input was flagged for possible cyber risk", code=502),
                                  502, errors.ModerationError, 502),
    "a policy by its words": (err("it triggered our content management policy", code=400), 400,
                              errors.ModerationError, 400),
    "a policy by name": (err("x", error_type="content_policy_violation"), 400,
                         errors.ModerationError, 400),
    "a key's limit as 403": (err("Key limit exceeded (daily limit)", code=403), 403,
                             errors.PaymentRequiredError, 403),
}  # fmt: skip


@pytest.mark.parametrize(
    ("body", "status", "expected", "counts"), ENVELOPES.values(), ids=ENVELOPES.keys()
)
def test_every_envelope_becomes_one_exception(body, status, expected, counts):
    error = read_failure(json.dumps(body).encode(), status=status, generation_id="gen-1")

    assert type(error) is expected
    assert error.status == counts
    assert error.generation_id == "gen-1"
    assert error.message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<html><head><TITLE>502: Bad\n gateway</TITLE></head></html>", "502: Bad gateway"),
        (b"upstream connect error", "upstream connect error"),
        (b"", "HTTP 502 without an explanation"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"[" * 100_000, "[" * 300),
    ],
    ids=["f: HTML", "f: text", "f: empty", "f: bytes", "f: nested too deeply"],
)
def test_bodies_that_are_no_json_tell_what_they_can(body, message):
    error = read_failure(body, status=502)

    assert type(error) is errors.UnavailableError
    assert error.retryable
    assert error.message == message


def test_26_the_cause_is_unwrapped_from_raw_however_deep_it_is():
    inner = json.dumps({"error": json.dumps({"error": {"message": "image too big"}})})
    metadata = {"provider_name": "Google", "raw": inner, "provider_code": "E1"}

    error = fault({"code": 400, "message": "Provider returned error", "metadata": metadata})

    assert error.message == "image too big"
    assert error.raw_message == "image too big"
    assert (error.provider, error.provider_code, error.code) == ("Google", "E1", "400")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"details": [{}, {"msg": "deep"}]}, "refused: deep"),
        ("plain", "refused: plain"),
        ("{not json", "refused: {not json"),
        ('{"nothing": 1}', 'refused: {"nothing": 1}'),
        ("refused", "refused"),
        (None, "refused"),
        (7, "refused"),
    ],
)
def test_the_providers_words_follow_ours(raw, message):
    assert fault({"message": "refused", "metadata": {"raw": raw}}).message == message


def test_endless_wrapping_ends():
    raw: object = "deep"
    for _ in range(30):
        raw = {"error": raw}

    assert fault({"metadata": {"raw": raw}}).message == "an error without a word"


def test_metadata_may_be_quoted_or_nonsense():
    quoted = fault(
        {"message": "x", "metadata": '{"error_type": "timeout", "provider_name": "Groq"}'}
    )
    nonsense = fault({"message": "x", "metadata": "{oops"})

    assert (quoted.status, quoted.provider) == (504, "Groq")
    assert (nonsense.status, nonsense.provider) == (None, None)


def test_the_service_decides_whether_to_ask_again():
    never = fault({"code": 503, "message": "x", "availability": {"retryable": False}})
    perhaps = fault({"code": 503, "message": "x", "availability": {"retryable": "maybe"}})

    assert (never.retryable, perhaps.retryable) == (False, True)
    assert never.availability == {"retryable": False}


def test_a_refused_content_behind_a_502_is_not_asked_again():
    error = fault({"code": 502, "message": "content policy"})

    assert error.retryable is False


@pytest.mark.parametrize(
    ("message", "tokens"),
    [
        ("You requested up to 65536 tokens, but can only afford 1,204.", 1204),
        ("Prompt tokens limit exceeded: 100 > 50", None),
    ],
)
def test_what_the_balance_still_covers_is_read(message, tokens):
    error = fault({"code": 402, "message": message})

    assert isinstance(error, errors.PaymentRequiredError)
    assert error.affordable_tokens == tokens


def test_why_it_was_refused_is_read():
    moderated = fault({"code": 403, "message": "x", "metadata": {"reasons": ["a", "b"]}})
    unnamed = fault({"code": 403, "message": "x", "metadata": {"flagged_input": "…", "reasons": 1}})
    excluded = fault({"code": 404, "message": "No endpoints found",
                      "availability": {"excluded_by": ["zdr", "require_parameters"]}})  # fmt: skip
    unexplained = fault({"code": 404, "message": "No endpoints found"})

    assert isinstance(moderated, errors.ModerationError)
    assert moderated.reasons == ("a", "b")
    assert isinstance(unnamed, errors.ModerationError)
    assert unnamed.reasons == ()
    assert isinstance(excluded, errors.NoEndpointsError)
    assert excluded.excluded_by == ("zdr", "require_parameters")
    assert isinstance(unexplained, errors.NoEndpointsError)
    assert unexplained.excluded_by == ()


def test_the_free_models_of_the_day_come_back_at_midnight():
    daily = fault(
        {"code": 429, "message": "Rate limit exceeded: free-models-per-day. Add 10 credits"}
    )
    minute = fault({"code": 429, "message": "Rate limit exceeded: free-models-per-min."})

    assert isinstance(daily, errors.RateLimitedError)
    assert isinstance(minute, errors.RateLimitedError)
    assert (daily.until_utc_midnight, minute.until_utc_midnight) == (True, False)


def test_the_wait_is_read_from_headers():
    assert fault({"code": 429}, headers={"Retry-After": "7"}).retry_after_s == 7.0


@pytest.mark.parametrize(
    "leak",
    [
        f"Incorrect API key provided: {KEY}",
        f'{{"headers": {{"Authorization": "Bearer {KEY}"}}}}',
        "Authorization: Basic c2VjcmV0LXRva2Vu",
        "authorization=Bearer c2VjcmV0LXRva2Vu",
    ],
)
def test_no_error_shows_a_key(leak):
    error = fault({"code": 401, "message": leak, "metadata": {"raw": leak, "provider_code": KEY}})

    shown = f"{error} {error!r} {error.message} {error.raw_message} {error.provider_code}"
    assert KEY not in shown
    assert "c2VjcmV0" not in shown
    assert "[redacted]" in shown


def test_redaction_leaves_other_text_alone():
    assert redact("a task-force of risk-takers") == "a task-force of risk-takers"


def test_a_message_is_cut_to_a_sane_length_and_can_be_stored():
    error = errors.UnavailableError("x" * 10_000 + "\x00\ud83d")

    assert len(error.message) == 2_000
    assert errors.UnavailableError("a\x00\ud83d").message == "a\ufffd"


def test_a_stop_tells_its_reason():
    error = errors.StoppedError("idle")

    assert (error.reason, error.retryable, str(error)) == ("idle", False, "stopped: idle")
    assert repr(error) == "StoppedError('stopped: idle', status=None)"
