"""How many streams the simulator holds on one core, beside a bare ASGI server of fixed bytes.

Both run as a process pinned to one core; the reader here is pinned to another, speaks plain sockets
and only looks for the first event and the last, so it is not what is measured.
"""

import asyncio
import json
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import uvicorn

from ai.simulator.web import Receive, Scope, Send
from benchmarks.figures import REPEATS, Figure, ms, percentile
from benchmarks.processes import cpu_s, resident_bytes
from canvas.stack import BASE_DIR

STREAMS: Final = 2_000
TOKENS: Final = 200
TOKENS_PER_SECOND: Final = 20.0
FIRST_TOKEN_S: Final = 1.0
TOKENS_A_PIECE: Final = 4
PIECES: Final = TOKENS // TOKENS_A_PIECE
FIRST_PIECE_S: Final = FIRST_TOKEN_S + TOKENS_A_PIECE / TOKENS_PER_SECOND
LONGEST_S: Final = 120.0
_SIMULATOR: Final = (
    "ai.simulator", "--port", "0", "--first-token-s", str(FIRST_TOKEN_S),
    "--tokens-per-second", str(TOKENS_PER_SECOND),
)  # fmt: skip
_MODEL: Final = f"openai/gpt-4o-mini~long-{TOKENS}"
_FIRST: Final = b"data: {"
_LAST: Final = b"data: [DONE]"
_EVENT: Final = (
    b'data: {"id":"gen-1763060305-aaaaaaaaaaaaaaaaaaaa","object":"chat.completion.chunk",'
    b'"created":1763060305,"model":"openai/gpt-4o-mini-2024-07-18","provider":"Peer","choices":'
    b'[{"index":0,"delta":{"role":"assistant","content":"sixteen letters."},'
    b'"finish_reason":null,"native_finish_reason":null,"logprobs":null}]}\n\n'
)


@dataclass(frozen=True, slots=True)
class Round:
    """One repeat: every stream opened at once and read to its end."""

    whole: int
    first_s: list[float]
    elapsed_s: float
    used_s: float
    resident_bytes: int


class Reader(asyncio.Protocol):
    """One stream: when its first event came, and whether its last one did."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._tail = b""
        self.asked = self.first_at = 0.0
        self.ended: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection; nothing is asked before all are open."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 for mypy
        self._transport = transport

    def ask(self) -> None:
        """Send the request."""
        assert self._transport is not None  # noqa: S101 connected
        self.asked = time.monotonic()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Look for the first event and for the last."""
        if not self.first_at and _FIRST in (seen := self._tail + data):
            self.first_at = time.monotonic()
            data = seen
        if _LAST in self._tail + data and not self.ended.done():
            self.ended.set_result(True)
        self._tail = data[-len(_LAST) :]

    def connection_lost(self, exc: Exception | None) -> None:
        """Note an end that came too early."""
        del exc
        if not self.ended.done():
            self.ended.set_result(False)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


def measure() -> Iterator[Figure]:
    """Open 2,000 streams at once against either server, in turns."""
    _raise_file_limit()
    own, other = list[Round](), list[Round]()
    serving, reading = sorted(os.sched_getaffinity(0))[:2]
    with ExitStack() as running:
        with _pinned_to(serving):
            simulator = running.enter_context(_server(*_SIMULATOR))
            peer = running.enter_context(_server("benchmarks.simulator"))
        with _pinned_to(reading):
            for _ in range(REPEATS):
                own.append(asyncio.run(_read_all(*simulator)))
                other.append(asyncio.run(_read_all(*peer)))
    yield from _figures(own, other)


