"""From any shape of failure to one exception: envelopes, class, wait, and the provider's own words.

OpenRouter tells errors by HTTP status, by `error` in a body (of any status, 200 included), by
`choices[0].error`, in a stream chunk, nested under `provider`, as a bare string, or not at all
behind a page of HTML. `read_failure` takes bodies, `fault` takes the error object itself.
"""

from collections.abc import Mapping
from typing import Any, Final

from ai.openrouter import jsontext
from ai.openrouter.errors import OpenRouterError
from ai.openrouter.fault_class import Facts, exception_for
from ai.openrouter.text import clean_tree, redact
from ai.openrouter.waits import wait_s
from ai.openrouter.wire import Json, Usage

_NO_HEADERS: Final[Mapping[str, str]] = {}
_DEEPEST_WRAPPING: Final = 8
_SPEAKING_KEYS: Final = (
    "message",
    "error",
    "detail",
    "details",
    "msg",
    "raw",
    "description",
    "title",
)
_STATUS_OF_TYPE: Final = {
    400: (
        "context_length_exceeded max_tokens_exceeded token_limit_exceeded string_too_long "
        "invalid_request invalid_prompt content_policy_violation refusal invalid_image "
        "image_too_large image_too_small unsupported_image_format image_download_failed "
        "invalid_request_error bad_request model_not_found wrong_endpoint"
    ),
    401: "authentication authentication_error unauthorized invalid_api_key",
    402: "payment_required insufficient_quota insufficient_credits",
    403: "permission_denied permission_error forbidden region_restricted",
    404: (
        "not_found image_not_found not_found_error no_endpoints model_deprecated "
        "model_unavailable_upstream privacy_restricted constraint_filtered free_variant_ended"
    ),
    408: "request_timeout",
    412: "precondition_failed",
    413: "payload_too_large request_too_large",
    422: "unprocessable unprocessable_entity",
    429: "rate_limit_exceeded rate_limit_error rate_limited too_many_requests capacity_exhausted",
    500: "server server_error internal_error internal_server_error api_error unmapped",
    502: "provider_unavailable bad_gateway",
    503: (
        "provider_overloaded overloaded overloaded_error service_unavailable "
        "temporarily_unavailable"
    ),
    504: "timeout timeout_error gateway_timeout",
}
_STATUS_BY_NAME: Final = {
    name: status for status, names in _STATUS_OF_TYPE.items() for name in names.split()
}


def unwrapped(body: Json) -> Json:
    """Return the completion or error some replies carry one level down, under `provider`."""
    inner = body.get("provider")
    if isinstance(inner, dict) and "choices" not in body and {"choices", "error"} & inner.keys():
        return inner
    return body


def read_failure(
    body: bytes,
    *,
    status: int,
    headers: Mapping[str, str] = _NO_HEADERS,
    generation_id: str | None = None,
) -> OpenRouterError:
    """Return the exception for the body of an HTTP answer that is no completion."""
    text = body.decode("utf-8", "replace")
    try:
        parsed = jsontext.parse(text)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        return fault(
            {"message": _page_title(text) or f"HTTP {status} without an explanation"},
            status=status,
            headers=headers,
            generation_id=generation_id,
        )
    parsed = unwrapped(parsed)
    return fault(
        parsed.get("error") or parsed, status=status, headers=headers, generation_id=generation_id
    )


def fault(
    error: object,
    *,
    status: int | None = None,
    headers: Mapping[str, str] = _NO_HEADERS,
    generation_id: str | None = None,
    usage: Usage | None = None,
) -> OpenRouterError:
    """Return the exception for one error object.

    Args:
        error: the value of `error`: an object by the book, text or anything in practice.
        status: of the HTTP answer; None inside a stream.
        headers: of the HTTP answer, asked for Retry-After and X-RateLimit-Reset.
        generation_id: from X-Generation-Id.
        usage: seen so far.
    """
    error = clean_tree(error)
    envelope: Json = error if isinstance(error, dict) else {"message": _spoken(error)}
    metadata = _object(envelope.get("metadata"))
    availability = _object(envelope.get("availability"))
    code = _word(envelope.get("code"))
    error_type = (
        _word(envelope.get("error_type"))
        or _word(metadata.get("error_type"))
        or (None if code is None or code.isdigit() else code)
        or _word(envelope.get("type"))
        or _word(availability.get("code"))
    )
    raw = _spoken(metadata.get("raw")) or None
    message = _spoken(envelope) or raw or error_type or "an error without a word"
    facts = Facts(
        message=message,
        raw=raw,
        status=_status(envelope, code, error_type, availability, status),
        error_type=error_type,
        availability=availability,
        metadata=metadata,
    )
    return exception_for(
        facts,
        code=code,
        retry_after_s=wait_s(
            availability=availability,
            headers=headers,
            error_headers=_object(metadata.get("headers")),
        ),
        provider=_word(metadata.get("provider_name")),
        provider_code=_word(metadata.get("provider_code")),
        generation_id=generation_id,
        usage=usage,
    )


def _status(
    envelope: Json,
    code: str | None,
    error_type: str | None,
    availability: Json,
    http_status: int | None,
) -> int | None:
    """Return the status that counts: code, then http_status, then HTTP, then what the names say."""
    for said in (code, _word(envelope.get("http_status")), _word(envelope.get("status"))):
        if said is not None and said.isdecimal() and len(said) == 3:  # noqa: PLR2004 - a status
            return int(said)
    if http_status is not None and not 200 <= http_status < 300:  # noqa: PLR2004 - success
        return http_status
    names = (error_type, code, _word(envelope.get("type")), _word(availability.get("code")))
    return next((_STATUS_BY_NAME[name] for name in names if name in _STATUS_BY_NAME), http_status)


def _spoken(value: object, depth: int = 0) -> str:
    """Return the innermost human words of an error, however often it was wrapped or quoted."""
    if isinstance(value, str):
        return _quoted(value, depth)
    if depth > _DEEPEST_WRAPPING:
        return ""
    if isinstance(value, list):
        return next(filter(None, (_spoken(item, depth + 1) for item in value)), "")
    if isinstance(value, dict):
        found = (_spoken(value[key], depth + 1) for key in _SPEAKING_KEYS if value.get(key))
        return next(filter(None, found), "")
    return ""


def _quoted(text: str, depth: int) -> str:
    """Look into text that is itself a JSON object, as providers' errors are quoted."""
    text = text.strip()
    if text[:1] in ("{", "[", '"') and depth <= _DEEPEST_WRAPPING:
        try:
            inner = jsontext.parse(text)
        except ValueError:
            return text
        return _spoken(inner, depth + 1) or text
    return text


def _object(value: object) -> Json:
    """Return an object as it is or as it was quoted in text; anything else is an empty one."""
    if isinstance(value, str):
        try:
            value = jsontext.parse(value)
        except ValueError:
            return {}
    return value if isinstance(value, dict) else {}


def _word(value: Any) -> str | None:  # noqa: ANN401 - the JSON edge
    """Return a name or number as text; None for everything else."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return redact(str(value).strip())[:200] or None


def _page_title(text: str) -> str:
    """Return what a page of HTML or a line of text says first, without a key or part of one."""
    start = text.lower().find("<title>")
    if start >= 0:
        text = text[start + len("<title>") :].partition("<")[0]
    return redact(" ".join(text.split()))[:300]
