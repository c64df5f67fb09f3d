"""Errors of the field by name: the service's own words, with the metadata that comes with them.

Source: sections 2, 6 and 7 of our notes on the wire.
"""

import time
from collections.abc import Callable
from typing import Final

from ai.simulator.errors import ErrorShape
from ai.simulator.faults import Fault
from ai.simulator.wire import Json, dumps

CREDITS: Final = (
    "This request requires more credits, or fewer max_tokens. "
    "You requested up to {asked} tokens, but can only afford {afford}. "
    "To increase, visit https://openrouter.ai/settings/credits and upgrade to a paid account"
)
_DAY_S: Final = 86_400
_MINUTE_S: Final = 60


def trouble(fault: Fault, asked_tokens: int) -> ErrorShape:
    """Return the error of the field that a fault names; credits are counted from what was asked."""
    if fault.how == "credits":
        return credits_short(asked_tokens, fault.count("afford") or asked_tokens // 2)
    return _TROUBLES[fault.how]()


def credits_short(asked: int, afford: int) -> ErrorShape:
    """Make the 402 with the requested and the affordable number of tokens."""
    return ErrorShape(402, CREDITS.format(asked=asked, afford=afford), "payment_required")


def _raw(status: int, raw: Json, error_type: str = "") -> ErrorShape:
    """Make a provider's error whose cause stands in `metadata.raw` only."""
    return ErrorShape(status, "Provider returned error", error_type, {"raw": raw})


def _nested_raw() -> ErrorShape:
    """Make one whose raw text is JSON whose message is JSON again."""
    inner = {"error": {"code": 503, "message": "The model is overloaded", "status": "UNAVAILABLE"}}
    outer = {"error": {"message": dumps(inner).decode()}}
    return _raw(502, dumps(outer).decode())


def _limited(message: str, period_s: int) -> ErrorShape:
    """Make a 429 of the service itself: limits in the metadata, the reset in epoch milliseconds."""
    now = time.time()
    reset_s = now - now % period_s + period_s
    headers = {
        "X-RateLimit-Limit": "20" if period_s == _MINUTE_S else "50",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(int(reset_s * 1_000)),
    }
    return ErrorShape(429, message, "rate_limit_exceeded", {"headers": headers})


def _unavailable(
    status: int, message: str, code: str, *, retryable: bool = False, **more: Json
) -> ErrorShape:
    """Make an error with an availability object."""
    told = {"code": code, "retryable": retryable, "requested_models": []} | more
    return ErrorShape(status, message, "", {}, told)


_TROUBLES: Final[dict[str, Callable[[], ErrorShape]]] = {
    "provider_error": lambda: _raw(
        502, "upstream connect error or disconnect/reset before headers"
    ),
    "nested_raw": _nested_raw,
    "context_length": lambda: ErrorShape(
        400,
        "This endpoint's maximum context length is 128000 tokens. However, you requested about "
        "131072 tokens (130000 of text input, 1072 in the output).",
        "context_length_exceeded",
    ),
    "content_policy": lambda: _raw(
        502, "Your request was flagged for possible content policy risk", "content_policy_violation"
    ),
    "moderation": lambda: ErrorShape(
        403,
        "Your input was flagged",
        "content_policy_violation",
        {"reasons": ["violence"], "flagged_input": "a man with ... of the film", "model_slug": ""},
    ),
    "guardrail": lambda: ErrorShape(
        403, "Request blocked by a guardrail", "permission_denied", {"patterns": ["secret"]}
    ),
    "key_limit": lambda: ErrorShape(
        403, "Key limit exceeded (daily limit). Manage it using https://openrouter.ai/settings/keys"
    ),
    "negative_balance": lambda: ErrorShape(
        402, "Insufficient credits. Add more using https://openrouter.ai/settings/credits"
    ),
    "prompt_credits": lambda: ErrorShape(
        402, "Prompt tokens limit exceeded: 5000 > 1200. To increase, visit the credits page"
    ),
    "data_policy": lambda: _unavailable(
        404,
        "No endpoints found matching your data policy. Configure: "
        "https://openrouter.ai/settings/privacy",
        "privacy_restricted",
        excluded_by=["data_policy:training"],
    ),
    "parameters": lambda: _unavailable(
        404,
        "No endpoints found that can handle the requested parameters",
        "constraint_filtered",
        excluded_by=["require_parameters"],
    ),
    "tool_choice": lambda: _unavailable(
        404,
        "No endpoints found that support the provided 'tool_choice' value",
        "constraint_filtered",
    ),
    "free_per_minute": lambda: _limited("Rate limit exceeded: free-models-per-min. ", _MINUTE_S),
    "free_per_day": lambda: _limited(
        "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model "
        "requests per day",
        _DAY_S,
    ),
    "upstream_429": lambda: _raw(
        429, "The model is temporarily rate-limited upstream. Please retry shortly"
    ),
    "capacity": lambda: _unavailable(
        429, "All endpoints are at capacity", "capacity_exhausted", retryable=True, retry_after=2
    ),
    "region": lambda: _unavailable(
        403, "This model is not available in your region", "region_restricted", excluded_by=["geo"]
    ),
    "signature": lambda: _raw(
        400, {"error": {"code": 400, "message": "Corrupted thought signature."}}, "invalid_request"
    ),
    "too_many_states": lambda: _raw(
        400,
        {
            "error": {
                "code": 400,
                "status": "INVALID_ARGUMENT",
                "message": "The specified schema produces a constraint that has too many states "
                "for serving.",
            }
        },
        "invalid_request",
    ),
    "reasoning_mandatory": lambda: ErrorShape(
        400, "Reasoning is mandatory for this endpoint and cannot be disabled.", "invalid_request"
    ),
    "prefill": lambda: _raw(
        400,
        {
            "type": "error",
            "error": {
                "type": "invalid_request_error",
                "message": "This model does not support assistant message prefill.",
            },
        },
        "invalid_request",
    ),
}
