"""A POST that may be sent twice and acts once: the first answer is kept and given again.

The record is inserted in a transaction of its own before the view runs, so that of two twins only
one acts. It is kept for 24 hours and belongs to the workspace. Not kept are answers that say "try
again later", bugs, and answers that show a secret.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, cast

from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request

from canvas.core.errors import Conflict, Invalid, Malformed
from canvas.workspaces.models import IDEMPOTENCY_HOURS, IdempotencyRecord, Workspace

if TYPE_CHECKING:
    from django.utils.datastructures import MultiValueDict

HEADER: Final = "Idempotency-Key"
LONGEST_KEY: Final = 255
ABANDONED_AFTER: Final = timedelta(seconds=60)
RETRY_AFTER_S: Final = 1
KEPT_HEADERS: Final = (
    "Content-Type",
    "Content-Location",
    "Location",
    "ETag",
    "Content-Disposition",
)
NOT_FINAL: Final = frozenset({401, 402, 403, 408, 409, 413, 423, 425, 429})
"""Refusals that another try may change; whatever is 500 or more is not kept either."""

SHOWN_ONCE: Final = {"X-Shown-Once": "1"}
LARGEST_CLIENT_ERROR: Final = 499


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to act for one key; `since` is the fence against whoever took it over."""

    record_id: Any
    since: datetime
    shows_secret: bool

    def finish(self, response: HttpResponseBase) -> None:
        """Keep a final answer, or give the key free when it is none."""
        final = (
            response.status_code <= LARGEST_CLIENT_ERROR and response.status_code not in NOT_FINAL
        )
        if not isinstance(response, HttpResponse) or not final:
            self.release()
            return
        secret = self.shows_secret and response.status_code < 300  # noqa: PLR2004 success
        headers = {
            name: response.headers[name] for name in KEPT_HEADERS if name in response.headers
        }
        self._mine().update(
            status_code=response.status_code,
            headers=SHOWN_ONCE if secret else headers,
            body=b"" if secret else response.content,
        )

    def release(self) -> None:
        """Forget the key: whoever sends it next acts."""
        self._mine().delete()

    def _mine(self) -> Any:  # noqa: ANN401 a queryset
        return IdempotencyRecord.objects.filter(
            pk=self.record_id, created_at=self.since, status_code=None
        )


def begin(request: Request, workspace: Workspace, *, shows_secret: bool) -> Claim | HttpResponse:
    """Claim the request's key, or give the answer that is already known.

    Raises:
        Malformed: the key is empty, too long or not printable ASCII.
        Invalid: the key was used for another request.
        Conflict: the first request still runs, or its answer showed a secret.
    """
    key = _key(request)
    digest = digest_of(request)
    for _ in range(3):  # a record may vanish between the insert and the look
        claim = _insert(workspace, key, digest, shows_secret=shows_secret)
        if claim is not None:
            return claim
        record = IdempotencyRecord.objects.filter(workspace=workspace, key=key).first()
        if record is None or _is_cleared(record):
            continue
        if record.request_digest != digest:
            raise Invalid(
                "This Idempotency-Key was used for another request.", code="idempotency-key-reused"
            )
        if record.status_code is None:
            return _take_over(record, shows_secret=shows_secret)
        return _replay(record)
    raise _in_progress()


def prune() -> int:
    """Delete the records whose time is over and say how many there were."""
    deleted, _ = IdempotencyRecord.objects.filter(expires_at__lte=timezone.now()).delete()
    return deleted


def digest_of(request: Request) -> str:
    """Give the SHA-256 of method, path and body; of files their own hash counts."""
    digest = hashlib.sha256()
    _add(digest, str(request.method), request.get_full_path())
    if str(request.content_type).startswith("multipart/"):
        form = cast("MultiValueDict[str, Any]", request.data)
        for name, values in sorted(form.lists()):
            for value in values:
                _add(digest, name, value if isinstance(value, str) else _file_digest(value))
    else:
        digest.update(request._request.body)  # noqa: SLF001 the bytes, not what they mean
    return digest.hexdigest()


def _key(request: Request) -> str:
    key = request.headers[HEADER].strip()
    if not 0 < len(key) <= LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise Malformed(
            f"{HEADER} must be 1 to {LONGEST_KEY} printable ASCII characters.",
            code="idempotency-key-malformed",
        )
    return key


def _insert(workspace: Workspace, key: str, digest: str, *, shows_secret: bool) -> Claim | None:
    now = timezone.now()
    try:
        with transaction.atomic(durable=True):
            record = IdempotencyRecord.objects.create(
                workspace=workspace,
                key=key,
                request_digest=digest,
                status_code=None,
                expires_at=now + timedelta(hours=IDEMPOTENCY_HOURS),
            )
    except IntegrityError:
        return None
    return Claim(record.pk, record.created_at, shows_secret)


def _is_cleared(record: IdempotencyRecord) -> bool:
    """Remove the record if its time is over."""
    if record.expires_at > timezone.now():
        return False
    IdempotencyRecord.objects.filter(pk=record.pk, created_at=record.created_at).delete()
    return True


def _take_over(record: IdempotencyRecord, *, shows_secret: bool) -> Claim:
    now = timezone.now()
    if record.created_at > now - ABANDONED_AFTER:
        raise _in_progress()
    mine = IdempotencyRecord.objects.filter(
        pk=record.pk, created_at=record.created_at, status_code=None
    ).update(created_at=now, expires_at=now + timedelta(hours=IDEMPOTENCY_HOURS))
    if not mine:
        raise _in_progress()
    return Claim(record.pk, now, shows_secret)


def _replay(record: IdempotencyRecord) -> HttpResponse:
    if record.headers == SHOWN_ONCE:
        raise Conflict(
            "This was done before; its answer showed a secret, which is never kept.",
            code="idempotency-secret-shown",
        )
    response = HttpResponse(bytes(record.body), status=record.status_code, headers=record.headers)
    response.headers["Idempotent-Replayed"] = "true"
    return response


def _in_progress() -> Conflict:
    return Conflict(
        "The first request with this Idempotency-Key is still running.",
        code="idempotency-in-progress",
        extra={"retryAfterSeconds": RETRY_AFTER_S},
    )


def _file_digest(file: Any) -> str:  # noqa: ANN401 Django's UploadedFile
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return f"sha256:{digest.hexdigest()}"


def _add(digest: Any, *parts: str) -> None:  # noqa: ANN401 hashlib's own type is private
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
