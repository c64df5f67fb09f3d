"""The events of a stream: an answer cut into chunks, and the chunks that end it."""

from collections.abc import Iterator
from json.encoder import encode_basestring as quoted
from typing import Final, NamedTuple

from ai.simulator.answer import PICTURE_TOKENS, Answer, ToolCall
from ai.simulator.odd import odd
from ai.simulator.plain import identity, place_of, whole_call
from ai.simulator.tokens import count_text
from ai.simulator.turn import Turn
from ai.simulator.wire import Json, event

_KIND: Final = "chat.completion.chunk"
_PIECE_CHARS: Final = 16
_MARK: Final = "@@"
_WHOLE: Final = frozenset({"object_arguments", "absent_arguments", "null_arguments"})


class Piece(NamedTuple):
    """One event and the tokens it carries."""

    data: bytes
    tokens: int


def pieces(turn: Turn) -> Iterator[Piece]:
    """Yield the answer event by event: thoughts, words, pictures, calls."""
    answer = turn.answer
    yield from _thoughts(turn, answer)
    yield from _words(turn, answer.content or "")
    if not answer.content and not turn.leaves_out_content:
        yield _piece(turn, {"content": answer.content}, 0)
    for url in answer.images:
        image = {"type": "image_url", "index": 0, "image_url": {"url": url}}
        yield _piece(turn, {"images": [image]}, PICTURE_TOKENS)
    if answer.refusal:
        yield _piece(turn, {"refusal": answer.refusal}, count_text(answer.refusal))
    for number, call in enumerate(answer.tool_calls):
        yield from _call(turn, number, call)


def finish(turn: Turn, reason: str | None) -> bytes:
    """Write the chunk that carries the finish reason."""
    return write(turn, {"choices": [choice(turn, reason)]})


def choice(turn: Turn, reason: str | None, delta: dict[str, Json] | None = None) -> dict[str, Json]:
    """Build a choice; the role stands in every delta."""
    native = turn.answer.native_finish(turn.entry.family) if reason else None
    words = {} if turn.leaves_out_content else {"content": ""}
    return {
        "index": 0,
        "delta": {"role": "assistant"} | words | (delta or {}),
        "finish_reason": reason,
        "native_finish_reason": native,
        "logprobs": None,
    }


def write(turn: Turn, keys: dict[str, Json]) -> bytes:
    """Write one chunk with these keys."""
    return event(odd(turn.envelope(_KIND) | keys, turn.fault))


def _thoughts(turn: Turn, answer: Answer) -> Iterator[Piece]:
    """Yield the reasoning, in the plain field and in its details; a signature comes late."""
    for text in split(answer.reasoning):
        detail = {"type": "reasoning.text", "text": text, "format": "unknown", "index": 0}
        delta = {"reasoning": text, "reasoning_details": [detail]}
        yield _piece(turn, delta, count_text(text))
    late = [item for item in answer.reasoning_details if item["type"] != "reasoning.text"]
    if late:
        yield _piece(turn, {"reasoning_details": late}, 0)


def _words(turn: Turn, content: str) -> Iterator[Piece]:
    """Yield the words, quickly: only they differ from chunk to chunk."""
    if turn.fault and turn.fault.kind == "odd_reply":
        yield from (_piece(turn, {"content": text}, count_text(text)) for text in split(content))
        return
    template = _piece(turn, {"content": _MARK}, 0).data.decode()
    head, _, tail = template.partition(f'"{_MARK}"')
    for text in split(content):
        data = f"{head}{quoted(text)}{tail}".encode("utf-8", "replace")
        yield Piece(data, count_text(text))


def _call(turn: Turn, number: int, call: ToolCall) -> Iterator[Piece]:
    """Yield one call: its name first, then its arguments in fragments."""
    style = turn.answer.call_style
    if style in _WHOLE:
        whole = whole_call(number, call, style)
        yield _piece(turn, {"tool_calls": [whole]}, max(count_text(call.text()), 1))
        return
    place = {} if style == "no_index" else {"index": place_of(number, style)}
    head = {"type": "function", "function": {"name": call.name, "arguments": ""}}
    first = place | identity(call, style) | head
    yield _piece(turn, {"tool_calls": [first]}, count_text(call.name))
    for part, text in enumerate(split(call.text())):
        if style == "tail_elsewhere" and part:
            place = {"index": number + len(turn.answer.tool_calls)}
        fragment = place | {"function": {"arguments": text}}
        yield _piece(turn, {"tool_calls": [fragment]}, count_text(text))


def _piece(turn: Turn, delta: dict[str, Json], tokens: int) -> Piece:
    """Write a chunk with a delta."""
    return Piece(write(turn, {"choices": [choice(turn, None, delta)]}), tokens)


def split(text: str) -> Iterator[str]:
    """Split a text into pieces of a few tokens."""
    for start in range(0, len(text), _PIECE_CHARS):
        yield text[start : start + _PIECE_CHARS]
