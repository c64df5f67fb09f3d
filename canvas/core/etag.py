"""Versions on the wire: strong ETags, `If-Match` and `If-None-Match`.

Source: RFC 9110, sections 8.8 and 13.1.
"""

import re
from collections.abc import Sequence
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

from django.http.request import HttpHeaders
from django.http.response import HttpResponseBase

from canvas.core.errors import Malformed, Stale

ANY: Final = "*"
_TAG: Final = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_LIST: Final = re.compile(rf"\s*{_TAG}(?:\s*,\s*{_TAG})*\s*")
_Answer = TypeVar("_Answer", bound=HttpResponseBase)


class Versioned(Protocol):
    """A row with an identity and a version."""

    @property
    def pk(self) -> Any:  # noqa: ANN401 Django's own shape
        """The identity."""

    version: int


class _WithHeaders(Protocol):
    @property
    def headers(self) -> HttpHeaders:
        """The request's headers."""


def etag_of(row: Versioned) -> str:
    """Give the row's strong ETag, quotes included."""
    return tag(row.pk, row.version)


def tag(identity: UUID | str, version: int) -> str:
    """Make a strong ETag of an identity and a version, quotes included."""
    return f'"{identity}-{version}"'


def expected_version(request: _WithHeaders, row: Versioned) -> int | None:
    """Read `If-Match`: the version that a service must still find, or None for any.

    Raises:
        Malformed: the header is not a list of entity tags.
        Stale: the caller has seen another version than the row's.
    """
    wanted = _tags(request.headers.get("If-Match"), "If-Match")
    if wanted is None or wanted == [ANY]:
        return None
    if etag_of(row) not in wanted:
        raise stale(row)
    return row.version


def stale(row: Versioned) -> Stale:
    """Make the error for an edit of an old version; it carries the row's present ETag."""
    return Stale(
        "Somebody changed this since you read it: read it again and repeat your change.",
        extra={"etag": etag_of(row)},
    )


def is_unchanged(request: _WithHeaders, etag: str) -> bool:
    """Say whether `If-None-Match` names this ETag, so that 304 is the answer."""
    known = _tags(request.headers.get("If-None-Match"), "If-None-Match")
    return known is not None and (
        known == [ANY] or etag in [one.removeprefix("W/") for one in known]
    )


def tagged(response: _Answer, row: Versioned) -> _Answer:
    """Put the row's ETag on an answer and return the answer."""
    response.headers["ETag"] = etag_of(row)
    return response


def _tags(header: str | None, name: str) -> Sequence[str] | None:
    if header is None:
        return None
    if header.strip() == ANY:
        return [ANY]
    if not _LIST.fullmatch(header):
        raise Malformed(f'{name} must be "*" or a list of entity tags in double quotes.')
    return re.findall(_TAG, header)
