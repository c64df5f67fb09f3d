"""Errors on the wire: the one place that knows which HTTP status an error has.

Every refusal is `application/problem+json` with a public, stable `code`.
Source: RFC 9457.
"""

import json
import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.views import csrf, defaults
from rest_framework import exceptions
from rest_framework.settings import api_settings

from canvas.core import errors
from canvas.core.errors import DomainError, Fault
from canvas.core.json import JSONRenderer, pointer_to
from canvas.core.outages import is_outage
from canvas.core.requests import current_request_id

logger = logging.getLogger(__name__)

CONTENT_TYPE: Final = "application/problem+json"
API_PREFIX: Final = "/api/"
FAULTS_SHOWN: Final = 100
_STATUS_OF: Final[Mapping[type[DomainError], int]] = {
    errors.Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.Malformed: HTTPStatus.BAD_REQUEST,
    errors.Missing: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.Stale: HTTPStatus.PRECONDITION_FAILED,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.Unaffordable: HTTPStatus.PAYMENT_REQUIRED,
    errors.Unreadable: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.Upstream: HTTPStatus.BAD_GATEWAY,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.Internal: HTTPStatus.INTERNAL_SERVER_ERROR,
}
_CODE_OF: Final[Mapping[int, str]] = {
    400: "malformed",
    401: "not-authenticated",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    413: "too-large",
    415: "unsupported-media-type",
    429: "too-many-requests",
    500: "internal",
    503: "unavailable",
}

# A shape that is right and breaks a limit or a rule: 422. Whatever else a shape finds is 400.
_RULES: Final = frozenset(
    {"blank", "max-length", "min-length", "max-value", "min-value", "too-large"}
)

_DJANGO_ERRORS: Final[Sequence[tuple[type[Exception], int, str]]] = (
    (Http404, 404, "There is nothing at this address."),
    (PermissionDenied, 403, "You may not do this."),
    (RequestDataTooBig, 413, "The body is larger than this door takes."),
    (SuspiciousOperation, 400, "The request is malformed."),
    (MultiPartParserError, 400, "The form is malformed."),
    (UnreadablePostError, 400, "The body broke off."),
    (DataError, 400, "A value does not fit into the field it was sent for."),
)


