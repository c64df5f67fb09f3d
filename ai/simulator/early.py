"""The faults that answer in place of the model: statuses, envelopes and HTML."""

import math
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final

from ai.simulator.errors import ERROR_TYPES, ErrorShape, Refusal, envelope
from ai.simulator.faults import Fault
from ai.simulator.troubles import credits_short, trouble
from ai.simulator.web import STREAM_TYPE, Reply
from ai.simulator.wire import Json

if TYPE_CHECKING:
    from collections.abc import Callable

REPLACING: Final = frozenset({"status", "trouble", "error_in_200", "choice_error", "html"})
WAITS: Final = (
    "seconds", "date", "past_date", "reset_ms", "metadata", "availability", "garbage", "negative",
    "huge", "fraction",
)  # fmt: skip
_OF_THE_ACCOUNT: Final = frozenset({401, 402})
_LAST_DATE: Final = datetime(9999, 12, 31, tzinfo=UTC)
_HUGE_S: Final = 10**12
_WAIT_S: Final = 7

_TEXTS: Final = {
    400: "Provider returned error",
    401: "User not found.",
    403: "Key limit exceeded (daily limit)",
    404: "No endpoints found matching your data policy",
    408: "Request timed out",
    413: "Request Entity Too Large",
    429: "The model is temporarily rate-limited upstream. Please retry shortly",
    500: "Internal Server Error",
    502: "Provider returned error",
    503: "There is no available model provider that meets your routing requirements",
    504: "Upstream timed out",
    524: "A timeout occurred",
    529: "Provider is overloaded",
}
_DEFAULTS: Final = {
    "status": ("a", 500),
    "trouble": ("a", 500),
    "error_in_200": ("b", 502),
    "choice_error": ("d", 502),
    "html": ("f", 502),
}


def fails_over(fault: Fault) -> bool:
    """Tell whether the service would try the next model of `models` instead of reporting this."""
    if fault.kind not in ("status", "trouble"):
        return False
    return _shape(fault, 0).status not in _OF_THE_ACCOUNT


def replacing_reply(fault: Fault, *, asked_tokens: int = 0, streamed: bool = False) -> Reply:
    """Answer with the error a fault asks for, in the envelope it asks for.

    Args:
        fault: one of REPLACING.
        asked_tokens: the longest answer that was asked for, for errors that count it.
        streamed: envelope e is an event where a stream was asked for.
    """
    shape = _shape(fault, asked_tokens)
    headers = _wait(fault, shape)
    letter = fault.word("envelope", _DEFAULTS[fault.kind][0])
    if letter == "f" and fault.kind == "html" and fault.how != "page":
        return _no_page(fault.how, shape)
    if letter == "e" and streamed:
        body = envelope(shape, "e")[2].replace(b"chat.completion", b"chat.completion.chunk", 1)
        return Reply(200, b"data: " + body + b"\n\ndata: [DONE]\n\n", STREAM_TYPE, headers)
    http_status, content_type, body = envelope(shape, letter)
    return Reply(http_status, body, content_type, headers)


def _shape(fault: Fault, asked_tokens: int) -> ErrorShape:
    """Build the error: a known trouble or a plain status, with what the fault says otherwise."""
    known = _known(fault, asked_tokens)
    return ErrorShape(
        fault.count("status") or known.status,
        fault.word("message", known.message) + " (simulated)",
        fault.word("error_type", known.error_type),
        known.metadata | dict(fault.params.get("metadata") or {}),
        known.availability | dict(fault.params.get("availability") or {}),
    )


def _known(fault: Fault, asked_tokens: int) -> ErrorShape:
    """Return what is usual for a trouble or a status."""
    if fault.kind == "trouble":
        return trouble(fault, asked_tokens)
    status = fault.count("status") or _DEFAULTS[fault.kind][1]
    if status == 402:  # noqa: PLR2004 - the one status with figures in its words
        return credits_short(asked_tokens, fault.count("afford") or asked_tokens // 2)
    text = _TEXTS.get(status, "Provider returned error")
    return ErrorShape(status, text, ERROR_TYPES.get(status, "unmapped"))


def _no_page(how: str, shape: ErrorShape) -> Reply:
    """Answer with what is neither JSON nor a page."""
    if how == "json_as_html":
        _, _, body = envelope(shape, "a")
        return Reply(shape.status, body, "text/html; charset=UTF-8")
    body = b"" if how == "empty" else b"error code: %d (simulated)" % shape.status
    return Reply(shape.status, body, "text/plain; charset=UTF-8")


def _wait(fault: Fault, shape: ErrorShape) -> dict[str, str]:
    """Say when to come back, in the form the fault asks for; a text is sent as it is."""
    if "retry_after" not in fault.params and "retry_form" not in fault.params:
        return {}
    wait = fault.params.get("retry_after", _WAIT_S)
    form = fault.word("retry_form", "seconds")
    if form not in WAITS:
        raise Refusal(400, f"unknown retry_form {form!r}; known are {', '.join(WAITS)}")
    if form == "availability":
        shape.availability.update(_availability(shape.status, wait))
        return {}
    if not isinstance(wait, int | float):
        return {"Retry-After": str(wait)}
    if form == "metadata":
        shape.metadata["headers"] = _limits(wait)
        return {}
    forms: dict[str, Callable[[], dict[str, str]]] = {
        "date": lambda: {"Retry-After": _date(wait)},
        "past_date": lambda: {"Retry-After": _date(-abs(wait))},
        "reset_ms": lambda: _limits(wait),
        "garbage": lambda: {"Retry-After": "soon, perhaps"},
        "negative": lambda: {"Retry-After": str(-abs(math.ceil(wait)))},
        "huge": lambda: {"Retry-After": str(_HUGE_S)},
        "fraction": lambda: {"Retry-After": f"{wait + 0.5:.1f}"},
    }
    return forms.get(form, lambda: {"Retry-After": str(math.ceil(wait))})()


def _date(wait_s: float) -> str:
    """Write a moment from now as HTTP does; what lies beyond all dates is the last one."""
    moment = min(time.time() + wait_s, _LAST_DATE.timestamp())
    return format_datetime(datetime.fromtimestamp(max(moment, 0), UTC), usegmt=True)


def _availability(status: int, wait: Json) -> dict[str, Json]:
    """Tell the wait in the availability object."""
    code = "capacity_exhausted" if status == 429 else "temporarily_unavailable"  # noqa: PLR2004
    return {"code": code, "retryable": True, "retry_after": wait, "requested_models": []}


def _limits(wait_s: float) -> dict[str, str]:
    """Return rate-limit headers; the reset is epoch milliseconds."""
    return {
        "X-RateLimit-Limit": "20",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(int((time.time() + wait_s) * 1000)),
    }
