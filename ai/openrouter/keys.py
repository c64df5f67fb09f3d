"""The secrets this process sends, known here so that no text of ours ever repeats one."""

import threading
from typing import Final

SHORTEST_SECRET: Final = 8
"""What is shorter could be part of any word, and is no key."""
CONCEALED: Final = "[redacted]"


class _Ring:
    """Every secret there was: the longest first, since one may be the beginning of another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.secrets: tuple[str, ...] = ()

    def add(self, secret: str) -> None:
        with self._lock:
            self.secrets = tuple(sorted({*self.secrets, secret}, key=len, reverse=True))


_RING: Final = _Ring()


def remember(secret: str) -> None:
    """Blank `secret` from now on wherever `blanked` is asked; short ones are no secrets."""
    if len(secret) >= SHORTEST_SECRET:
        _RING.add(secret)


def blanked(text: str) -> str:
    """Return `text` without the secrets that are known."""
    for secret in _RING.secrets:
        text = text.replace(secret, CONCEALED)
    return text
