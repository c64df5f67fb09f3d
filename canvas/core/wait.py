"""`Prefer: wait=N`: the outermost layer that turns "accepted" into "done" while the caller waits.

It looks at the job through the service's own address, with the caller's own credentials, so it can
show nothing that the caller could not have read. While it waits it holds no thread and no
connection; the bus wakes it, and once a second it looks by itself.
Source: RFC 7240, sections 2 and 4.3.
"""

import io
import json
import re
import time
from typing import Any, Final
from urllib.parse import urlsplit

from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from canvas.core import bus
from canvas.core.middleware import Middleware
from canvas.core.release import close_idle_connections, release_database

LONGEST_WAIT_S: Final = 60
LOOK_EVERY_S: Final = 1.0
SYNC_LOOK_EVERY_S: Final = 0.05
FINISHED: Final = frozenset({"succeeded", "failed", "cancelled"})
_JOB: Final = re.compile(r"/api/v1/jobs/(?P<id>[0-9a-f-]{36})/")
_DIGITS: Final = re.compile(r'"?([0-9]{1,9})"?')
_NOT_FOR_THE_LOOK: Final = frozenset({
    "content-length", "content-type", "transfer-encoding", "expect", "range", "prefer",
    "idempotency-key", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since",
})  # fmt: skip


class PreferWaitMiddleware(Middleware):
    """Waits for the job of an answer when the caller would rather have the result."""

    def answer(self, request: HttpRequest) -> HttpResponseBase:
        """Answer under WSGI and the sync test client, looking again and again."""
        response: HttpResponseBase = self.get_response(request)
        wait_s, path = _wanted(request, response)
        if not path or not isinstance(request, WSGIRequest):
            return response
        until = time.monotonic() + wait_s
        while True:
            job = _finished(self.get_response(_look_wsgi(request, path)))
            close_idle_connections()
            if job is not None:
                return _done(response, job, wait_s)
            if time.monotonic() >= until:
                return response
            time.sleep(SYNC_LOOK_EVERY_S)

    async def answer_async(self, request: HttpRequest) -> HttpResponseBase:
        """Answer under ASGI, asleep between looks."""
        response: HttpResponseBase = await self.get_response(request)
        wait_s, path = _wanted(request, response)
        if not path or not isinstance(request, ASGIRequest):
            return response
        await release_database()
        job = await self._job_when_done(request, path, wait_s)
        return response if job is None else _done(response, job, wait_s)

    async def _job_when_done(
        self, request: ASGIRequest, path: str, wait_s: int
    ) -> dict[str, Any] | None:
        until = time.monotonic() + wait_s
        async with bus.subscribe(f"job:{_id_in(path)}") as changes:
            while True:
                job = await self._look(request, path)
                left_s = until - time.monotonic()
                if job is not None or left_s <= 0:
                    return job
                await changes.wait(min(LOOK_EVERY_S, left_s))

    async def _look(self, request: ASGIRequest, path: str) -> dict[str, Any] | None:
        response = await self.get_response(_look_asgi(request, path))
        await release_database()
        return _finished(response)


def wait_of(prefer: str) -> int:
    """Read the seconds that a `Prefer` header wants to wait: 0 when it does not say, at most 60."""
    for preference in prefer.split(","):
        name, _, value = preference.split(";")[0].partition("=")
        if name.strip().lower() == "wait":
            digits = _DIGITS.fullmatch(value.strip())
            return min(int(digits[1]), LONGEST_WAIT_S) if digits else 0
    return 0


def _wanted(request: HttpRequest, response: HttpResponseBase) -> tuple[int, str]:
    """Give the seconds to wait and the job's path; no path means there is nothing to wait for."""
    wait_s = wait_of(request.headers.get("Prefer", ""))
    if not wait_s or response.status_code not in {201, 202}:
        return 0, ""
    path = urlsplit(response.headers.get("Location", "")).path
    if _JOB.fullmatch(path):
        return wait_s, path
    job = _body(response).get("job")
    path = f"/api/v1/jobs/{job.get('id')}/" if isinstance(job, dict) else ""
    return (wait_s, path) if _JOB.fullmatch(path) else (0, "")


def _id_in(path: str) -> str:
    found = _JOB.fullmatch(path)
    return found["id"] if found else ""


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


def _look_asgi(request: ASGIRequest, path: str) -> ASGIRequest:
    scope = {
        **request.scope,
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [
            (name, value)
            for name, value in request.scope["headers"]
            if name.decode("latin-1").lower() not in _NOT_FOR_THE_LOOK
        ],
    }
    look = ASGIRequest(scope, io.BytesIO())
    look.is_internal = True  # type: ignore[attr-defined] # not counted by the rate limit
    return look


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
    look.is_internal = True  # type: ignore[attr-defined] # as above
    return look
