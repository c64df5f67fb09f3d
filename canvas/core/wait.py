"""`Prefer: wait=N`: the outermost layer that turns "accepted" into "done" while the caller waits.

It looks at the job through the service's own address, with the caller's own credentials, so it can
show nothing that the caller could not have read. Under our ASGI handler a waiting caller holds no
thread and no connection: one thread for all of them reads which jobs have ended, and only then is
the job looked at.
Source: RFC 7240, sections 2 and 4.3.
"""

import io
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from canvas.core.endings import endings
from canvas.core.middleware import Middleware
from canvas.core.threads import close_idle_connections

LONGEST_WAIT_S: Final = 60
SYNC_LOOK_EVERY_S: Final = 0.05
FINISHED: Final = frozenset({"succeeded", "failed", "cancelled"})
_IS_LOOK: Final = "canvas.is_look"
_JOB: Final = re.compile(r"/api/v1/jobs/(?P<id>[0-9a-f-]{36})/")
_DIGITS: Final = re.compile(r'"?([0-9]{1,9})"?')
_NOT_FOR_THE_LOOK: Final = frozenset({
    "content-length", "content-type", "transfer-encoding", "expect", "range", "prefer",
    "idempotency-key", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pending:
    """What an answer waits for: a job, by its path, for so many seconds."""

    path: str
    wait_s: int

    @property
    def job_id(self) -> UUID:
        """The job."""
        return UUID(self.path.rstrip("/").rpartition("/")[2])


class PreferWaitMiddleware(Middleware):
    """Waits for the job of an answer, or notes for our handler that it should."""

    def answer(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; under WSGI and the sync test client look again and again."""
        response = self.get_response(request)
        pending = _wanted(request, response)
        if pending is None:
            return response
        if isinstance(request, WSGIRequest):
            return self._waited(request, response, pending)
        response.pending = pending  # type: ignore[attr-defined] # read below
        return response

    def _waited(
        self, request: WSGIRequest, response: HttpResponseBase, pending: Pending
    ) -> HttpResponseBase:
        until = time.monotonic() + pending.wait_s
        while True:
            job = _finished(self.get_response(_look_wsgi(request, pending.path)))
            close_idle_connections()
            if job is not None:
                return _done(response, job, pending.wait_s)
            if time.monotonic() >= until:
                return response
            time.sleep(SYNC_LOOK_EVERY_S)


def is_pending(response: HttpResponseBase) -> bool:
    """Say whether the caller of this answer waits for its job."""
    return hasattr(response, "pending")


async def settled(
    response: HttpResponseBase, look: Callable[[str], Awaitable[HttpResponseBase]]
) -> HttpResponseBase:
    """Wait for the job of an answer, and give the answer that includes it.

    Args:
        response: the first answer; it is given back when the time is up.
        look: reads the path of a job with the caller's credentials.
    """
    pending: Pending | None = getattr(response, "pending", None)
    if pending is None or not await endings.await_end(pending.job_id, pending.wait_s):
        return response
    job = _finished(await look(pending.path))
    return response if job is None else _done(response, job, pending.wait_s)


def look_scope(scope: dict[str, Any], path: str) -> dict[str, Any]:
    """Give the scope of a look at a job on behalf of a request. The rate limit leaves it out."""
    kept = [
        (name, value)
        for name, value in scope["headers"]
        if name.decode("latin-1").lower() not in _NOT_FOR_THE_LOOK
    ]
    look = {"method": "GET", "path": path, "raw_path": path.encode(), "query_string": b""}
    return {**scope, **look, "headers": kept, _IS_LOOK: True}


def is_look(scope: Mapping[str, Any]) -> bool:
    """Say whether a request is such a look."""
    return _IS_LOOK in scope


def wait_of(prefer: str) -> int:
    """Read the seconds that a `Prefer` header wants to wait: 0 when it does not say, at most 60."""
    for preference in prefer.split(","):
        name, _, value = preference.split(";")[0].partition("=")
        if name.strip().lower() == "wait":
            digits = _DIGITS.fullmatch(value.strip())
            return min(int(digits[1]), LONGEST_WAIT_S) if digits else 0
    return 0


def _wanted(request: HttpRequest, response: HttpResponseBase) -> Pending | None:
    wait_s = wait_of(request.headers.get("Prefer", ""))
    if not wait_s or response.status_code not in {201, 202}:
        return None
    path = urlsplit(response.headers.get("Location", "")).path
    if not _JOB.fullmatch(path):
        job = _body(response).get("job")
        path = f"/api/v1/jobs/{job.get('id')}/" if isinstance(job, dict) else ""
    return Pending(path, wait_s) if _JOB.fullmatch(path) else None


def _finished(response: HttpResponseBase) -> dict[str, Any] | None:
    """Read the job if it has ended. A look that failed is a look that saw nothing."""
    job = _body(response) if response.status_code == 200 else {}  # noqa: PLR2004 OK
    return job if job.get("status") in FINISHED else None


def _body(response: HttpResponseBase) -> dict[str, Any]:
    if not isinstance(response, HttpResponse) or not response.content:
        return {}
    if "json" not in response.headers.get("Content-Type", ""):
        return {}
    body = json.loads(response.content)
    return body if isinstance(body, dict) else {}


def _done(response: HttpResponseBase, job: dict[str, Any], wait_s: int) -> HttpResponseBase:
    accepted = _body(response)
    body = {**accepted, "job": job} if "job" in accepted else job
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {name: value for name, value in response.headers.items() if name != "ETag"}
    status = 200 if response.status_code == 202 else response.status_code  # noqa: PLR2004 Accepted
    finished = HttpResponse(content, status=status, headers=headers)
    finished.headers["Content-Length"] = str(len(content))
    finished.headers["Preference-Applied"] = f"wait={wait_s}"
    finished.cookies = response.cookies
    return finished


def _look_wsgi(request: WSGIRequest, path: str) -> WSGIRequest:
    dropped = {name.upper().replace("-", "_") for name in _NOT_FOR_THE_LOOK}
    environ = {
        name: value
        for name, value in request.environ.items()
        if name.removeprefix("HTTP_") not in dropped
    }
    environ |= {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "wsgi.input": io.BytesIO(),
    }
    look = WSGIRequest(environ)
    look.is_internal = True  # type: ignore[attr-defined] # not counted by the rate limit
    return look
