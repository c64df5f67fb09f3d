"""Where a string of a model really ends, and what its escapes mean.

Models forget to escape quotes inside strings. A quote ends a string only if what follows it
continues the document: a known key, a bracket, the next item. Quotes inside that open and close in
pairs are text.
"""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final, Literal

from ai.contracts.arguments import folded

Place = Literal["key", "member", "item"]
"""Where a string stands: before a colon, after a colon, or in a list."""

DOUBLE: Final = '"“”„‟\uff02«»'
SINGLE: Final = "'\u2018\u2019`"
QUOTES: Final = DOUBLE + SINGLE

MAX_KEY_CHARS: Final = 120
MAX_INNER_QUOTES: Final = 20_000
MAX_DOUBT_CHARS: Final = 4_000
"""How far a string is read on after a quote that may have been its end."""

_BLANK: Final = re.compile(
    r"(?>[\s\ufeff\u200b]+|//[^\n]{0,500}(?:\n|\Z)|\#[^\n]{0,500}(?:\n|\Z)|/\*[\s\S]{0,500}?\*/)*"
)
_QUOTED_KEY: Final = re.compile(
    rf"[{QUOTES}]+([^{QUOTES}\n:,{{}}\[\]]{{1,60}})[{QUOTES}]+\s*(?::|=>?)"
)
_CUT_KEY: Final = re.compile(rf"[{QUOTES}]?[\w \-]{{0,60}}[{QUOTES}]?\s*(?:\Z|\n?```)")
_BARE_KEY: Final = re.compile(r"([^\W\d][\w\-]{0,59})[\"']?\s*:")
_HALF_KEY: Final = re.compile(r"[\"']([^\W\d][\w\-]{0,59})\s*(?=:)")
_CLOSERS: Final = re.compile(r"\n[\s}\],{\[]*\Z")
_SCAN: Final = {
    "double": re.compile(rf"[{DOUBLE}\\]"),
    "single": re.compile(rf"[{SINGLE}\\]"),
    "backtick": re.compile(r"[`\\]"),
}
_ESCAPE: Final = re.compile(
    r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})"
    r"|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r?\n)|(.))",
    re.DOTALL,
)
_CONTROLS: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": ""}
_BEFORE_OPENING: Final = " \t\r\n([{—\u2013-/:"
_AFTER_BRACE: Final = ",]}<;) \t\r\n`\"'"


class _End(Enum):
    """How sure it is that a quote ends its string."""

    SURE = auto()
    LIKELY = auto()
    JOINED = auto()
    """Another string literal follows that belongs to this one."""
    NO = auto()


@dataclass
class Quoted:
    """One string as it was read. Text is None if the document ended inside it."""

    text: str | None
    end: int
    joined: bool = False
    repairs: list[str] = field(default_factory=list)


def skip_blank(text: str, at: int) -> int:
    """Return the place of the first character that is neither blank nor comment."""
    match = _BLANK.match(text, at)
    return match.end() if match else at


def at_end(text: str, at: int) -> bool:
    """Say whether the document surely ends here: end of text, closing fence or tag."""
    return at >= len(text) or text.startswith("```", at) or text[at] == "<"


def key_at(text: str, at: int) -> tuple[str, bool] | None:
    """Return the key that is written here before a colon, and whether it is quoted."""
    if match := _QUOTED_KEY.match(text, at):
        return match[1], True
    if match := _BARE_KEY.match(text, at):
        return match[1], False
    return None


def half_key_at(text: str, at: int, known: AbstractSet[str]) -> tuple[str, int] | None:
    """Return a known key whose closing quote is missing here, and where it ends."""
    match = _HALF_KEY.match(text, at)
    return (match[1], match.end()) if match and folded(match[1]) in known else None


def unescape(text: str) -> str:
    """Read backslash escapes; an unknown one before a letter stays as it is written."""
    return _ESCAPE.sub(_unescaped, text) if "\\" in text else text


