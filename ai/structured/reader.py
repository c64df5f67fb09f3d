"""Read one JSON-like value as a model wrote it: comments, Python words, missing and extra marks.

What was left open at the end of the text is remembered, so that a cut part can be told from a whole
one.
"""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Final

from ai.contracts.arguments import folded
from ai.structured.quoting import (
    MAX_KEY_CHARS,
    QUOTES,
    Place,
    QuoteReader,
    at_end,
    half_key_at,
    key_at,
    skip_blank,
    unescape,
)

MAX_DEPTH: Final = 48
MAX_NUMBER_CHARS: Final = 40
MAX_BARE_CHARS: Final = 2_000

_NUMBER: Final = re.compile(
    r"[+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?=[\s,}\])/#;]|\Z)(?![ \t]+[A-Za-z%])"
)
_WORDS: Final[dict[str, bool | None]] = {
    "true": True, "false": False, "null": None,
    "True": True, "False": False, "None": None,
    "TRUE": True, "FALSE": False, "NULL": None, "undefined": None,
}  # fmt: skip
_BARE_KEY: Final = re.compile(r"([^\W\d][\w\-\\]*)[\"']?\s*(?::|=>?)")
_BARE_STOP: Final = re.compile(r"[,\n}\]){\[:\"]")
_ELIDED: Final = re.compile(
    r"^\W*(?:\.\.\.|…)|\b(?:omitted|for brevity|and so on|remaining \w+|more scenes)\b",
    re.IGNORECASE,
)

Container = dict[str, Any] | list[Any]


class UnreadableError(ValueError):
    """No value starts here. Carries how far the reader came."""

    def __init__(self, reason: str, at: int) -> None:
        super().__init__(reason)
        self.at = at


class _Cut:
    """Stands for a scalar that the end of the text cut."""


_CUT: Final = _Cut()


@dataclass
class Draft:
    """One value as it stands in a text, whole or cut."""

    value: Any
    start: int
    end: int
    repairs: list[str] = field(default_factory=list)
    open: list[Container] = field(default_factory=list)
    """Containers that the end of the text left open, outermost first; empty if whole."""
    lost: str | None = None
    """Key or index of the part that is not whole; None if only brackets are missing."""

    @property
    def cut(self) -> bool:
        """Whether the text ended before the value did."""
        return bool(self.open)


