"""Everything that can go wrong between a request and a usable reply.

    OpenRouterError
    ├── RejectedError                 the request or the account is at fault: asking again is no use
    │   ├── AuthenticationError       401, the key is wrong, expired or of another kind
    │   ├── PaymentRequiredError      402, and 403 for an exhausted key limit or budget
    │   ├── PermissionDeniedError     403, not allowed for this key, region or workspace
    │   ├── ModerationError           input or output was refused for what it says or shows
    │   ├── ContextLengthError        prompt and answer do not fit the model's window
    │   ├── UnknownModelError         no model of that name
    │   ├── NoEndpointsError          404, no provider left after all routing wishes
    │   └── NotFoundError             404, anything else that is not there (yet)
    ├── RateLimitedError              429
    ├── UnavailableError              5xx, 408, no connection, an error of unknown class in a 200
    ├── BadReplyError                 an answer came and cannot be used; it may well be billed
    │   ├── EmptyReplyError           no text, no tool call, no picture
    │   ├── NoImageError              a picture was asked for and none came
    │   ├── MalformedToolCallError    a tool call without a name, or native MALFORMED_FUNCTION_CALL
    │   ├── GarbledReplyError         not JSON, not a completion, or larger than we read
    │   └── IncompleteReplyError      cut: the end of the answer never came
    │       └── TruncatedToolCallError  the end fell into the arguments of a call
    └── StoppedError                  our own watchdog ended the call

One class per decision a caller takes; the rest is told by the fields.
"""

from collections.abc import Mapping
from typing import Any, Literal

from ai.openrouter.keys import CONCEALED, SHORTEST_SECRET
from ai.openrouter.text import excerpt, mapped, redact
from ai.openrouter.wire import Usage

StopReason = Literal["cancelled", "first-data", "idle", "total", "lease-lost", "shutdown"]


class OpenRouterError(Exception):
    """The outside world failed. Texts hold no key and no credential header."""

    retryable_by_default = False

    def __init__(  # noqa: PLR0913 - one failure, all its facts, each by name
        self,
        message: str,
        *,
        status: int | None = None,
        error_type: str | None = None,
        code: str | None = None,
        retryable: bool | None = None,
        retry_after_s: float | None = None,
        availability: Mapping[str, Any] | None = None,
        provider: str | None = None,
        provider_code: str | None = None,
        raw_message: str | None = None,
        generation_id: str | None = None,
        usage: Usage | None = None,
        never_sent: bool = False,
    ) -> None:
        self.message = excerpt(message)
        super().__init__(self.message)
        self.status = status
        """The status that counts: the error's own code before the one of the HTTP answer."""
        self.error_type = error_type
        """OpenRouter's stable name of the class of error, such as `context_length_exceeded`."""
        self.code = code
        """The error's own code as text, numbers and words alike."""
        self.retryable = self.retryable_by_default if retryable is None else retryable
        """Whether the same request may succeed later."""
        self.retry_after_s = retry_after_s
        """How long the service asked us to wait; None when it said nothing believable."""
        self.availability = None if availability is None else mapped(dict(availability), redact)
        self.provider = provider
        """The company that failed, in OpenRouter's spelling; None when not told."""
        self.provider_code = provider_code
        self.raw_message = None if raw_message is None else excerpt(raw_message)
        """What the provider itself said, unwrapped."""
        self.generation_id = generation_id
        self.usage = usage
        """What was used up to the failure; None when not told, which is not the same as nothing."""
        self.never_sent = never_sent
        """Whether the request surely never reached the service, so that it cannot cost anything."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.message!r}, status={self.status})"

    def conceal(self, secret: str) -> None:
        """Blank `secret` wherever a text of this error repeats it; short ones are no secrets."""
        if len(secret) < SHORTEST_SECRET:
            return
        for name, value in vars(self).items():
            setattr(self, name, mapped(value, lambda text: text.replace(secret, CONCEALED)))
        self.args = (self.message,)


class RejectedError(OpenRouterError):
    """The request or the account is at fault; the same request will fail again."""


class AuthenticationError(RejectedError):
    """The key is missing, wrong, expired or not of the kind this route wants."""


class PaymentRequiredError(RejectedError):
    """The balance, the key's limit or a budget does not cover the request."""

    def __init__(self, message: str, *, affordable_tokens: int | None = None, **facts: Any) -> None:  # noqa: ANN401 - handed on
        super().__init__(message, **facts)
        self.affordable_tokens = affordable_tokens
        """The largest `max_tokens` the balance still covers; None when not told."""


class PermissionDeniedError(RejectedError):
    """The key, the region or the workspace may not do this."""


class ModerationError(RejectedError):
    """The input or the output was refused for what it says or shows."""

    def __init__(self, message: str, *, reasons: tuple[str, ...] = (), **facts: Any) -> None:  # noqa: ANN401 - handed on
        super().__init__(message, **facts)
        self.reasons: tuple[str, ...] = mapped(reasons, redact)


class ContextLengthError(RejectedError):
    """Prompt and answer together do not fit the model's window."""


class UnknownModelError(RejectedError):
    """There is no model of that name."""

    def __init__(self, message: str, *, suggestion: str | None = None, **facts: Any) -> None:  # noqa: ANN401 - handed on
        super().__init__(message, **facts)
        self.suggestion = suggestion
        """A slug that is probably meant; see `quirks.suggest_model`."""


class NoEndpointsError(RejectedError):
    """The model exists, but no provider is left that can do what was asked."""

    @property
    def excluded_by(self) -> tuple[str, ...]:
        """Return the names of the wishes that left no provider, such as `require_parameters`."""
        named = (self.availability or {}).get("excluded_by")
        return tuple(str(name) for name in named) if isinstance(named, list) else ()


class NotFoundError(RejectedError):
    """What was asked for is not there; a generation may still appear seconds to minutes later."""


class RateLimitedError(OpenRouterError):
    """Too many requests, ours or everybody's at that provider."""

    retryable_by_default = True

    def __init__(self, message: str, *, until_utc_midnight: bool = False, **facts: Any) -> None:  # noqa: ANN401 - handed on
        super().__init__(message, **facts)
        self.until_utc_midnight = until_utc_midnight
        """The free models of the day are used up; nothing helps before 00:00 UTC."""


class UnavailableError(OpenRouterError):
    """The service or a provider failed, or the way there did."""

    retryable_by_default = True


class BadReplyError(OpenRouterError):
    """An answer came and cannot be used; see `usage` for what it cost."""

    retryable_by_default = True


class EmptyReplyError(BadReplyError):
    """No text, no tool call, no picture."""


class NoImageError(BadReplyError):
    """A picture was asked for and none came."""


class MalformedToolCallError(BadReplyError):
    """A tool call nobody could run, by the provider's own word or for want of a name."""


class GarbledReplyError(BadReplyError):
    """Not JSON, not a completion, or larger than we read."""


class IncompleteReplyError(BadReplyError):
    """The answer was cut before its end."""


class TruncatedToolCallError(IncompleteReplyError):
    """The end fell into the arguments of a tool call; ask again, with more tokens."""


class StoppedError(OpenRouterError):
    """We ended the call ourselves.

    Args:
        reason: who wanted it; the deadlines are `first-data`, `idle` and `total`.
    """

    def __init__(self, reason: StopReason) -> None:
        super().__init__(f"stopped: {reason}")
        self.reason: StopReason = reason
