"""Text as models send it: cleaned for storage, joined over fragments, and free of keys."""

import re
from collections.abc import Callable
from typing import Any, Final

from ai.openrouter.keys import blanked

_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_LAST_HIGH: Final = ("\ud800", "\udbff")
_KEY: Final = re.compile(r"\bsk-[A-Za-z0-9][\w-]{4,}")
_BEARER: Final = re.compile(r"(?i)\bbearer\s+[^\s\"',}]+")
_AUTHORIZATION: Final = re.compile(
    r"(?i)(authorization[\"']?\s*[:=]\s*[\"']?)(?!bearer)[^\"',}\r\n]+"
)


def clean(text: str) -> str:
    """Return `text` without NUL and lone surrogates; halves of one character are joined."""
    if text.isascii() and "\x00" not in text:
        return text
    if not _UNSTORABLE.search(text):
        return text
    halves = text.replace("\x00", "").encode("utf-16-le", "surrogatepass")
    return halves.decode("utf-16-le", "replace")


def clean_tree(value: object) -> object:
    """Return a JSON value whose every string, keys included, went through `clean`."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [clean_tree(item) for item in value]
    if isinstance(value, dict):
        return {clean(str(key)): clean_tree(item) for key, item in value.items()}
    return value


def mapped(value: Any, change: Callable[[str], str]) -> Any:  # noqa: ANN401 - as it went in
    """Return a value whose every text went through `change`, the names of members included."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {mapped(name, change): mapped(item, change) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(mapped(item, change) for item in value)
    return value


def redact(text: str) -> str:
    """Return `text` without our secrets, and without anything shaped like a key or its header.

    To be done before a text is cut: of a key that was cut nobody knows that it is one.
    """
    text = blanked(text)
    text = _KEY.sub("sk-[redacted]", text)
    text = _BEARER.sub("Bearer [redacted]", text)
    return _AUTHORIZATION.sub(r"\1[redacted]", text)


def excerpt(text: str, limit: int = 2_000) -> str:
    """Return a cleaned, redacted text of at most `limit` characters, fit for a message or a log."""
    safe = redact(clean(text.strip()))
    return safe if len(safe) <= limit else f"{safe[: limit - 1]}…"


class TextJoin:
    """A text that arrives in fragments.

    A character outside the basic plane may be split in the middle over two fragments; its first
    half is held back until the second one has come.
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._held = ""
        self.last = ""
        """The last character that is not blank; none while all is blank. Costs no joining."""

    def add(self, fragment: str) -> str:
        """Take one fragment; return what may be shown now, perhaps nothing."""
        fragment = self._held + fragment
        self._held = ""
        if fragment and _LAST_HIGH[0] <= fragment[-1] <= _LAST_HIGH[1]:
            self._held = fragment[-1]
            fragment = fragment[:-1]
        shown = clean(fragment)
        if shown:
            self._parts.append(shown)
            self.last = shown.rstrip()[-1:] or self.last
        return shown

    def text(self) -> str:
        """Return the whole text so far; a half character still waiting counts as unreadable."""
        return "".join(self._parts) + clean(self._held)