def _unescaped(match: re.Match[str]) -> str:
    high, low, unit, byte, line, char = match.groups()
    if high:
        pair = bytes.fromhex(high + low)
        return pair.decode("utf-16-be")
    if unit or byte:
        return chr(int(unit or byte, 16))
    if line:
        return ""
    if char in _CONTROLS:
        return _CONTROLS[char]
    return match[0] if char.isalnum() else char


class QuoteReader:
    """Reads one string of a document whose keys are known by name."""

    def __init__(self, text: str, known: AbstractSet[str]) -> None:
        self._text = text
        self._known = known

    def read(self, at: int, place: Place) -> Quoted:  # noqa: C901 one loop, one decision a quote
        """Read the string whose opening quote stands at a place."""
        triple = self._triple(at)
        if triple is not None:
            return triple
        opener = self._text[at]
        inner_open: list[int] = []
        stray = -1
        doubt: int | None = None
        seen = 0
        scan = _SCAN["double" if opener in DOUBLE else "backtick" if opener == "`" else "single"]
        at_next = at + 1
        while match := scan.search(self._text, at_next):
            here = match.start()
            at_next = here + 1
            if match[0] == "\\":
                at_next = here + 2
                continue
            seen += 1
            if place == "key" and here - at > MAX_KEY_CHARS:
                break
            if seen > MAX_INNER_QUOTES or (doubt is not None and here - doubt > MAX_DOUBT_CHARS):
                break
            if place != "key" and (line := self._unclosed_before(at, here)) is not None:
                return self._unclosed(at, line)
            end = self._end(here, place)
            if self._ends(end, opener, match[0], depth=len(inner_open)):
                return self._quoted(at, here, end, inner_open, stray)
            if end is _End.LIKELY and doubt is None and match[0] == opener:
                doubt = here
            if self._opens(here, at):
                inner_open.append(here)
            elif inner_open:
                inner_open.pop()
            elif opener == '"':
                stray = here
        if doubt is not None:
            return self._quoted(at, doubt, _End.LIKELY, [], -1)
        return Quoted(None, len(self._text))

    def _triple(self, at: int) -> Quoted | None:
        """Read a string in triple quotes, which no model escapes."""
        mark = self._text[at] * 3
        if mark not in {'"""', "'''"} or not self._text.startswith(mark, at):
            return None
        end = self._text.find(mark, at + 3)
        if end < 0:
            return None
        return Quoted(unescape(self._text[at + 3 : end]), end + 3, repairs=["triple quotes"])

    def _ends(self, end: _End, opener: str, quote: str, *, depth: int) -> bool:
        """Decide on a quote: another kind of quote than the opening one has to be sure."""
        same = quote == opener or (opener in DOUBLE[1:] and quote in DOUBLE)
        if end is _End.NO or (not same and (end is not _End.SURE or depth)):
            return False
        return end is _End.SURE or depth == 0

    def _opens(self, here: int, at: int) -> bool:
        """Say whether a quote inside a string looks like the start of something quoted."""
        before_word = here + 1 < len(self._text) and not self._text[here + 1].isspace()
        return before_word and (here == at + 1 or self._text[here - 1] in _BEFORE_OPENING)

    def _quoted(self, at: int, end: int, how: _End, inner_open: list[int], stray: int) -> Quoted:
        """Cut the string out, without a quote that was written twice at either end."""
        text = self._text
        start, stop, repairs = at + 1, end, []
        if stray == end - 1 and stray > start and not text[stray - 1].isdigit():
            stop -= 1
            repairs.append("doubled quote")
        elif inner_open == [start] and text[at] == '"':
            start += 1
            repairs.append("doubled quote")
        body = text[start:stop]
        if text[at] != '"' or text[end] != '"':
            repairs.append("quotes")
        if text[at] == '"' and '"' in body.replace('\\"', ""):
            repairs.append("unescaped quotes")
        if "\n" in body:
            repairs.append("raw newline")
        if text[at] in DOUBLE[1:]:
            body = re.sub(rf"\\[{DOUBLE}]", '"', body)
        joined = how is _End.JOINED
        return Quoted(unescape(body), end + 1, joined=joined, repairs=repairs)

    def _unclosed(self, at: int, line: int) -> Quoted:
        """Take a string without its closing quote up to the end of a line."""
        text = self._text[at + 1 : line].rstrip().removesuffix(",")
        fence = text.find("```")
        if fence >= 0 or text.endswith(("{", "[")):  # a draft broke off and the next one begins
            return Quoted(None, at + 1 + (fence if fence >= 0 else len(text) - 1))
        return Quoted(unescape(text), line, repairs=["unclosed string"])

    def _unclosed_before(self, at: int, here: int) -> int | None:
        """Return where a string without closing quote ends if a known key starts on a new line."""
        closers = _CLOSERS.search(self._text[max(at + 1, here - 80) : here])
        if closers is None:
            return None
        line = max(at + 1, here - 80) + closers.start()
        key = key_at(self._text, here)
        return line if key and key[1] and folded(key[0]) in self._known else None

    def _end(self, here: int, place: Place) -> _End:  # noqa: PLR0911 one answer for each sign
        """Judge by what follows whether the quote at a place ends its string."""
        text, follows = self._text, skip_blank(self._text, here + 1)
        if at_end(text, follows):
            return _End.SURE
        char = text[follows]
        if place == "key":
            return _End.SURE if char in ":=" else _End.NO
        if char == "}":
            beyond = text[follows + 1 : follows + 2]
            return _End.SURE if not beyond or beyond in _AFTER_BRACE else _End.NO
        if char == "]" or (char == ")" and place == "item"):
            return self._end_before_bracket(follows, place)
        if char in ",;":
            return self._end_before_comma(follows, place)
        if char == "+":
            beyond_at = skip_blank(text, follows + 1)
            return _End.JOINED if text[beyond_at : beyond_at + 1] in set(QUOTES) else _End.NO
        new_line = "\n" in text[here + 1 : follows]
        return self._end_before_word(follows, place, new_line=new_line, apart=follows > here + 1)

    def _end_before_bracket(self, follows: int, place: Place) -> _End:
        beyond = skip_blank(self._text, follows + 1)
        if at_end(self._text, beyond) or self._text[beyond] in ",}]":
            return _End.SURE
        return _End.LIKELY if place == "item" else _End.NO

    def _end_before_comma(self, follows: int, place: Place) -> _End:
        text, beyond = self._text, skip_blank(self._text, follows + 1)
        while text.startswith(",", beyond):
            beyond = skip_blank(text, beyond + 1)
        if at_end(text, beyond) or text[beyond] in "]}":
            return _End.SURE
        if place == "item" and text[beyond] == ")":
            return _End.LIKELY
        if place == "item":
            starts_item = text[beyond] in QUOTES + "{[-" or text[beyond].isdigit()
            return _End.LIKELY if starts_item else _End.NO
        if _CUT_KEY.match(text, beyond):
            return _End.SURE
        if text[beyond] == "{":
            return _End.LIKELY
        return self._key_end(beyond)

    def _end_before_word(self, follows: int, place: Place, *, new_line: bool, apart: bool) -> _End:
        """Judge a quote after which no comma and no bracket comes: was a comma forgotten?"""
        quoted = self._text[follows] in QUOTES
        if place == "item":
            return _End.LIKELY if quoted and apart else _End.NO
        end = self._key_end(follows)
        if end is _End.SURE or (end is _End.LIKELY and new_line):
            return end
        return _End.JOINED if quoted and apart and end is _End.NO else _End.NO

    def _key_end(self, at: int) -> _End:
        if half_key_at(self._text, at, self._known):
            return _End.SURE
        key = key_at(self._text, at)
        if key is None:
            return _End.NO
        name, quoted = key
        if folded(name) in self._known:
            return _End.SURE if quoted else _End.LIKELY
        return _End.LIKELY if quoted else _End.NO
