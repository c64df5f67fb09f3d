"""Moving windows of calls, counted in this process: for `limits`, when there is no Redis.

Its own memory starts a timer's thread at nearly every request to forget what is old. Here a
caller's old entries are forgotten at their next call, and those of the silent now and then.
"""

import threading
import time
from collections import deque
from typing import Final

from limits.storage import MovingWindowSupport, Storage

TIDY_EVERY_S: Final = 60.0


class LocalCounts(Storage, MovingWindowSupport):
    """Times of calls by key, oldest first; only the moving window is served."""

    STORAGE_SCHEME = ["local-counts"]

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._times: dict[str, deque[float]] = {}
        self._until: dict[str, float] = {}
        self._tidied_at = time.time()

    @property
    def base_exceptions(self) -> type[Exception]:
        """Name what may go wrong: memory is always there."""
        return KeyError

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count a call unless there are enough of them."""
        now = time.time()
        with self._lock:
            self._tidy(now)
            times = self._young(key, now - expiry)
            if len(times) + amount > limit:
                return False
            times.extend([now] * amount)
            self._times[key], self._until[key] = times, now + expiry
            return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """Give the time of the oldest call that counts, and their number."""
        now = time.time()
        with self._lock:
            times = self._young(key, now - expiry)
            return (times[0] if times else now), len(times)

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count calls however many there are, and give those of the moving window."""
        now = time.time()
        with self._lock:
            times = self._young(key, now - expiry)
            times.extend([now] * amount)
            self._times[key], self._until[key] = times, now + expiry
            return len(times)

    def get(self, key: str) -> int:
        """Give the number of calls that are remembered."""
        return len(self._times.get(key, ()))

    def get_expiry(self, key: str) -> float:
        """Give the time when the last of them is forgotten."""
        return self._until.get(key, time.time())

    def check(self) -> bool:
        """Say that memory is there."""
        return True

    def reset(self) -> int:
        """Forget everybody."""
        with self._lock:
            count = len(self._times)
            self._times, self._until = {}, {}
            return count

    def clear(self, key: str) -> None:
        """Forget one."""
        with self._lock:
            self._times.pop(key, None)
            self._until.pop(key, None)

    def _young(self, key: str, after: float) -> deque[float]:
        times = self._times.get(key) or deque()
        while times and times[0] <= after:
            times.popleft()
        return times

    def _tidy(self, now: float) -> None:
        if now - self._tidied_at < TIDY_EVERY_S:
            return
        self._tidied_at = now
        for key in [key for key, until in self._until.items() if until <= now]:
            del self._times[key], self._until[key]
