"""An answer of the simulator, recorded once and cut into tokens, to be said again and again.

The simulator thinks anew for each request, which would take processor time from what is measured.
"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from ai.simulator.app import create_app
from ai.simulator.settings import Settings
from ai.simulator.web import Message, Scope
from ai.simulator.wire import new_id, quoted

TOKEN_CHARACTERS: Final = 4
_PATH: Final = "/api/v1/chat/completions"
_DATA: Final = b"data: {"
_MARK: Final = "@@"
_HASTE: Final = Settings(first_token_s=0, tokens_per_second=1e9)


class UnanswerableError(Exception):
    """The simulator refused the request."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One recorded answer: the parts that a stream begins with, says, and ends with.

    An answer that came whole has no tokens; it stands in `tail`.
    """

    generation_id: bytes
    content_type: bytes
    head: bytes
    tokens: tuple[bytes, ...]
    tail: bytes

    def renamed(self, part: bytes, generation_id: bytes) -> bytes:
        """Give a part under another generation's id, which has the same length."""
        return part.replace(self.generation_id, generation_id)


def fresh_id() -> bytes:
    """Make up a generation's id."""
    return new_id().encode()


def texts_in(data: bytes) -> list[str]:
    """Give the words in the events of one piece of an answer."""
    chunks = [json.loads(line[6:]) for line in data.splitlines() if line.startswith(_DATA)]
    return [
        choice["delta"].get("content") or ""
        for chunk in chunks
        for choice in chunk.get("choices", ())
        if "delta" in choice
    ]


async def record(body: bytes) -> Answer:
    """Have the simulator answer a request.

    Raises:
        UnanswerableError: with what it said instead.
    """
    said: list[Message] = []
    asked = asyncio.Queue[Message]()
    asked.put_nowait({"type": "http.request", "body": body, "more_body": False})

    async def send(message: Message) -> None:
        said.append(message)

    await create_app(_HASTE)(_scope(len(body)), asked.get, send)
    whole = b"".join(each.get("body", b"") for each in said[1:])
    if said[0]["status"] != 200:  # noqa: PLR2004 OK
        raise UnanswerableError(whole.decode("utf-8", "replace"))
    return _cut(dict(said[0]["headers"]), whole)


def _cut(headers: dict[bytes, bytes], whole: bytes) -> Answer:
    generation_id, kind = headers[b"x-generation-id"], headers[b"content-type"]
    if not kind.startswith(b"text/event-stream"):
        return Answer(generation_id, kind, b"", (), whole)
    events = [event + b"\n\n" for event in whole.split(b"\n\n") if event]
    spoken = [place for place, event in enumerate(events) if any(texts_in(event))]
    if not spoken:
        return Answer(generation_id, kind, b"", (), whole)
    text = "".join(word for place in spoken for word in texts_in(events[place]))
    return Answer(
        generation_id,
        kind,
        head=b"".join(events[: spoken[0]]),
        tokens=tuple(_tokens(events[spoken[0]], text)),
        tail=b"".join(events[spoken[-1] + 1 :]),
    )


def _tokens(like: bytes, text: str) -> Iterator[bytes]:
    """Write the text as events like this one, a token each, as models stream."""
    chunk: dict[str, Any] = json.loads(like.removeprefix(b"data: "))
    chunk["choices"][0]["delta"]["content"] = _MARK
    before, after = json.dumps(chunk, separators=(",", ":")).split(quoted(_MARK))
    for start in range(0, len(text), TOKEN_CHARACTERS):
        token = quoted(text[start : start + TOKEN_CHARACTERS])
        yield f"data: {before}{token}{after}\n\n".encode()


def _scope(length: int) -> Scope:
    return {
        "type": "http",
        "method": "POST",
        "path": _PATH,
        "query_string": b"",
        "headers": [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % length),
            (b"authorization", b"Bearer sk-or-x"),
        ],
    }