def handle(exc: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """Answer an exception of a DRF view; None lets a bug become a 500.

    A plain response, not a rendered one: a refusal is JSON whatever the view else renders.
    """
    response = _answer(exc)
    if response is not None and isinstance(exc, exceptions.MethodNotAllowed):
        response.headers["Allow"] = ", ".join(context["view"].allowed_methods)
    return response


def problem_response(exc: Exception) -> HttpResponse:
    """Answer an expected exception in a plain view or a middleware; raise any other again."""
    response = _answer(exc)
    if response is None:
        raise exc
    return response


def as_problem(exc: DomainError) -> dict[str, Any]:
    """Give the problem document of an error, to be sent or kept inside a row."""
    return _document(
        status=status_of(exc),
        code=exc.code,
        detail=exc.detail,
        faults=exc.faults,
        extra=exc.extra,
    )


def status_of(exc: DomainError) -> int:
    """Give the HTTP status of a kind of error."""
    return next(int(_STATUS_OF[kind]) for kind in type(exc).__mro__ if kind in _STATUS_OF)


def handler400(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer what Django itself found malformed."""
    if not _is_api(request):
        return defaults.bad_request(request, exception)
    return _answer(exception) or _plain(400, "The request is malformed.")


def handler403(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer what Django itself forbids."""
    if not _is_api(request):
        return defaults.permission_denied(request, exception)
    return _plain(403, "You may not do this.")


def handler404(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer an address that leads nowhere."""
    if not _is_api(request):
        return defaults.page_not_found(request, exception)
    return _plain(404, "There is nothing at this address.")


def handler500(request: HttpRequest) -> HttpResponseBase:
    """Answer a bug; what happened is in the log, under the same request id."""
    if not _is_api(request):
        return defaults.server_error(request)
    return _plain(500, "Something went wrong here. The request id finds it in the log.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """Answer a browser's request that does not prove where it came from."""
    if not _is_api(request):
        return csrf.csrf_failure(request, reason=reason)
    return problem_response(errors.Forbidden(f"CSRF: {reason}", code="csrf-failed"))


def _answer(exc: Exception) -> HttpResponse | None:
    if isinstance(exc, DomainError):
        return _domain_answer(exc)
    if isinstance(exc, exceptions.APIException):
        return _framework_answer(exc)
    if is_outage(exc):
        logger.error("the database did not answer", exc_info=exc)
        return _domain_answer(errors.Unavailable("The database did not answer in time."))
    for kind, status, detail in _DJANGO_ERRORS:
        if isinstance(exc, kind):
            logger.info("refused: %s", type(exc).__name__)
            return _plain(status, detail)
    return None


def _domain_answer(exc: DomainError) -> HttpResponse:
    response = _response(as_problem(exc))
    if isinstance(exc, errors.Unavailable):
        response.headers["Retry-After"] = str(exc.retry_after_s)
    if retry_after_s := exc.extra.get("retryAfterSeconds"):
        response.headers["Retry-After"] = str(retry_after_s)
    if isinstance(exc, errors.Stale) and "etag" in exc.extra:
        response.headers["ETag"] = exc.extra["etag"]
    return response


def _framework_answer(exc: exceptions.APIException) -> HttpResponse:
    if isinstance(exc, exceptions.ValidationError):
        return _response(as_problem(_of_shape(exc)))
    status = exc.status_code
    code = _CODE_OF.get(status, "error")
    if isinstance(exc, exceptions.AuthenticationFailed):
        code = "invalid-credentials"
    response = _response(_document(status=status, code=code, detail=str(exc.detail)))
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = getattr(exc, "auth_header", None) or "Bearer"
    if isinstance(exc, exceptions.Throttled):
        response.headers["Retry-After"] = str(math.ceil(getattr(exc, "wait", None) or 1))
    return response


def _of_shape(exc: exceptions.ValidationError) -> DomainError:
    """Tell a wrong shape from a right one that only breaks limits."""
    faults = list(_faults_of(exc.detail, ""))
    kind = errors.Invalid if all(one.code in _RULES for one in faults) else errors.Malformed
    detail = "; ".join(f"{fault.pointer or '/'}: {fault.detail}" for fault in faults[:3])
    return kind(detail, faults=faults[:FAULTS_SHOWN])


def _faults_of(detail: Any, pointer: str) -> Iterator[Fault]:  # noqa: ANN401 DRF nests at will
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            own = name == api_settings.NON_FIELD_ERRORS_KEY
            yield from _faults_of(inner, pointer if own else pointer_to(pointer, name))
    elif isinstance(detail, list | tuple):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, Mapping | list | tuple)
            yield from _faults_of(inner, pointer_to(pointer, index) if nested else pointer)
    else:
        code = str(getattr(detail, "code", None) or "invalid").replace("_", "-")
        yield Fault(pointer, code, str(detail))


def _document(
    *,
    status: int,
    code: str,
    detail: str,
    faults: Sequence[Fault] = (),
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    document: dict[str, Any] = {
        **(extra or {}),
        "type": f"/problems/{code}",
        "title": code.replace("-", " ").capitalize(),
        "status": status,
        "detail": detail,
        "code": code,
    }
    if faults:
        document["errors"] = [
            {"pointer": fault.pointer, "code": fault.code, "detail": fault.detail}
            for fault in faults
        ]
    if request_id := current_request_id():
        document["requestId"] = request_id
    return document


def _plain(status: int, detail: str) -> HttpResponse:
    return _response(_document(status=status, code=_CODE_OF[status], detail=detail))


def _response(document: Mapping[str, Any]) -> HttpResponse:
    body = JSONRenderer().render(_writable(document))
    return HttpResponse(body, status=document["status"], content_type=CONTENT_TYPE)


def _writable(document: Mapping[str, Any]) -> Any:  # noqa: ANN401 JSON
    """Escape what an error message quoted from a hostile body: half surrogates have no UTF-8."""
    text = json.dumps(document, default=str, ensure_ascii=False)
    return json.loads(text.encode("utf-8", "replace"))


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith(API_PREFIX)