class Reader:
    """Reads the value that starts at one place of a text."""

    def __init__(self, text: str, start: int, known: AbstractSet[str]) -> None:
        self._text = text
        self._start = self._at = start
        self._known = known
        self._quotes = QuoteReader(text, known)
        self._stack: list[Container] = []
        self._open: list[Container] = []
        self._lost: str | None = None
        self._cut = False
        self._repairs: dict[str, None] = {}

    def read(self) -> Draft:
        """Read the value.

        Raises:
            UnreadableError: what stands here is no value, is nested too deep, or leaves parts out.
        """
        value = self._value("member")
        if self._cut:
            self._note("closed")
        return Draft(
            value, self._start, self._at, list(self._repairs), self._open[::-1], self._lost
        )

    def _note(self, repair: str) -> None:
        self._repairs[repair] = None

    def _fail(self, reason: str) -> UnreadableError:
        return UnreadableError(reason, self._at)

    def _skip(self) -> bool:
        """Pass blanks and comments; say whether the text goes on."""
        begin, self._at = self._at, skip_blank(self._text, self._at)
        passed = self._text[begin : self._at].strip("\ufeff\u200b \t\r\n\xa0")
        if passed:
            if any(_ELIDED.search(line.lstrip("/#* \t")) for line in passed.splitlines()):
                raise self._fail("parts are left out")
            self._note("comment")
        return not at_end(self._text, self._at)

    def _value(self, place: Place) -> Any:  # noqa: ANN401 JSON edge
        char = self._text[self._at]
        if char == "{":
            return self._container({})
        if char in "[(":
            return self._container([])
        if char in QUOTES:
            return self._string(place)
        if match := _NUMBER.match(self._text, self._at):
            return self._number(match)
        if char.isalnum() or char in "_#~$€£<-+":
            return self._bare(place)
        raise self._fail(f"no value starts with {char!r}")

    def _container(self, into: Container) -> Container:
        if len(self._stack) >= MAX_DEPTH:
            raise self._fail("nested too deep")
        self._at += 1
        self._stack.append(into)
        if isinstance(into, dict):
            self._members(into)
        else:
            self._items(into)
        self._stack.pop()
        if self._cut:
            self._open.append(into)
        return into

    def _leave_open(self, lost: str | None) -> None:
        """Note that the text ends here, and what was begun."""
        self._cut = True
        self._lost = lost

    def _members(self, into: dict[str, Any]) -> None:  # noqa: C901 one branch for each sign
        """Read the members of an object up to and with its closing brace."""
        separated = True
        while True:
            if not self._skip():
                return self._leave_open(None)
            char = self._text[self._at]
            if char == "}" and not self._goes_on_after_brace():
                self._at += 1
                if separated and into:
                    self._note("trailing comma")
                return None
            if char in ",;}":
                self._at += 1
                separated = True
                continue
            if char == "]":
                if self._closes_outer(list):
                    return None
                continue
            if char == "{" and len(self._stack) > 1 and isinstance(self._stack[-2], list):
                self._note("missing bracket")  # the next item begins, this one was not closed
                return None
            if not separated:
                self._note("missing comma")
            if not self._member(into):
                return None
            separated = False

    def _member(self, into: dict[str, Any]) -> bool:
        """Read one `key: value`; say whether the object goes on."""
        key = self._key()
        if key is None:
            return False
        if not self._skip():
            self._leave_open(key)
            return False
        if self._text[self._at] in ",}":
            self._note("missing value")
            value = None
        else:
            value = self._value("member")
        if value is _CUT:
            self._leave_open(key)
            return False
        if key in into and into[key] != value:
            self._begin_next_item(into, key)
        into[key] = value
        return not self._cut

    def _begin_next_item(self, into: dict[str, Any], key: str) -> None:
        """Begin the next object of a list whose first key comes again: the braces were left out."""
        outer = self._stack[-2] if len(self._stack) > 1 else None
        if not isinstance(outer, list) or key != next(iter(into)):
            raise self._fail(f"{key} is written twice")
        self._note("missing bracket")
        outer.append(dict(into))
        into.clear()

    def _key(self) -> str | None:
        """Read a key and the colon after it; None if the text ends in it."""
        if half := half_key_at(self._text, self._at, self._known):
            self._note("unclosed key")
            key, self._at = half
        elif self._text[self._at] in QUOTES:
            quoted = self._quotes.read(self._at, "key")
            if quoted.text is None:
                if len(self._text) - self._at > MAX_KEY_CHARS:
                    raise self._fail("no key")
                self._leave_open("?")
                return None
            if "\n" in quoted.text.strip():
                raise self._fail("no key")
            self._at = quoted.end
            self._repairs |= dict.fromkeys(quoted.repairs)
            key = quoted.text
        elif match := _BARE_KEY.match(self._text, self._at):
            self._note("unquoted key")
            key = match[1]
            self._at = match.end(1) + self._text.startswith(('"', "'"), match.end(1))
        elif self._text[self._at :].isidentifier():
            self._leave_open("?")
            return None
        else:
            raise self._fail("no key")
        if not self._skip():
            self._leave_open(key)
            return None
        if self._text[self._at] not in ":=":
            raise self._fail("no colon after a key")
        self._at += 2 if self._text.startswith("=>", self._at) else 1
        return key

    def _items(self, into: list[Any]) -> None:  # noqa: C901 one branch for each sign
        """Read the items of a list up to and with its closing bracket."""
        separated = True
        while True:
            if not self._skip():
                return self._leave_open(f"{len(into)}" if separated and into else None)
            char = self._text[self._at]
            if char in "])":
                self._at += 1
                if separated and into:
                    self._note("trailing comma")
                return None
            if char in ",;":
                self._at += 1
                separated = True
                continue
            if char == "}":
                if self._closes_outer(dict):
                    return None
                continue
            if char == ":" and self._reopen(into):
                if self._cut:
                    return None
                separated = False
                continue
            if not separated:
                self._note("missing comma")
            value = self._value("item")
            if value is _CUT:
                return self._leave_open(f"{len(into)}")
            into.append(value)
            if self._cut:
                return None
            separated = False

    def _reopen(self, into: list[Any]) -> bool:
        """Go on with the last object of a list: its brace was closed before its last members."""
        last, key = into[-2:] if len(into) > 1 else (None, None)
        if not isinstance(key, str) or not isinstance(last, dict):
            return False
        into.pop()
        if key in last:
            raise self._fail(f"{key} is written twice")
        self._note("early brace")
        self._at += 1
        if not self._skip():
            self._leave_open(key)
            return True
        value = self._value("member")
        if value is _CUT:
            self._leave_open(key)
        else:
            last[key] = value
            if not self._cut:
                self._stack.append(last)
                self._members(last)
                self._stack.pop()
        if self._cut:
            self._open.append(last)
        return True

    def _closes_outer(self, kind: type) -> bool:
        """Say whether a bracket of the other kind closes an outer container; else pass over it."""
        if any(isinstance(outer, kind) for outer in self._stack[:-1]):
            self._note("missing bracket")
            return True
        self._note("extra bracket")
        self._at += 1
        return False

    def _goes_on_after_brace(self) -> bool:
        """Say whether the outermost object has more members after a brace too early."""
        if len(self._stack) != 1:
            return False
        comma = skip_blank(self._text, self._at + 1)
        if not self._text.startswith(",", comma):
            return False
        key = key_at(self._text, skip_blank(self._text, comma + 1))
        goes_on = key is not None and key[1] and folded(key[0]) in self._known
        if goes_on:
            self._note("early brace")
        return goes_on

    def _string(self, place: Place) -> Any:  # noqa: ANN401 JSON edge
        """Read a string, and those that are joined to it."""
        parts: list[str] = []
        while True:
            quoted = self._quotes.read(self._at, place)
            if quoted.text is None:
                self._at = quoted.end
                return _CUT
            self._at = quoted.end
            self._repairs |= dict.fromkeys(quoted.repairs)
            parts.append(quoted.text)
            if not quoted.joined:
                return "".join(parts)
            self._note("joined strings")
            self._at = skip_blank(self._text, self._at)
            if self._text.startswith("+", self._at):
                self._at = skip_blank(self._text, self._at + 1)

    def _number(self, match: re.Match[str]) -> Any:  # noqa: ANN401 JSON edge
        self._at = match.end()
        written = match[0].replace("_", "")
        if self._at >= len(self._text):
            return _CUT
        if len(written) > MAX_NUMBER_CHARS:
            return written
        return float(written) if re.search(r"[.eE]", written) else int(written)

    def _bare(self, place: Place) -> Any:  # noqa: ANN401 JSON edge
        """Read a word of JSON or Python, or text that lost its quotes."""
        begin = self._at
        while match := _BARE_STOP.search(self._text, self._at):
            self._at = match.start()
            if self._at - begin > MAX_BARE_CHARS:
                raise self._fail("no value")
            if match[0] in '{[:"':
                raise self._fail("no value")
            if match[0] != "," or self._text[begin : self._at].strip() in _WORDS:
                break
            beyond = skip_blank(self._text, self._at + 1)
            new_line = "\n" in self._text[self._at : beyond]
            if place == "item" or new_line or key_at(self._text, beyond):
                break
            self._at += 1
        else:
            self._at = len(self._text)
            return _CUT
        word = self._text[begin : self._at]
        word = re.split(r"\s(?://|#)", word)[0].strip().removesuffix(";")
        if word in _WORDS:
            if word not in {"true", "false", "null"}:
                self._note("python words")
            return _WORDS[word]
        self._note("unquoted text")
        return unescape(word)
