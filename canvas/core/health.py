"""Liveness and readiness, answered before hosts, sessions and tables are looked at.

`/healthz` says that the process answers. `/readyz` asks each dependency and names it. Without some
of them the rest works: those are told, `degraded`, and the process stays in service.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import kombu
from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from kombu.exceptions import OperationalError

from canvas.core.middleware import Middleware

LIVE: Final = "/healthz"
READY: Final = "/readyz"
EMBEDDED: Final = "embedded"
BROKER_TIMEOUT_S: Final = 2


class NotReadyError(Exception):
    """A dependency is not usable; the text says why, without addresses or secrets."""


class HealthMiddleware(Middleware):
    """Answers the two health addresses itself."""

    def answer(self, request: HttpRequest) -> HttpResponseBase:
        """Answer what is asked of health; pass everything else on."""
        if request.path == LIVE:
            return alive()
        return _readiness() if request.path == READY else self.get_response(request)


def alive() -> JsonResponse:
    """Say that the process answers."""
    return JsonResponse({"status": "ok"})


def _readiness() -> JsonResponse:
    checks = {name: _result(check) for name, check in CHECKS.items()}
    ready = all(check["ok"] for check in checks.values())
    told = {name: _result(check) for name, check in told_checks.items()}
    fine = "ok" if all(check["ok"] for check in told.values()) else "degraded"
    body = {"status": fine if ready else "unavailable", "checks": {**checks, **told}}
    return JsonResponse(body, status=200 if ready else 503)


def _result(check: Callable[[], str]) -> dict[str, bool | str]:
    try:
        return {"ok": True, "detail": check()}
    except NotReadyError as exc:
        return {"ok": False, "detail": str(exc)}


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as exc:
        raise NotReadyError(f"no answer: {type(exc).__name__}") from exc
    return connection.vendor


def _migrations() -> str:
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as exc:
        raise NotReadyError(f"not readable: {type(exc).__name__}") from exc
    if waiting:
        raise NotReadyError(f"{len(waiting)} not applied")
    return "all applied"


def _broker() -> str:
    scheme = urlsplit(settings.CELERY_BROKER_URL).scheme
    if scheme == EMBEDDED:
        return "embedded"
    try:
        with kombu.Connection(
            settings.CELERY_BROKER_URL, connect_timeout=BROKER_TIMEOUT_S
        ) as broker:
            broker.ensure_connection(max_retries=1, timeout=BROKER_TIMEOUT_S)
    except (OperationalError, OSError) as exc:
        raise NotReadyError(f"no answer: {type(exc).__name__}") from exc
    return scheme


def _media() -> str:
    if not isinstance(default_storage, FileSystemStorage):
        return type(default_storage).__name__
    folder = Path(default_storage.location)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"ok")
    except OSError as exc:
        raise NotReadyError(f"not writable: {exc.strerror}") from exc
    return "writable"


CHECKS: Final[dict[str, Callable[[], str]]] = {
    "database": _database,
    "migrations": _migrations,
    "broker": _broker,
    "media": _media,
}

# Of apps above this one: told, and no reason to answer 503.
told_checks: Final[dict[str, Callable[[], str]]] = {}
