"""Write an answer as a stream of events, with the grammar and the accidents seen on the wire."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ai.simulator.carriage import COMMENT, STALL_S
from ai.simulator.chunks import choice, finish, pieces, write
from ai.simulator.errors import ErrorShape
from ai.simulator.faults import Fault
from ai.simulator.mishaps import bad_event, error_event
from ai.simulator.odd import thin_usage
from ai.simulator.turn import Turn
from ai.simulator.web import CutError, Pieces
from ai.simulator.wire import Json, event

DONE: Final = b"data: [DONE]\n\n"

_TICK_S: Final = 0.005
_COMMENT_EVERY: Final = 4
_WITH_ERROR: Final = 5
_WITHOUT_END: Final = 6
_COMMENT_S: Final = 0.5
_LATE_S: Final = 0.5
_COMMENTS: Final = 17
_ACCIDENTS: Final = frozenset({"cut", "stall", "mid_stream_error", "bad_event", "comments"})


@dataclass(slots=True)
class Writer:
    """One stream being written; `produced_tokens` is what an interruption is billed for."""

    turn: Turn
    produced_tokens: int = 0
    events: int = 0
    failed: bool = False

    @property
    def fault(self) -> Fault | None:
        """The accident this stream is to have."""
        return self.turn.fault

    async def write(self) -> Pieces:
        """Yield comment, answer, ending; whatever ends it, what was produced is billed once."""
        try:
            yield COMMENT * self._comments()
            async for comment in self._waiting(self.turn.latency_s):
                yield comment
            async for data in self._paced():
                yield data
            async for data in self._ending():
                yield data
        finally:
            if not self.turn.billed and self.produced_tokens and not self.failed:
                self.turn.settle(produced_tokens=self.produced_tokens, completed=False)

    def _comments(self) -> int:
        """Return how many comments stand in a row."""
        fault = self.fault
        asked = fault.count("count") if fault and fault.kind == "comments" else 1
        return _COMMENTS if asked is None else asked

    async def _waiting(self, seconds: float) -> Pieces:
        """Wait, with a comment whenever the silence grows long."""
        keepalive_s = self.turn.keepalive_s
        while seconds > keepalive_s:
            await self.turn.request.pause(keepalive_s)
            yield COMMENT
            seconds -= keepalive_s
        await self.turn.request.pause(seconds)

    async def _paced(self) -> Pieces:
        """Yield the answer at its speed; what is due when the loop wakes goes out together."""
        clock, token_s, pause = self.turn.clock, self.turn.token_s, self.turn.request.pause
        start, due, moment = clock(), 0, self._moment()
        ready: list[bytes] = []
        for data, tokens in pieces(self.turn):
            due += tokens
            wait = start + due * token_s - clock()
            if wait > 0:
                if ready:
                    yield b"".join(ready)
                    ready.clear()
                await pause(max(wait, _TICK_S))
            if self.events == moment:
                yield b"".join(ready)
                ready.clear()
                async for accident in self._accident():
                    yield accident
                if self.failed:
                    return
            self.events += 1
            self.produced_tokens += tokens
            ready.append(data)
            if not self.events % _COMMENT_EVERY:
                ready.append(COMMENT)
        yield b"".join(ready)
        if moment is not None and moment >= self.events and not self._is("stall"):
            async for accident in self._accident():
                yield accident

    def _is(self, kind: str) -> bool:
        """Tell whether the fault is of a kind."""
        return self.fault is not None and self.fault.kind == kind

    def _moment(self) -> int | None:
        """Return before which event the fault acts, None when it does not act between events."""
        fault = self.fault
        if fault is None or fault.kind not in _ACCIDENTS or fault.count("bytes") is not None:
            return None
        if fault.word("at", "events") != "events":
            return None
        after = fault.count("events")
        return 1 if after is None else after

    async def _accident(self) -> Pieces:
        """Let the fault act."""
        fault = self.fault
        assert fault is not None  # noqa: S101 - it has a moment
        match fault.kind:
            case "cut":
                raise CutError(reset=fault.how == "reset")
            case "stall":
                async for comment in self._stall(fault):
                    yield comment
            case "mid_stream_error":
                self.failed = True
                yield error_event(self.turn, fault)
            case "bad_event":
                yield bad_event(self.turn, fault.how)
            case _:
                yield COMMENT * self._comments()

    async def _stall(self, fault: Fault) -> Pieces:
        """Say nothing, or nothing but comments, for some seconds."""
        left = fault.number("seconds", STALL_S)
        if not fault.params.get("comments"):
            await self.turn.request.pause(left)
            return
        every = fault.number("comment_s", _COMMENT_S)
        while left > 0:
            await self.turn.request.pause(min(every, left))
            left -= every
            yield COMMENT

    async def _ending(self) -> Pieces:
        """Yield the end in the variant that is set or asked for."""
        if self.failed:
            return
        fault, variant = self.fault, self.turn.ending
        if fault and fault.kind == "ending":
            variant = fault.count("ending") or fault.count("variant") or variant
        if not self._is("no_finish") and variant != _WITHOUT_END:
            yield finish(self.turn, self.turn.answer.finish_reason)
        if fault and fault.kind == "late_usage":
            await self.turn.request.pause(fault.number("seconds", _LATE_S))
        self.turn.settle(produced_tokens=None, completed=True)
        yield b"".join(self._last(variant))
        if fault and fault.kind == "stall" and fault.word("at", "events") == "end":
            async for comment in self._stall(fault):
                yield comment

    def _last(self, variant: int) -> Iterator[bytes]:
        """Yield what follows the finish chunk."""
        if variant == _WITH_ERROR:
            yield finish(self.turn, "length")
            yield finish(self.turn, "length")
            error = ErrorShape(400, "Token limit reached").inner()
            yield self._usage([choice(self.turn, None)], {"error": error})
        else:
            yield self._usage_event(variant)
        if not self._is("no_done") and variant != _WITHOUT_END:
            yield DONE

    def _usage_event(self, variant: int) -> bytes:
        """Write the usage chunk of a variant; nothing when there is no usage."""
        match variant:
            case 1:
                return self._usage([choice(self.turn, None)])
            case 4:
                usage = thin_usage(self.turn.spent.wire(), self.fault)
                return event({"choices": [], "simulated": True} | usage) if usage else b""
            case 2 | 6:
                return self._usage([])
            case _:
                reason = None if self._is("no_finish") else self.turn.answer.finish_reason
                return self._usage([choice(self.turn, reason)], {"service_tier": "default"})

    def _usage(self, choices: list[Json], more: dict[str, Json] | None = None) -> bytes:
        """Write a usage chunk; nothing when there is no usage."""
        usage = self.turn.usage()
        return write(self.turn, {"choices": choices} | usage | (more or {})) if usage else b""
