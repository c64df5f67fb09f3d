"""Serving stored pictures: only to who has the signed address, and as nothing but a picture."""

from http import HTTPStatus
from pathlib import PurePosixPath
from typing import Final
from uuid import UUID

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from canvas.core.errors import Malformed
from canvas.core.etag import is_unchanged
from canvas.core.problems import problem_response
from scenes.media import is_signed
from scenes.selectors import is_shown

_CONTENT_TYPE: Final = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}
_HEADERS: Final = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}


@require_safe
def stored_file(request: HttpRequest, path: str) -> HttpResponse:
    """Answer one stored picture. A wrong signature, a deleted and a missing one look the same.

    The whole file is read: the picture door keeps it small, and a stream of a sync file would be
    read at once under ASGI anyway.
    """
    signature = request.GET.get("sig", "")
    place = PurePosixPath(path)
    content_type = _CONTENT_TYPE.get(place.suffix)
    if content_type is None or not is_signed(path, signature) or not _is_shown(place):
        raise Http404
    headers = {**_HEADERS, "ETag": f'"{signature}"'}
    try:
        if is_unchanged(request, headers["ETag"]):
            return HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    except Malformed as exc:
        return problem_response(exc)
    try:
        with default_storage.open(path) as file:
            body = file.read()
    except FileNotFoundError as exc:
        raise Http404 from exc
    headers["Content-Disposition"] = f'inline; filename="{place.parent.name}-{place.name}"'
    return HttpResponse(body, content_type=content_type, headers=headers)


def _is_shown(place: PurePosixPath) -> bool:
    """Look up whether a living picture has this file; its path names the workspace."""
    try:
        workspace_id = UUID(place.parts[1])
    except (IndexError, ValueError):
        return False
    return is_shown(path=str(place), workspace_id=workspace_id)
