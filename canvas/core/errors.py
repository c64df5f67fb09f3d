"""Errors that are expected and told to the caller: a kind, a stable code and a sentence.

    DomainError
      Invalid       well-formed, breaks a rule
      Malformed     wrong shape or type, with a pointer to each place
      Missing       absent, or another workspace's: both look the same
      Conflict      the row is in a state that refuses this
      Stale         the caller has seen an older version
      Forbidden     known person, not allowed
      Unaffordable  a budget or a quota is used up
      Unreadable    not a kind of file that is read here
      TooLarge      more bytes than the door takes
      Upstream      a model or a service behind us failed
      Unavailable   this service cannot do it now; a later try may work
      Internal      a bug of ours, or a machine that failed: why a job ended, never an answer

Only canvas.core.problems knows which HTTP status a kind has.
"""

# ruff: noqa: N818 -- a refusal reads as what it says: `raise Missing(...)`

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong place in an input: a JSON pointer into it, a stable code and a sentence."""

    pointer: str
    code: str
    detail: str


class DomainError(Exception):
    """An expected failure. `code` is public and stable; `detail` names the fix.

    Args:
        code: kebab-case, part of the problem's `type`.
        detail: one or two sentences for a person.
        faults: the wrong places, when the input has places.
        extra: further members of the problem document, JSON-ready and camelCase.
    """

    code: str = "error"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        faults: Sequence[Fault] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or type(self).code
        self.faults = tuple(faults)
        self.extra = dict(extra or {})


class Invalid(DomainError):
    """Well-formed, but against a rule."""

    code = "invalid"


class Malformed(DomainError):
    """Wrong shape or type."""

    code = "malformed"


class Missing(DomainError):
    """Not there, or not yours: the caller cannot tell which."""

    code = "not-found"


class Conflict(DomainError):
    """The row's present state refuses this."""

    code = "conflict"


class Stale(DomainError):
    """Somebody changed the row since the caller read it."""

    code = "stale"


class Forbidden(DomainError):
    """Known, and not allowed."""

    code = "forbidden"


class Unaffordable(DomainError):
    """A budget or a quota is used up."""

    code = "budget-exhausted"


class Unreadable(DomainError):
    """Not a kind of file that is read here."""

    code = "unsupported-media-type"


class TooLarge(DomainError):
    """More bytes than the door takes."""

    code = "too-large"


class Upstream(DomainError):
    """A model, or a service behind this one, failed."""

    code = "upstream-failed"


class Unavailable(DomainError):
    """Not now; a later try may work. `retry_after_s` is sent as Retry-After."""

    code = "unavailable"

    def __init__(self, detail: str, *, code: str | None = None, retry_after_s: int = 1) -> None:
        super().__init__(detail, code=code)
        self.retry_after_s = retry_after_s


class Internal(DomainError):
    """A bug of ours, or a worker that died again and again: what a job ends with."""

    code = "internal"
