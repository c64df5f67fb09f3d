"""Events that no good stream has: errors in the middle, and data that is no chunk."""

from collections.abc import Callable
from typing import Final

from ai.simulator.chunks import choice, write
from ai.simulator.errors import ErrorShape
from ai.simulator.faults import Fault
from ai.simulator.turn import Turn
from ai.simulator.wire import Json, event


def error_event(turn: Turn, fault: Fault) -> bytes:
    """Write the error event in the documented form, or one of the captured ones."""
    words = fault.word("message", "Provider disconnected unexpectedly") + " (simulated)"
    error = ErrorShape(fault.count("status") or 502, words).inner()
    failed = choice(turn, "error") | {"native_finish_reason": None}
    match fault.how:
        case "bare":
            return event({"error": error, "user_id": "user_simulated", "simulated": True})
        case "null_finish":
            failed = choice(turn, None)
        case "string_code":
            error["code"] = "server_error"
        case "availability":
            error["availability"] = {
                "code": "temporarily_unavailable", "retryable": True, "requested_models": [],
            }  # fmt: skip
        case "choice":
            return write(turn, {"choices": [failed | {"error": error}]})
    return write(turn, {"error": error, "choices": [failed]})


def bad_event(turn: Turn, how: str) -> bytes:
    """Write an event that is no chunk, or a chunk that lacks its middle."""
    if how == "truncated":
        good = write(turn, {"choices": [choice(turn, None)]}).rstrip()
        return good[: len(good) // 2] + b"\n\n"
    if how in _RAW:
        return b"data:" + _RAW[how] + b"\n\n"
    return write(turn, _CHUNKS[how](choice(turn, None)))


_RAW: Final = {
    "not_json": b" {simulated, not JSON}",
    "list": b" []",
    "null": b" null",
    "text": b' "simulated"',
    "empty": b"",
}
_CHUNKS: Final[dict[str, Callable[[dict[str, Json]], dict[str, Json]]]] = {
    "unknown": lambda _good: {"choices": [], "debug": {"echo_upstream_body": {}}},
    "no_choices": lambda _good: {},
    "null_choices": lambda _good: {"choices": None},
    "null_delta": lambda good: {"choices": [good | {"delta": None}]},
}
