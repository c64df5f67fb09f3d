"""Read a plan from standard input, do it, and tell how it went on standard output."""

import asyncio
import json
import resource
import sys
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final

import uvloop

from benchmarks.reader import plan
from benchmarks.reader.connection import BadAnswerError, Connection, connect_all, open_all
from benchmarks.reader.seen import has_failed, words

QUIET_S: Final = 0.3
_FIRST: Final = (b"text.delta", b'"content":"')
_NOTHING: Final = b'"content":""'
_ENDS: Final = (b'"status":"succeeded"', b'"status":"failed"', b'"status":"cancelled"', b"[DONE]")
_LONGEST_MARK: Final = 24


def tell(event: str, **more: Any) -> None:  # noqa: ANN401 JSON
    """Say one line."""
    print(json.dumps({"event": event, **more}), flush=True)


class Listener:
    """Watches one stream for its first words and for its end."""

    def __init__(self, connection: Connection, on_first: Callable[[], None]) -> None:
        self.connection, self._on_first = connection, on_first
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._rest, self._has_spoken = b"", False
        connection.on_piece = self._look

    def _look(self, piece: bytes) -> None:
        seen = self._rest + piece
        self._rest = piece[-_LONGEST_MARK:]
        if not self._has_spoken and any(mark in seen.replace(_NOTHING, b"") for mark in _FIRST):
            self._has_spoken = True
            self._on_first()
        if not self.over.done() and any(mark in seen for mark in _ENDS):
            self.over.set_result(None)


async def streams(todo: plan.Streams) -> dict[str, Any]:
    """Ask and read; `pieces` are when so many characters had been read, for each stream."""
    asking = await connect_all(todo.port, len(todo.asks))
    listening = await open_all(todo.port, todo.listens) if todo.listens else asking
    silent = len(asking)

    def one_more() -> None:
        nonlocal silent
        silent -= 1
        if not silent:
            tell(plan.TALKING)

    listeners = [Listener(each, one_more) for each in listening]
    tell(plan.OPENED)
    await asyncio.sleep(QUIET_S)
    gap_s, started = todo.spread_s / len(asking), time.monotonic()
    asked = []
    for place, (connection, request) in enumerate(zip(asking, todo.asks, strict=True)):
        if gap_s:
            await asyncio.sleep(max(started + place * gap_s - time.monotonic(), 0))
        asked.append(connection.ask(request.encode()))
    await _all_over(asking, listeners)
    for each in listening:
        each.close()
    bad = next((each for each in listening if has_failed(each.body())), None)
    if bad is not None:
        raise BadAnswerError(bad.body()[-600:].decode("utf-8", "replace"))
    return {"asked": asked, "pieces": [list(words(each.pieces)) for each in listening]}


async def _all_over(asking: list[Connection], listeners: list[Listener]) -> None:
    """Wait until every stream has ended, or one of them cannot."""
    ends = [asyncio.ensure_future(_over(each)) for each in listeners]
    questions = [each.opened for each in asking]
    await asyncio.gather(*ends, *questions)


async def _over(listener: Listener) -> None:
    """Wait for the mark of the end; a connection that closes before it is an error."""
    cut = listener.connection.ended
    await asyncio.wait({listener.over, cut}, return_when=asyncio.FIRST_COMPLETED)
    if not listener.over.done():
        cut.result()
        raise BadAnswerError("the stream closed before its end")


async def calls(todo: plan.Calls) -> dict[str, Any]:
    """Ask again and again; how long each answer took, and how long all."""
    callers = await connect_all(todo.port, len(todo.asks))
    await asyncio.sleep(QUIET_S)
    started = time.monotonic()
    times = await asyncio.gather(
        *(
            _calling(caller, request.encode(), todo)
            for caller, request in zip(callers, todo.asks, strict=True)
        )
    )
    return {"times": [each for of_caller in times for each in of_caller],
            "spent": time.monotonic() - started}  # fmt: skip


async def _calling(caller: Connection, request: bytes, todo: plan.Calls) -> list[float]:
    spent = []
    for _ in range(todo.times):
        asked = caller.ask(request)
        await caller.ended
        spent.append(time.monotonic() - asked)
        if todo.proof.encode() not in caller.body():
            raise BadAnswerError(caller.body()[:600].decode("utf-8", "replace"))
    return spent


async def idle(todo: plan.Idle) -> dict[str, Any]:
    """Hold streams open; how many were still open in the end."""
    held = await open_all(todo.port, todo.listens)
    tell(plan.OPENED)
    await asyncio.to_thread(sys.stdin.readline)
    still = sum(not each.ended.done() for each in held)
    for each in held:
        each.close()
    return {"open": still}


_ACTS: Final[dict[str, tuple[Callable[..., Any], Callable[..., Coroutine[Any, Any, Any]]]]] = {
    "Streams": (plan.Streams, streams),
    "Calls": (plan.Calls, calls),
    "Idle": (plan.Idle, idle),
}


async def main() -> None:
    """Do what the first line says."""
    todo = json.loads(sys.stdin.readline())
    shape, act = _ACTS[todo.pop("kind")]
    try:
        async with asyncio.timeout(plan.LONGEST_S):
            found = await act(shape(**todo))
    except (BadAnswerError, OSError, TimeoutError) as exc:
        tell(plan.FAILED, why=str(exc) or type(exc).__name__)
    else:
        tell(plan.DONE, **found)


if __name__ == "__main__":
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    uvloop.run(main())
