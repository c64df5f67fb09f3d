"""The simulator, noting when each request arrived and when each piece of its answer left.

Times are of the machine's steady clock, which all processes share, so they can be compared with
what a reader saw.
"""

import argparse
import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import uvicorn

from ai.simulator.app import create_app
from ai.simulator.brains import chat
from ai.simulator.settings import Settings
from ai.simulator.web import AsgiApp, Message, Receive, Scope, Send
from canvas.stack import BASE_DIR, free_port

NOTES: Final = "/__bench/notes"
_CHAT: Final = "/api/v1/chat/completions"
_DATA: Final = b"data: {"
_READY_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast the upstream answers."""

    first_token_s: float = 0.01
    tokens_per_second: float = 2_000.0
    times_said: int = 1
    """How often the director's words are repeated in one answer, for long answers."""


@dataclass(slots=True)
class _Note:
    session: str
    arrived: float
    sent: list[tuple[float, bytes]] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        """Give the arrival, and each piece's time with the characters that were said by then."""
        pieces, said = [], 0
        for at, data in self.sent:
            characters = sum(len(text) for text in texts_in(data))
            if characters:
                said += characters
                pieces.append((at, said))
        return {"arrived": self.arrived, "pieces": pieces}


def texts_in(data: bytes) -> list[str]:
    """Give the words in the events of one piece of an answer."""
    chunks = [json.loads(line[6:]) for line in data.splitlines() if line.startswith(_DATA)]
    return [
        choice["delta"].get("content") or ""
        for chunk in chunks
        for choice in chunk["choices"]
        if "delta" in choice
    ]


def noting(inner: AsgiApp) -> AsgiApp:
    """Put the notes around a simulator."""
    notes: list[_Note] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") == NOTES:
            shown = {note.session: note.shown() for note in notes}
            notes.clear()
            await _answer(send, json.dumps(shown).encode())
        elif scope.get("path") == _CHAT:
            await _noted(notes, inner, scope, receive, send)
        else:
            await inner(scope, receive, send)

    return app


async def _noted(
    notes: list[_Note], inner: AsgiApp, scope: Scope, receive: Receive, send: Send
) -> None:
    """Note one request: its headers have just arrived."""
    note = _Note("", time.monotonic())
    parts: list[bytes] = []

    async def receive_noted() -> Message:
        message = await receive()
        if message["type"] == "http.request":
            parts.append(message.get("body", b""))
            if not message.get("more_body"):
                note.session = str(json.loads(b"".join(parts)).get("session_id"))
                notes.append(note)
        return message

    async def send_noted(message: Message) -> None:
        if message["type"] == "http.response.body":
            note.sent.append((time.monotonic(), message.get("body", b"")))
        await send(message)

    await inner(scope, receive_noted, send_noted)


async def _answer(send: Send, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Upstream:
    """That simulator in a process of its own."""

    def __init__(self, speed: Speed) -> None:
        self._port = free_port()
        command = [
            sys.executable, "-m", "benchmarks.upstream", str(self._port),
            str(speed.first_token_s), str(speed.tokens_per_second), str(speed.times_said),
        ]  # fmt: skip
        # It ends when this pipe closes, so it cannot outlive the one who measures.
        self._process = subprocess.Popen(command, cwd=BASE_DIR, stdin=subprocess.PIPE)  # noqa: S603
        self._http = httpx.Client(base_url=self._root, timeout=30, trust_env=False)
        deadline = time.monotonic() + _READY_S
        while not self._is_up():
            if time.monotonic() > deadline:
                raise RuntimeError("the upstream did not come up")
            time.sleep(0.05)

    @property
    def _root(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def base_url(self) -> str:
        """What OPENROUTER_BASE_URL is to be."""
        return f"{self._root}/api/v1"

    def stop(self) -> None:
        """End the process."""
        self._http.close()
        self._process.terminate()
        self._process.wait(10)

    def notes(self) -> dict[str, Any]:
        """Give the notes by session, and forget them."""
        found: dict[str, Any] = self._http.get(NOTES).json()
        return found

    def last_request(self) -> dict[str, Any]:
        """Give the body of the last request, to be asked again without anything between."""
        kept = self._http.get("/__sim/requests").json()
        body: dict[str, Any] = kept[-1]["body"]
        return body

    def _is_up(self) -> bool:
        try:
            return self._http.get("/__sim/health").is_success
        except httpx.TransportError:
            return False


def _talk_long(times: int) -> None:
    """Have the simulator say its words several times over."""
    once = chat.plain_words
    chat.plain_words = lambda reading, language: " ".join([once(reading, language)] * times)


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    server.should_exit = True


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("first_token_s", type=float)
    parser.add_argument("tokens_per_second", type=float)
    parser.add_argument("times_said", type=int)
    options = parser.parse_args()
    _talk_long(options.times_said)
    settings = Settings(
        first_token_s=options.first_token_s,
        tokens_per_second=options.tokens_per_second,
        keepalive_s=60,
    )
    server = uvicorn.Server(
        uvicorn.Config(
            noting(create_app(settings)),
            host="127.0.0.1",
            port=options.port,
            log_level="critical",
            access_log=False,
            timeout_graceful_shutdown=1,
        )
    )
    threading.Thread(target=_end_with_parent, daemon=True).start()
    server.run()
