"""How often a caller may call: a moving minute per token, person or address.

Counts live in this process, or in Redis when there is one. A Redis that does not answer lets
requests through: the limit protects the service, it is not a promise to anybody.
"""

import logging
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from limits import RateLimitItem, RateLimitItemPerMinute, errors
from limits.storage import RedisStorage, Storage
from limits.strategies import MovingWindowRateLimiter
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from canvas.workspaces.counts import LocalCounts
from canvas.workspaces.models import User

if TYPE_CHECKING:
    from canvas.workspaces.access import Access

logger = logging.getLogger(__name__)

REDIS_TIMEOUT_S: Final = 1


@dataclass(frozen=True, slots=True)
class Window:
    """What is left of a caller's minute."""

    limit: int
    remaining: int
    reset_s: int
    is_exceeded: bool


def _storage() -> Storage:
    if urlsplit(settings.BUS_URL).scheme in {"redis", "rediss"}:
        return RedisStorage(
            settings.BUS_URL,
            wrap_exceptions=True,
            socket_connect_timeout=REDIS_TIMEOUT_S,
            socket_timeout=REDIS_TIMEOUT_S,
        )
    return LocalCounts()


storage: Final = _storage()
limiter: Final = MovingWindowRateLimiter(storage)


class WorkspaceThrottle(BaseThrottle):
    """Counts a request against its caller and notes the window for the answer's headers."""

    def allow_request(self, request: Request, view: Any) -> bool:  # noqa: ANN401 DRF's shape
        """Count, and say whether the request may go on."""
        self._window = count(request._request, _caller(request))  # noqa: SLF001 headers are set outside DRF
        return self._window is None or not self._window.is_exceeded

    def wait(self) -> float | None:
        """Give the seconds until a request may pass again."""
        return float(self._window.reset_s) if self._window else None


def count(request: HttpRequest, caller: str) -> Window | None:
    """Count one request of a caller; None when it is not counted."""
    if getattr(request, "is_internal", False):  # the look of a waiting request at its job
        return None
    item = RateLimitItemPerMinute(settings.REQUESTS_A_MINUTE)
    try:
        is_exceeded = not limiter.hit(item, caller)
        window = _window(item, caller, is_exceeded=is_exceeded)
    except errors.StorageError:
        logger.warning("requests are not counted: the storage does not answer")
        return None
    request.rate_window = window  # type: ignore[attr-defined] # read by `show_window`
    return window


def show_window(request: HttpRequest, response: HttpResponseBase) -> None:
    """Put the caller's window on an answer."""
    window: Window | None = getattr(request, "rate_window", None)
    if window is not None:
        response.headers["X-RateLimit-Limit"] = str(window.limit)
        response.headers["X-RateLimit-Remaining"] = str(window.remaining)
        response.headers["X-RateLimit-Reset"] = str(window.reset_s)


def address_of(request: HttpRequest) -> str:
    """Give the caller's address; a proxy in front must be one that the server trusts."""
    return str(request.META.get("REMOTE_ADDR", ""))


def _caller(request: Request) -> str:
    access: Access | None = getattr(request, "access", None)
    if access is not None and access.token is not None:
        return f"token:{access.token.pk}"
    if isinstance(request.user, User):
        return f"user:{request.user.pk}"
    return f"address:{address_of(request._request)}"  # noqa: SLF001 as above


def _window(item: RateLimitItem, caller: str, *, is_exceeded: bool) -> Window:
    stats = limiter.get_window_stats(item, caller)
    reset_s = max(1, math.ceil(stats.reset_time - time.time()))
    return Window(item.amount, stats.remaining, reset_s, is_exceeded)
