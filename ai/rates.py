"""What an account may ask of free models: so many calls a minute and a UTC day.

Counted before sending, by one conditional UPDATE for each window, for all workers at once. More
keys of an account do not help, so the count is the account's.

Source: https://openrouter.ai/docs/api_reference/limits
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from ai.models import AccountState, RateWindow
from ai.openrouter.errors import OpenRouterError, RateLimitedError, UnavailableError
from canvas.core.prepared import Select, Update

_FREE_A_MINUTE: Final = "free-models-per-min"
_KEEP: Final = timedelta(days=2)
_MOST: Final = 2**31 - 1

_take: Final = Update(
    lambda key, most: RateWindow.objects.filter(key=key, used__lt=most),
    lambda key, most: {"used": F("used") + 1},
    key=str,
    most=int,
)
_account: Final = Select(
    lambda account: AccountState.objects.filter(account=account).order_by(), account=str
)


class FreeLimitError(UnavailableError):
    """Our own count says that the account's free calls are used up; nothing was sent."""


@dataclass(frozen=True, slots=True)
class _Window:
    """One window of time of one account, and how many calls it has room for; None: not counted."""

    account: str
    what: str
    start: datetime
    length: timedelta
    most: int | None

    @property
    def key(self) -> str:
        return f"{self.account}:{self.what}:{self.start:%Y-%m-%dT%H:%M}"

    @property
    def ends_at(self) -> datetime:
        return self.start + self.length


def is_free(slug: str) -> bool:
    """Say whether a model costs nothing, and is therefore counted."""
    return slug.endswith(":free") or slug == "openrouter/free"


def take(slug: str, account: str) -> None:
    """Count one call of a free model; others are not counted.

    Raises:
        FreeLimitError: the minute or the day is used up; `retry_after_s` is when it ends.
    """
    if not is_free(slug):
        return
    with transaction.atomic():
        for window in _windows(account):
            if not _counted(window):
                left_s = max((window.ends_at - timezone.now()).total_seconds(), 1.0)
                raise FreeLimitError(
                    f"the {window.most} free calls of this {window.what} are used up",
                    error_type="free_limit",
                    retry_after_s=left_s,
                    never_sent=True,
                )


def heard(exc: OpenRouterError, slug: str, account: str) -> None:
    """Close the window that a refusal names: others have asked with this account as well."""
    if not isinstance(exc, RateLimitedError) or not is_free(slug):
        return
    minute, day = _of(account, "minute"), _of(account, "day")
    if exc.until_utc_midnight:
        _close(day)
    elif _names_minute(exc):
        _close(minute)


def is_of_account(exc: OpenRouterError) -> bool:
    """Say whether a failure is the account's limit on free calls, which is counted here."""
    if isinstance(exc, FreeLimitError):
        return True
    if not isinstance(exc, RateLimitedError):
        return False
    if exc.until_utc_midnight:
        return settings.FREE_REQUESTS_A_DAY > 0
    return _names_minute(exc) and settings.FREE_REQUESTS_A_MINUTE > 0


def _names_minute(exc: RateLimitedError) -> bool:
    return _FREE_A_MINUTE in f"{exc.message} {exc.raw_message or ''}"


def _windows(account: str) -> list[_Window]:
    """List the windows that are counted; a limit of 0 in the settings counts nothing."""
    both = (_of(account, "minute"), _of(account, "day"))
    return [window for window in both if window.most is not None]


def _of(account: str, what: str) -> _Window:
    now = timezone.now().astimezone(UTC).replace(second=0, microsecond=0)
    if what == "minute":
        most = settings.FREE_REQUESTS_A_MINUTE or None
        return _Window(account, what, now, timedelta(minutes=1), most)
    start = now.replace(hour=0, minute=0)
    return _Window(account, what, start, timedelta(days=1), _a_day(account))


def _a_day(account: str) -> int | None:
    """Say what a day has: what the service told of the account, or else the setting."""
    if not settings.FREE_REQUESTS_A_DAY:
        return None
    state = _account.first(account=account)
    told = state.free_a_day if state else None
    return int(settings.FREE_REQUESTS_A_DAY) if told is None else told


def _counted(window: _Window) -> bool:
    if _take(key=window.key, most=window.most):
        return True
    _open(window)
    return bool(_take(key=window.key, most=window.most))


def _open(window: _Window, *, used: int = 0) -> None:
    """Make the row of a window if it is not there, and throw away those of days gone by."""
    if RateWindow.objects.filter(key=window.key).exists():
        return
    row = RateWindow(key=window.key, used=used, ends_at=window.ends_at)
    RateWindow.objects.bulk_create([row], ignore_conflicts=True)
    RateWindow.objects.filter(ends_at__lt=timezone.now() - _KEEP).delete()


def _close(window: _Window) -> None:
    _open(window, used=_MOST)
    RateWindow.objects.filter(key=window.key).update(used=_MOST)
