"""Write an answer as a stream of events, with the grammar and the accidents seen on the wire."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Final

from ai.simulator.answer import PICTURE_TOKENS, Answer, ToolCall
from ai.simulator.errors import ErrorShape
from ai.simulator.faults import Fault
from ai.simulator.tokens import count_text
from ai.simulator.turn import Turn
from ai.simulator.web import CutError
from ai.simulator.wire import Json, event, quoted

COMMENT: Final = b": OPENROUTER PROCESSING\n\n"
DONE: Final = b"data: [DONE]\n\n"

_PIECE_CHARS: Final = 16
_TICK_S: Final = 0.005
_COMMENT_EVERY: Final = 4
_WITH_ERROR: Final = 5
_WITHOUT_END: Final = 6
_STALL_S: Final = 3_600.0
_COMMENT_S: Final = 0.5
_LATE_S: Final = 0.5
_MARK: Final = "@@"


@dataclass(frozen=True, slots=True)
class Piece:
    """One event and the tokens it carries."""

    data: bytes
    tokens: int


@dataclass(slots=True)
class Writer:
    """One stream being written; `produced_tokens` is what an interruption is billed for."""

    turn: Turn
    produced_tokens: int = 0
    events: int = 0
    sent_bytes: int = 0
    failed: bool = False

    @property
    def fault(self) -> Fault | None:
        """The accident this stream is to have."""
        return self.turn.fault

    async def write(self) -> AsyncIterator[bytes]:
        """Yield the stream; whatever ends it, what was produced is billed once."""
        try:
            async for piece in self._counted():
                yield piece
        finally:
            if not self.turn.billed and self.produced_tokens and not self.failed:
                self.turn.settle(produced_tokens=self.produced_tokens, completed=False)

    async def _counted(self) -> AsyncIterator[bytes]:
        """Yield the bytes up to the place where a fault cuts them."""
        limit = self.fault.count("bytes") if self.fault and self.fault.kind == "cut" else None
        async for piece in self._written():
            if limit is not None and self.sent_bytes + len(piece) >= limit:
                yield piece[: limit - self.sent_bytes]
                raise CutError
            self.sent_bytes += len(piece)
            yield piece

    async def _written(self) -> AsyncIterator[bytes]:
        """Yield comment, answer, ending."""
        yield COMMENT
        async for comment in self._waiting(self.turn.latency_s):
            yield comment
        async for data in self._paced():
            yield data
        async for data in self._ending():
            yield data

    async def _waiting(self, seconds: float) -> AsyncIterator[bytes]:
        """Wait, with a comment whenever the silence grows long."""
        keepalive_s = self.turn.keepalive_s
        while seconds > keepalive_s:
            await self.turn.request.pause(keepalive_s)
            yield COMMENT
            seconds -= keepalive_s
        await self.turn.request.pause(seconds)

    async def _paced(self) -> AsyncIterator[bytes]:
        """Yield the answer at its speed; what is due when the loop wakes goes out together."""
        start, due = self.turn.clock(), 0
        ready: list[bytes] = []
        for number, piece in enumerate(self._pieces()):
            due += piece.tokens
            wait = start + due * self.turn.token_s - self.turn.clock()
            if wait > 0 and ready:
                yield b"".join(ready)
                ready.clear()
            if wait > 0:
                await self.turn.request.pause(max(wait, _TICK_S))
            async for before in self._accident(number, ready):
                yield before
            if self.failed:
                return
            self._count(piece)
            ready.append(piece.data)
            if number % _COMMENT_EVERY == _COMMENT_EVERY - 1:
                ready.append(COMMENT)
        if ready:
            yield b"".join(ready)
        async for after in self._accident(None, []):
            yield after

    def _count(self, piece: Piece) -> None:
        """Count an event and its tokens as produced."""
        self.events += 1
        self.produced_tokens += piece.tokens

    async def _accident(self, number: int | None, ready: list[bytes]) -> AsyncIterator[bytes]:
        """Let a fault act before the event of this number, or at the end (None)."""
        fault = self.fault
        if fault is None or not self._now(fault, number):
            return
        if ready:
            yield b"".join(ready)
            ready.clear()
        if fault.kind == "cut":
            raise CutError
        if fault.kind == "stall":
            async for comment in self._stall(fault):
                yield comment
        if fault.kind == "mid_stream_error":
            self.failed = True
            yield self._error_event(fault)

    def _now(self, fault: Fault, number: int | None) -> bool:
        """Tell whether the fault's moment has come."""
        if (
            fault.kind not in ("cut", "stall", "mid_stream_error")
            or fault.count("bytes") is not None
        ):
            return False
        if fault.kind == "stall" and fault.word("at", "events") == "headers":
            return False
        after = fault.count("events")
        after = 1 if after is None else after
        return number == after or (
            number is None and after >= self.events and fault.kind != "stall"
        )

    async def _stall(self, fault: Fault) -> AsyncIterator[bytes]:
        """Say nothing, or nothing but comments, for some seconds."""
        left = fault.number("seconds", _STALL_S)
        if not fault.params.get("comments"):
            await self.turn.request.pause(left)
            return
        every = fault.number("comment_s", _COMMENT_S)
        while left > 0:
            await self.turn.request.pause(min(every, left))
            left -= every
            yield COMMENT

    def _error_event(self, fault: Fault) -> bytes:
        """Write the error chunk in the documented form, or one of the captured ones."""
        status = fault.count("status") or 502
        shape = ErrorShape(
            status, fault.word("message", "Provider disconnected unexpectedly") + " (simulated)"
        )
        error = shape.inner() | (
            {"code": "server_error"} if fault.params.get("string_code") else {}
        )
        form = fault.word("form", "documented")
        if form == "bare":
            return event({"error": error, "user_id": "user_simulated", "simulated": True})
        reason = None if form == "null_finish" else "error"
        choice = {
            "index": 0,
            "delta": {"role": "assistant", "content": ""},
            "finish_reason": reason,
        }
        return event(
            self.turn.envelope("chat.completion.chunk") | {"error": error, "choices": [choice]}
        )

    async def _ending(self) -> AsyncIterator[bytes]:
        """Yield the end in the variant that is set or asked for."""
        if self.failed:
            return
        kind = self.fault.kind if self.fault else ""
        variant = self.turn.ending
        if kind == "ending" and self.fault:
            variant = self.fault.count("ending") or self.fault.count("variant") or variant
        if kind != "no_finish" and variant != _WITHOUT_END:
            yield self._finish(self.turn.answer.finish_reason)
        if kind == "late_usage" and self.fault:
            await self.turn.request.pause(self.fault.number("seconds", _LATE_S))
        self.turn.settle(produced_tokens=None, completed=True)
        for data in self._last(variant, kind):
            yield data

    def _last(self, variant: int, kind: str) -> Iterator[bytes]:
        """Yield what follows the finish chunk."""
        if variant == _WITH_ERROR:
            yield self._finish("length")
            yield self._finish("length")
            shape = ErrorShape(400, "Token limit reached")
            yield event(self._usage([self._choice(None)]) | {"error": shape.inner()})
        elif kind != "no_usage":
            yield event(self._usage_frame(variant))
        if kind != "no_done" and variant != _WITHOUT_END:
            yield DONE

    def _usage_frame(self, variant: int) -> dict[str, Json]:
        """Build the usage chunk of a variant."""
        match variant:
            case 1:
                return self._usage([self._choice(None)])
            case 4:
                return {"choices": [], "usage": self.turn.spent.wire(), "simulated": True}
            case 2 | 6:
                return self._usage([])
            case _:
                finish = self._choice(self.turn.answer.finish_reason)
                return self._usage([finish]) | {"service_tier": "default"}

    def _usage(self, choices: list[Json]) -> dict[str, Json]:
        """Build a whole usage chunk."""
        whole = self.turn.envelope("chat.completion.chunk")
        return whole | {"choices": choices, "usage": self.turn.spent.wire()}

    def _finish(self, reason: str) -> bytes:
        """Write the chunk that carries the finish reason."""
        return event(
            self.turn.envelope("chat.completion.chunk") | {"choices": [self._choice(reason)]}
        )

    def _choice(self, reason: str | None, delta: dict[str, Json] | None = None) -> dict[str, Json]:
        """Build a choice; the role stands in every delta."""
        native = self.turn.answer.native_finish(self.turn.entry.family) if reason else None
        return {
            "index": 0,
            "delta": {"role": "assistant", "content": ""} | (delta or {}),
            "finish_reason": reason,
            "native_finish_reason": native,
            "logprobs": None,
        }

    def _pieces(self) -> Iterator[Piece]:
        """Yield the answer event by event: thoughts, words, pictures, calls."""
        answer = self.turn.answer
        yield from self._thoughts(answer)
        yield from self._words(answer.content or "")
        for url in answer.images:
            image = {"type": "image_url", "index": 0, "image_url": {"url": url}}
            yield self._chunk({"images": [image]}, PICTURE_TOKENS)
        if answer.refusal:
            yield self._chunk({"refusal": answer.refusal}, count_text(answer.refusal))
        for number, call in enumerate(answer.tool_calls):
            yield from self._call(number, call, answer.call_style)

    def _thoughts(self, answer: Answer) -> Iterator[Piece]:
        """Yield the reasoning, in the plain field and in its details."""
        for text in split(answer.reasoning):
            detail = {"type": "reasoning.text", "text": text, "format": "unknown", "index": 0}
            yield self._chunk({"reasoning": text, "reasoning_details": [detail]}, count_text(text))
        encrypted = [
            detail for detail in answer.reasoning_details if detail["type"] != "reasoning.text"
        ]
        if encrypted:
            yield self._chunk({"reasoning_details": encrypted}, 0)

    def _words(self, content: str) -> Iterator[Piece]:
        """Yield the words, quickly: only they differ from chunk to chunk."""
        if not content:
            return
        template = event(self._delta({"content": _MARK})).decode()
        head, tail = template.split(quoted(_MARK))
        for text in split(content):
            yield Piece(f"{head}{quoted(text)}{tail}".encode("utf-8", "replace"), count_text(text))

    def _call(self, number: int, call: ToolCall, style: str) -> Iterator[Piece]:
        """Yield one call: its name first, then its arguments in fragments."""
        index = {"shared_index": 0, "index_gap": number + 1}.get(style, number)
        place = {} if style == "no_index" else {"index": index}
        head = {"type": "function", "function": {"name": call.name, "arguments": ""}}
        identity = {"id": call.id} if call.id else {}
        if style == "object_arguments":
            whole = {"name": call.name, "arguments": call.arguments}
            yield self._chunk(
                {"tool_calls": [place | identity | head | {"function": whole}]},
                count_text(call.text()),
            )
            return
        if style == "absent_arguments":
            yield self._chunk(
                {"tool_calls": [place | identity | head | {"function": {"name": call.name}}]}, 1
            )
            return
        yield self._chunk({"tool_calls": [place | identity | head]}, count_text(call.name))
        for text in split(call.text()):
            fragment = place | {"function": {"arguments": text}}
            yield self._chunk({"tool_calls": [fragment]}, count_text(text))

    def _delta(self, delta: dict[str, Json]) -> dict[str, Json]:
        """Build a chunk with a delta."""
        return self.turn.envelope("chat.completion.chunk") | {
            "choices": [self._choice(None, delta)]
        }

    def _chunk(self, delta: dict[str, Json], tokens: int) -> Piece:
        """Write a chunk with a delta."""
        return Piece(event(self._delta(delta)), tokens)


def split(text: str) -> Iterator[str]:
    """Split a text into pieces of a few tokens."""
    for start in range(0, len(text), _PIECE_CHARS):
        yield text[start : start + _PIECE_CHARS]
