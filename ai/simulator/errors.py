"""Refusals, and every envelope in which the real service has been seen to wrap an error."""

from dataclasses import dataclass, field
from typing import Final

from ai.simulator.wire import Json, dumps, new_id

SIMULATED: Final = {"simulated": True}
PROVIDER: Final = "Simulator"

ERROR_TYPES: Final = {
    400: "invalid_request",
    401: "authentication",
    402: "payment_required",
    403: "permission_denied",
    404: "not_found",
    408: "timeout",
    412: "precondition_failed",
    413: "payload_too_large",
    422: "unprocessable",
    429: "rate_limit_exceeded",
    500: "server",
    502: "provider_unavailable",
    503: "provider_overloaded",
    504: "timeout",
    524: "timeout",
    529: "provider_overloaded",
}
_AVAILABILITY: Final = {
    400: ("model_not_found", False),
    403: ("region_restricted", False),
    404: ("no_endpoints", False),
    429: ("capacity_exhausted", True),
    503: ("temporarily_unavailable", True),
}
_HTML: Final = (
    "<!DOCTYPE html><html><head><title>{status}: simulated error</title></head>"
    "<body><center><h1>{status}: {message}</h1></center><hr>cloud proxy (simulated)</body></html>"
)


class Refusal(Exception):  # noqa: N818 - not a failure of ours: the service refuses
    """A request this service answers with an error envelope."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        metadata: dict[str, Json] | None = None,
        availability: dict[str, Json] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.metadata = metadata
        self.availability = availability
        self.headers = headers or {}

    def body(self) -> dict[str, Json]:
        """Return the ordinary envelope."""
        error: dict[str, Json] = {"code": self.status, "message": self.message}
        if self.metadata:
            error["metadata"] = self.metadata
        if self.availability:
            error["availability"] = self.availability
        return {"error": error, "user_id": "user_simulated"} | SIMULATED


@dataclass(frozen=True, slots=True)
class ErrorShape:
    """An error to be wrapped: the inner facts that every variant shares."""

    status: int
    message: str
    error_type: str = ""
    metadata: dict[str, Json] = field(default_factory=dict)
    availability: dict[str, Json] = field(default_factory=dict)

    def inner(self) -> dict[str, Json]:
        """Return the error object of the ordinary form."""
        kind = self.error_type or ERROR_TYPES.get(self.status, "unmapped")
        metadata = {"provider_name": PROVIDER, "error_type": kind} | self.metadata
        error: dict[str, Json] = {
            "code": self.status,
            "message": self.message,
            "metadata": metadata,
        }
        if self.availability:
            error["availability"] = self.availability
        return error


def envelope(shape: ErrorShape, variant: str) -> tuple[int, str, bytes]:
    """Wrap an error as one of the variants a to i; return HTTP status, content type, body.

    Source: section 6.1 of our notes on the wire; d and e only differ from a inside a 200.
    """
    if variant == "f":
        html = _HTML.format(status=shape.status, message=shape.message)
        return shape.status, "text/html; charset=UTF-8", html.encode()
    body, status = _body(shape, variant)
    return status, "application/json", dumps(body | SIMULATED)


def _body(  # noqa: PLR0911 - one return for each variant
    shape: ErrorShape, variant: str
) -> tuple[dict[str, Json], int]:
    """Build the JSON body of a variant and the HTTP status it travels under."""
    inner = shape.inner()
    plain: dict[str, Json] = {"error": inner, "user_id": "user_simulated"}
    empty = {"id": new_id(), "object": "chat.completion", "model": "", "provider": PROVIDER}
    match variant:
        case "b":
            return plain, 200
        case "c":
            return {"error": _availability_form(shape)}, shape.status
        case "d":
            message = {"role": "assistant", "content": ""}
            choice = {"index": 0, "message": message, "finish_reason": "error", "error": inner}
            return empty | {"choices": [choice]}, 200
        case "e":
            return empty | {"choices": [], "error": inner}, 200
        case "g":
            return empty | {"choices": None}, 200
        case "h":
            return {"provider": empty | {"choices": [], "error": inner}}, 200
        case "i":
            return {"error": inner | {"code": inner["metadata"]["error_type"]}}, shape.status
        case _:
            return plain, shape.status


def _availability_form(shape: ErrorShape) -> dict[str, Json]:
    """Build the form without `code` that the availability pages show."""
    code, retryable = _AVAILABILITY.get(shape.status, ("temporarily_unavailable", True))
    availability = {
        "code": code,
        "retryable": retryable,
        "requested_models": [],
        "docs_url": "https://openrouter.ai/docs",
    }
    return {
        "message": shape.message,
        "error_type": shape.error_type or ERROR_TYPES.get(shape.status, "unmapped"),
        "http_status": shape.status,
        "availability": availability | shape.availability,
        "metadata": {"previous_errors": []} | shape.metadata,
    }
