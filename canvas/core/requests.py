"""The id of a request: the caller's or made here, returned, and known to every log line."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from canvas.core.middleware import Middleware

HEADER: Final = "X-Request-ID"
_SANE: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_request_id: Final[ContextVar[str]] = ContextVar("request_id", default="")


def current_request_id() -> str:
    """Give the id of the request being served, or "" outside of one."""
    return _request_id.get()


@contextmanager
def request_id_is(request_id: str) -> Iterator[None]:
    """Work on behalf of a request that has ended: a job logs under the id that caused it."""
    token = _request_id.set(request_id)
    try:
        yield
    finally:
        _request_id.reset(token)


class RequestIdMiddleware(Middleware):
    """Names the request, for the answer's header and for whatever it causes."""

    def answer(self, request: HttpRequest) -> HttpResponseBase:
        """Answer under the request's id."""
        with request_id_is(_id_of(request)):
            return _named(request, self.get_response(request))


def _id_of(request: HttpRequest) -> str:
    offered = request.headers.get(HEADER, "")
    return offered if _SANE.fullmatch(offered) else uuid.uuid4().hex


def _named(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    # Django logs refusals after every middleware has ended; the formatter finds the id here.
    request.request_id = current_request_id()  # type: ignore[attr-defined] # see canvas.core.logs
    response.headers[HEADER] = current_request_id()
    return response
