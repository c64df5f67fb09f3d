"""Find the values in what a model said: past reasoning, prose, fences and wrappings of the text."""

import html
import json
import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from ai.contracts.arguments import folded
from ai.structured.quoting import key_at, skip_blank, unescape
from ai.structured.reader import Draft, Reader, UnreadableError

MAX_ATTEMPTS: Final = 300
WORK_FACTOR: Final = 12
"""How many times its own length of a text may be read while looking for values."""

_THINK_WORD: Final = r"(?:think|thinking|thought|reasoning|reflection|scratchpad|analysis)"
_OPEN_THINK: Final = re.compile(rf"[<\[◁]{_THINK_WORD}[>\]▷]", re.IGNORECASE)
_CLOSE_THINK: Final = re.compile(rf"[<\[◁]/{_THINK_WORD}[>\]▷]", re.IGNORECASE)
_FINAL_CHANNEL: Final = re.compile(r"<\|channel\|>final[^<]{0,80}<\|message\|>")
_FENCE_LINE: Final = re.compile(r"\A```\w*")
_START: Final = re.compile(r"[{\[]")
_UNSAFE: Final = re.compile("[\x00\ud800-\udfff]")
_ENTITY_QUOTES: Final = re.compile(
    r"[{,\[]\s{0,80}&(?:amp;)?(?:quot|#34|#x22|#39|#x27|apos);", re.IGNORECASE
)
_ESCAPED_QUOTES: Final = re.compile(r'[{\[](?:\s|\\[nrt]){0,80}\\+"|[{\[]\\n')
_TAIL: Final = re.compile(r"(?:[\s`}\]]|</?\w+>|<\|\w+\|>){0,200}\Z")


@dataclass(frozen=True)
class Reading:
    """One way to look at what was said."""

    text: str
    repairs: tuple[str, ...] = ()
    must_end: bool = False
    """Whether only a value at the very end counts: the reasoning before it was never closed."""


def readings(raw: str, known: AbstractSet[str]) -> Iterator[Reading]:
    """Yield the ways to look at a text, the most literal first."""
    text = _UNSAFE.sub("", raw).strip("\ufeff\u200b \t\r\n")
    answer = _after_reasoning(text)
    yield answer
    if whole := _whole_string(answer.text):
        yield from (
            Reading(inner.text, ("double encoding", *inner.repairs), inner.must_end)
            for inner in readings(whole, known)
        )
    lines = [line for line in answer.text.splitlines() if line.strip()]
    if len(lines) > 1 and (mark := lines[0][0]) in ">+|" and all(li[0] == mark for li in lines):
        yield Reading("\n".join(line[1:] for line in lines), (*answer.repairs, "line marks"))
    if _ENTITY_QUOTES.search(answer.text):
        plain = html.unescape(answer.text)
        plain = html.unescape(plain) if _ENTITY_QUOTES.search(plain) else plain
        yield Reading(plain, (*answer.repairs, "entities"))
    if _ESCAPED_QUOTES.search(answer.text):
        yield Reading(unescape(answer.text), (*answer.repairs, "double encoding"))
    first = skip_blank(answer.text, 0)
    key = key_at(answer.text, first)
    if key and key[1] and folded(key[0]) in known:
        yield Reading("{" + answer.text + "}", (*answer.repairs, "missing bracket"))


def _after_reasoning(text: str) -> Reading:
    """Pass the blocks in which a model thinks aloud before it answers."""
    if final := list(_FINAL_CHANNEL.finditer(text)):
        return Reading(text[final[-1].end() :], ("reasoning",))
    at = 0
    while (opened := _OPEN_THINK.search(text, at)) and not _START.search(text, at, opened.start()):
        closed = _CLOSE_THINK.search(text, opened.end())
        if closed is None:
            return Reading(text[opened.end() :], ("reasoning",), must_end=True)
        at = closed.end()
    if not _OPEN_THINK.search(text, at):
        # A last closing mark whose opening one was in the prompt, or inside another block.
        closes = list(_CLOSE_THINK.finditer(text, at))
        if closes and _START.search(text, closes[-1].end()):
            at = closes[-1].end()
    return Reading(text[at:], ("reasoning",)) if at else Reading(text)


def _whole_string(text: str) -> str | None:
    """Return what a text says that is one JSON string from end to end."""
    body = _FENCE_LINE.sub("", text, count=1).removesuffix("```").strip()
    if len(body) < 2 or body[0] != '"' or body[-1] != '"':  # noqa: PLR2004 two quotes
        return None
    try:
        value = json.loads(body, strict=False)
    except ValueError:
        return None
    return value if isinstance(value, str) else None


def drafts(reading: Reading, known: AbstractSet[str]) -> list[Draft]:
    """Return every value in a text, in order, whole ones and one that may be cut at the end."""
    text, found, at = reading.text, list[Draft](), 0
    work = WORK_FACTOR * len(text) + 100_000
    for _ in range(MAX_ATTEMPTS):
        match = _START.search(text, at)
        if match is None or work < 0:
            break
        start = match.start()
        draft, reached = _draft_at(text, start, known)
        work -= reached - start
        if draft is None:
            at = max(start + 1, reached if text[start : start + 2] in {"[[", "{{"} else 0)
            continue
        at = max(draft.end, start + 1)
        if not reading.must_end or draft.cut or _TAIL.match(text, draft.end):
            found.append(draft)
    return found


def _draft_at(text: str, start: int, known: AbstractSet[str]) -> tuple[Draft | None, int]:
    """Read the value at a place, strictly first; return it and how far the reading went."""
    try:
        value, end = _STRICT.raw_decode(text, start)
    except (ValueError, RecursionError):
        pass
    else:
        return Draft(value, start, end), end
    try:
        draft = Reader(text, start, known).read()
    except UnreadableError as exc:
        return None, exc.at
    return draft, draft.end


def strict_value(raw: str) -> object:
    """Return the value of a text that is JSON to the letter, with no key twice in an object.

    Raises:
        ValueError: it is not, or it is nested too deep to be read.
    """
    try:
        return _STRICT.decode(raw)
    except RecursionError as exc:
        msg = "nested too deep"
        raise ValueError(msg) from exc


def _no_repetition(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse an object that gives one key two values: JSON would keep the last and say nothing."""
    value = dict(pairs)
    if len(value) < len(pairs) and any(value[key] != part for key, part in pairs):
        msg = "a key is written twice"
        raise ValueError(msg)
    return value


def _no_constant(word: str) -> float:
    msg = f"{word} is no JSON"
    raise ValueError(msg)


_STRICT: Final = json.JSONDecoder(parse_constant=_no_constant, object_pairs_hook=_no_repetition)
