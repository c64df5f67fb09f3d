"""Too many wrong passwords: one name from one address is locked out for a while."""

import logging
import math
import time
from typing import Final

from limits import RateLimitItemPerMinute, errors
from rest_framework.exceptions import Throttled

from canvas.workspaces.throttling import limiter, storage

logger = logging.getLogger(__name__)

FAILURES: Final = RateLimitItemPerMinute(10, 15, namespace="login-failures")
LOCK: Final = RateLimitItemPerMinute(1, 15, namespace="login-lock")


def require_unlocked(username: str, address: str) -> None:
    """Refuse a locked pair before its password is even looked at.

    Raises:
        Throttled: 429 with the seconds until the lock opens.
    """
    key = _key(username, address)
    try:
        if limiter.test(LOCK, key):
            return
        reset_time = limiter.get_window_stats(LOCK, key).reset_time
    except errors.StorageError:
        logger.warning("failed logins are not counted: the storage does not answer")
        return
    raise Throttled(max(1, math.ceil(reset_time - time.time())))


def note_failure(username: str, address: str) -> None:
    """Count a wrong password; the tenth within 15 minutes locks for 15 minutes."""
    key = _key(username, address)
    try:
        limiter.hit(FAILURES, key)
        if not limiter.test(FAILURES, key):
            limiter.hit(LOCK, key)
    except errors.StorageError:
        logger.warning("a failed login was not counted: the storage does not answer")


def forget_failures(username: str, address: str) -> None:
    """Start the count again after a right password."""
    try:
        storage.clear(FAILURES.key_for(_key(username, address)))
    except errors.StorageError:
        logger.warning("failed logins were not forgotten: the storage does not answer")


def _key(username: str, address: str) -> str:
    return f"{username.casefold()}@{address}"