def _figures(own: list[Round], other: list[Round]) -> Iterator[Figure]:
    peer = "bare ASGI"
    yield Figure(
        key="SIM", name=f"streams whole, of {STREAMS:,} at once on one core", unit="",
        values=[each.whole for each in own], target=STREAMS, at_least=True,
        peer=peer, peer_values=[each.whole for each in other],
    )  # fmt: skip
    yield Figure(
        key="SIM", name="tokens of all streams", unit="/s",
        values=[_rate(each) for each in own],
        peer=peer, peer_values=[_rate(each) for each in other],
    )  # fmt: skip
    for percent in (50, 99):
        yield Figure(
            key="SIM", name=f"first tokens, later than their {FIRST_PIECE_S:.1f} s, p{percent}",
            unit="ms", values=[_late_ms(each, percent) for each in own],
            peer=peer, peer_values=[_late_ms(each, percent) for each in other],
        )  # fmt: skip
    yield Figure(
        key="SIM", name="CPU per 1,000 tokens", unit="ms",
        values=[_cpu_ms(each) for each in own],
        peer=peer, peer_values=[_cpu_ms(each) for each in other],
    )  # fmt: skip
    yield Figure(
        key="SIM", name="share of the core in use", unit="%",
        values=[100 * each.used_s / each.elapsed_s for each in own],
        peer=peer, peer_values=[100 * each.used_s / each.elapsed_s for each in other],
    )  # fmt: skip
    yield Figure(
        key="SIM", name=f"memory with {STREAMS:,} streams open", unit="MB",
        values=[each.resident_bytes / 1e6 for each in own],
        peer=peer, peer_values=[each.resident_bytes / 1e6 for each in other],
    )  # fmt: skip


def _rate(each: Round) -> float:
    return each.whole * TOKENS / each.elapsed_s


def _late_ms(each: Round, percent: float) -> float:
    return ms(percentile(each.first_s, percent) - FIRST_PIECE_S)


def _cpu_ms(each: Round) -> float:
    return ms(each.used_s) / (STREAMS * TOKENS / 1_000)


async def _read_all(pid: int, port: int) -> Round:
    loop, request = asyncio.get_running_loop(), _request()
    readers = []
    for _ in range(STREAMS):
        _, reader = await loop.create_connection(lambda: Reader(request), "127.0.0.1", port)
        readers.append(reader)
    used, started = cpu_s(pid), time.monotonic()
    for reader in readers:
        reader.ask()
    async with asyncio.timeout(LONGEST_S):
        await asyncio.sleep(FIRST_TOKEN_S + TOKENS / TOKENS_PER_SECOND / 2)
        resident = resident_bytes(pid)
        whole = sum([await reader.ended for reader in readers])
    elapsed, used = time.monotonic() - started, cpu_s(pid) - used
    for reader in readers:
        reader.close()
    first = [reader.first_at - reader.asked for reader in readers if reader.first_at]
    return Round(whole, first, elapsed, used, resident)


def _request() -> bytes:
    said = [{"role": "user", "content": "Mara waits for the bus."}]
    body = json.dumps({"model": _MODEL, "stream": True, "messages": said}).encode()
    head = (
        "POST /api/v1/chat/completions HTTP/1.1\r\nHost: sim\r\nAuthorization: Bearer sk-or-x\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _raise_file_limit() -> None:
    """Allow as many open files as the system lets us have; servers inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@contextmanager
def _pinned_to(core: int) -> Iterator[None]:
    """Keep this process, and whatever it starts meanwhile, on one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def _server(*command: str) -> Iterator[tuple[int, int]]:
    """Run a server that prints its address first; give its process id and its port."""
    process = subprocess.Popen(  # noqa: S603 - our own modules
        [sys.executable, "-m", *command], cwd=BASE_DIR, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None  # noqa: S101 piped
        address = process.stdout.readline().strip()
        if not address:
            raise RuntimeError(f"{command[0]} did not come up")
        yield process.pid, urlsplit(address).port or 0
    finally:
        process.terminate()
        process.wait(10)


async def _fixed_bytes(scope: Scope, receive: Receive, send: Send) -> None:
    """Stream the same event over and over, at the simulator's pace: the peer."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    start = time.monotonic() + FIRST_TOKEN_S
    for number in range(1, PIECES + 1):
        due = start + number * TOKENS_A_PIECE / TOKENS_PER_SECOND
        await asyncio.sleep(due - time.monotonic())
        await send({"type": "http.response.body", "body": _EVENT, "more_body": True})
    await send({"type": "http.response.body", "body": _LAST + b"\n\n"})


def _serve_peer() -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=4_096)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(
        _fixed_bytes, log_level="critical", access_log=False, lifespan="off", backlog=4_096
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    _serve_peer()
