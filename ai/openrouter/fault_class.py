"""Which exception a failure becomes: by status, by OpenRouter's own names, and by its words."""

import re
from dataclasses import dataclass
from typing import Any, Final

from ai.openrouter.errors import (
    AuthenticationError,
    ContextLengthError,
    ModerationError,
    NoEndpointsError,
    NotFoundError,
    OpenRouterError,
    PaymentRequiredError,
    PermissionDeniedError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
    UnknownModelError,
)
from ai.openrouter.waits import until_midnight_s
from ai.openrouter.wire import Json

_GENERIC: Final = re.compile(r"(?i)^(provider returned error|upstream error|error|bad request)\W*$")
_UNKNOWN_MODEL: Final = re.compile(
    r"(?i)not a valid model id|model_not_found|no such model|"
    r"model .{0,200}(does not exist|not found)"
)
_CONTEXT: Final = re.compile(
    r"(?i)context[ _-]?(length|window|limit)|maximum context|prompt is too long|input is too long|"
    r"too many (input )?tokens|reduce the length"
)
_BUDGET: Final = re.compile(
    r"(?i)(key|guardrail|workspace|budget|spend\w*|credit) limit (was )?exceeded|"
    r"(budget|limit) (exceeded|exhausted|reached)|exceeded (its|the|your) \w*\s*(limit|budget)"
)
_POLICY: Final = re.compile(
    r"(?i)content[ _-]?(management )?policy|flagged (for|as|by)|requires moderation|usage polic|"
    r"safety (system|filter|polic)|prohibited content|content[ _]filter(ed)?\b"
)
_AFFORDABLE: Final = re.compile(r"(?i)can only afford\D{0,3}([\d,]*\d)")
_FREE_OF_THE_DAY: Final = "free-models-per-day"

_CONTEXT_TYPES: Final = {"context_length_exceeded", "string_too_long"}
_POLICY_TYPES: Final = {"content_policy_violation", "refusal", "content_filter"}
_UNKNOWN_MODEL_TYPES: Final = {"model_not_found"}
_NO_ENDPOINT_TYPES: Final = {
    "no_endpoints",
    "model_deprecated",
    "model_unavailable_upstream",
    "privacy_restricted",
    "constraint_filtered",
    "free_variant_ended",
}
_PASSING: Final = {408, 425, 499}
"""Below 500 and yet nobody's fault: timeouts and a client that went away."""


@dataclass(frozen=True)
class Facts:
    """What was read out of an envelope."""

    message: str
    raw: str | None
    status: int | None
    error_type: str | None
    availability: Json
    metadata: Json

    @property
    def text(self) -> str:
        """Return everything that was said, for looking for phrases."""
        return f"{self.message}\n{self.raw or ''}"

    @property
    def names(self) -> set[str]:
        """Return the stable names this failure goes by."""
        said = (self.error_type, self.availability.get("code"))
        return {name for name in said if isinstance(name, str)}

    @property
    def retryable(self) -> bool | None:
        """Return what the service says about asking again; None when it says nothing."""
        said = self.availability.get("retryable")
        return said if isinstance(said, bool) else None


def exception_for(facts: Facts, **fields: Any) -> OpenRouterError:  # noqa: ANN401 - handed on
    """Return the one exception for these facts; `fields` go into it as they are."""
    common = fields | {
        "status": facts.status,
        "error_type": facts.error_type,
        "retryable": facts.retryable,
        "availability": facts.availability or None,
        "raw_message": facts.raw,
    }
    message = facts.message
    if facts.raw and facts.raw not in message:
        message = facts.raw if _GENERIC.match(message) else f"{message}: {facts.raw}"
    return _by_word(facts, message, common) or _by_status(facts, message, common)


def _by_word(facts: Facts, message: str, common: Json) -> OpenRouterError | None:
    """Return the class its words make it, whatever its status; None when the status decides.

    A refused content comes as 400, 403 and even 502, an exhausted budget as 402 and 403.
    """
    status = facts.status or 0
    is_ours = status in (400, 403, 404, 413, 422)
    if facts.names & _POLICY_TYPES or _is_moderation(facts, status):
        return ModerationError(message, reasons=_reasons(facts), **common | {"retryable": False})
    if is_ours and (facts.names & _CONTEXT_TYPES or _CONTEXT.search(facts.text)):
        return ContextLengthError(message, **common)
    if facts.names & _UNKNOWN_MODEL_TYPES or (is_ours and _UNKNOWN_MODEL.search(facts.text)):
        return UnknownModelError(message, **common)
    if status == 403 and _BUDGET.search(facts.text):  # noqa: PLR2004 - a status
        return PaymentRequiredError(message, **common)
    return None


def _by_status(facts: Facts, message: str, common: Json) -> OpenRouterError:
    status = facts.status
    if status is None or status >= 500 or status < 300 or status in _PASSING:  # noqa: PLR2004
        return UnavailableError(message, **common)
    if status == 429:  # noqa: PLR2004 - a status
        is_daily = _FREE_OF_THE_DAY in facts.text
        if is_daily:  # whatever else was said: nothing helps before
            common = common | {"retry_after_s": until_midnight_s()}
        return RateLimitedError(message, until_utc_midnight=is_daily, **common)
    if facts.retryable:
        return UnavailableError(message, **common)
    if status == 402:  # noqa: PLR2004 - a status
        return PaymentRequiredError(message, affordable_tokens=_affordable(facts), **common)
    if status == 404:  # noqa: PLR2004 - a status
        return _not_found(facts, message, common)
    plain = {401: AuthenticationError, 403: PermissionDeniedError}
    return plain.get(status, RejectedError)(message, **common)


def _not_found(facts: Facts, message: str, common: Json) -> OpenRouterError:
    text = facts.text.lower()
    if facts.names & _NO_ENDPOINT_TYPES or "no endpoints" in text or "no allowed providers" in text:
        return NoEndpointsError(message, **common)
    return NotFoundError(message, **common)


def _is_moderation(facts: Facts, status: int) -> bool:
    if {"reasons", "flagged_input", "patterns"} & facts.metadata.keys():
        return True
    return (status in (400, 403, 422) or status >= 500) and bool(_POLICY.search(facts.text))  # noqa: PLR2004


def _reasons(facts: Facts) -> tuple[str, ...]:
    named = facts.metadata.get("reasons") or facts.metadata.get("patterns")
    return tuple(str(reason) for reason in named) if isinstance(named, list) else ()


def _affordable(facts: Facts) -> int | None:
    found = _AFFORDABLE.search(facts.text)
    return int(found[1].replace(",", "")) if found else None
