"""The faults that answer in place of the model: statuses, envelopes and HTML."""

import math
import time
from email.utils import formatdate
from typing import TYPE_CHECKING, Final

from ai.simulator.errors import ERROR_TYPES, ErrorShape, envelope
from ai.simulator.faults import Fault
from ai.simulator.web import Reply

if TYPE_CHECKING:
    from ai.simulator.wire import Json

REPLACING: Final = frozenset({"status", "error_in_200", "choice_error", "html"})
_FAILS_OVER: Final = 429

_TEXTS: Final = {
    400: "Provider returned error",
    401: "User not found.",
    402: "Insufficient credits. Add more using https://openrouter.ai/settings/credits",
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


def fails_over(fault: Fault) -> bool:
    """Tell whether the service would try the next model of `models` instead of reporting this."""
    status = fault.count("status") or 500
    return fault.kind == "status" and (status >= _FAILS_OVER)


def replacing_reply(fault: Fault) -> Reply:
    """Answer with the error a fault asks for, in the envelope it asks for."""
    variant, status = _variant(fault)
    shape = ErrorShape(
        status,
        fault.word("message", _TEXTS.get(status, "Provider returned error")) + " (simulated)",
        fault.word("error_type", ERROR_TYPES.get(status, "unmapped")),
        dict(fault.params.get("metadata") or {}),
        dict(fault.params.get("availability") or {}),
    )
    headers = _retry(fault, status, shape)
    http_status, content_type, body = envelope(shape, variant)
    return Reply(http_status, body, content_type, headers)


def _variant(fault: Fault) -> tuple[str, int]:
    """Return the envelope's letter and the error's status."""
    defaults = {
        "status": ("a", 500),
        "error_in_200": ("b", 502),
        "choice_error": ("d", 502),
        "html": ("f", 502),
    }
    letter, status = defaults[fault.kind]
    return fault.word("envelope", letter), fault.count("status") or status


def _retry(  # noqa: PLR0911 - one return for each form
    fault: Fault, status: int, shape: ErrorShape
) -> dict[str, str]:
    """Say when to come back, in the form the fault asks for; a text is sent as it is."""
    wait = fault.params.get("retry_after")
    if wait is None:
        return {}
    if isinstance(wait, str):
        return {"Retry-After": wait}
    form = fault.word("retry_form", "seconds")
    limits = _limits(wait)
    if form == "date":
        return {"Retry-After": formatdate(time.time() + wait, usegmt=True)}
    if form == "reset_ms":
        return limits
    if form == "metadata":
        shape.metadata["headers"] = limits
        return {}
    if form == "availability":
        code = {
            "code": "capacity_exhausted" if status == _FAILS_OVER else "temporarily_unavailable"
        }
        told: dict[str, Json] = code | {
            "retryable": True,
            "retry_after": wait,
            "requested_models": [],
        }
        shape.availability.update(told)
        return {}
    return {"Retry-After": str(math.ceil(wait))}


def _limits(wait_s: float) -> dict[str, str]:
    """Return rate-limit headers; the reset is epoch milliseconds."""
    return {
        "X-RateLimit-Limit": "20",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(int((time.time() + wait_s) * 1000)),
    }
