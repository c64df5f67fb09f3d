"""OpenRouter's end of the wire, scripted: the only thing that these tests fake."""

import json
from collections.abc import Callable
from typing import Any

import httpx

Answer = Callable[[dict[str, Any]], httpx.Response]


class FakeOpenRouter:
    """Answers each chat request with the next thing it was told to say, and keeps what it heard."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.bills: dict[str, dict[str, Any]] = {}
        self.pages: dict[str, Any] = {}  # what GET /key and the like answer: JSON, or a status
        self.keys: list[str] = []  # with which each request came
        self.before: Callable[[], None] | None = None
        self._answers: list[Answer] = []
        self._number = 0

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._handle)

    def will_say(self, text: str, *, cost: str | None = "0.0001", finish: str = "stop") -> None:
        self._answers.append(lambda body: self._reply(body, {"content": text}, cost, finish))

    def will_answer(self, value: Any, **more: Any) -> None:
        self.will_say(json.dumps(value), **more)

    def will_call(self, *calls: tuple[str, str], text: str = "", cost: str = "0.0001") -> None:
        made = [
            {
                "index": place,
                "id": f"call_{self._number}_{len(self._answers)}_{place}",
                "type": "function",
                "function": {"name": name, "arguments": arguments},
            }
            for place, (name, arguments) in enumerate(calls)
        ]
        message = {"content": text, "tool_calls": made}
        self._answers.append(lambda body: self._reply(body, message, cost, "tool_calls"))

    def will_fail(self, status: int, message: str = "no", **headers: str) -> None:
        error = {"error": {"code": status, "message": message}}
        self._answers.append(lambda _: httpx.Response(status, json=error, headers=headers))

    def will_break(self, text: str = "Once") -> None:
        """Begin a stream and cut it."""

        def answer(body: dict[str, Any]) -> httpx.Response:
            chunk = self._chunk({"content": text}, None)
            return httpx.Response(
                200,
                headers=self._headers("text/event-stream"),
                content=f"data: {json.dumps(chunk)}\n\n".encode(),
            )

        self._answers.append(answer)

    def will_do(self, answer: Answer) -> None:
        self._answers.append(answer)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.keys.append(request.headers.get("Authorization", "").removeprefix("Bearer "))
        page = self.pages.get(request.url.path.rpartition("/")[2])
        if isinstance(page, int):
            return httpx.Response(page, json={"error": {"code": page, "message": "no"}})
        if page is not None:
            return httpx.Response(200, json=page)
        if request.url.path.endswith("/generation"):
            bill = self.bills.get(request.url.params["id"])
            return (
                httpx.Response(200, json={"data": bill}) if bill else httpx.Response(404, json={})
            )
        self.heard.append(json.loads(request.content))
        if self.before is not None:
            self.before()
        assert self._answers, f"nothing left to say to {self.heard[-1]['messages'][-1]}"
        return self._answers.pop(0)(self.heard[-1])

    def _reply(
        self, body: dict[str, Any], message: dict[str, Any], cost: str | None, finish: str
    ) -> httpx.Response:
        usage: dict[str, Any] = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
        text = json.dumps(usage)
        if cost is not None:
            text = text[:-1] + f', "cost": {cost}}}'
        if body["stream"]:
            return self._stream(message, finish, text)
        choice = {
            "index": 0,
            "finish_reason": finish,
            "message": {"role": "assistant", **message},
        }
        headers = self._headers("application/json")
        whole = json.dumps(self._envelope("chat.completion") | {"choices": [choice]})
        return httpx.Response(
            200, headers=headers, content=f'{whole[:-1]}, "usage": {text}}}'.encode()
        )

    def _stream(self, message: dict[str, Any], finish: str, usage: str) -> httpx.Response:
        headers = self._headers("text/event-stream")
        lines = [": OPENROUTER PROCESSING\n\n"]
        content = message.get("content") or ""
        pieces = [{"content": content[i : i + 8]} for i in range(0, len(content), 8)]
        pieces += [{"tool_calls": [call]} for call in message.get("tool_calls", ())]
        lines += [self._event(self._chunk(piece, None)) for piece in pieces]
        lines.append(self._event(self._chunk({"content": ""}, finish)))
        last = json.dumps(self._chunk({}, None))
        lines.append(f'data: {last[:-1]}, "usage": {usage}}}\n\ndata: [DONE]\n\n')
        return httpx.Response(200, headers=headers, content="".join(lines).encode())

    def _event(self, chunk: dict[str, Any]) -> str:
        return f"data: {json.dumps(chunk)}\n\n"

    def _chunk(self, delta: dict[str, Any], finish: str | None) -> dict[str, Any]:
        choice = {"index": 0, "delta": {"role": "assistant", **delta}, "finish_reason": finish}
        return self._envelope("chat.completion.chunk") | {"choices": [choice]}

    def _envelope(self, kind: str) -> dict[str, Any]:
        return {
            "id": f"gen-{self._number}",
            "object": kind,
            "created": 1,
            "model": "maker/model-20260101",
            "provider": "Fake",
        }

    def _headers(self, content_type: str) -> dict[str, str]:
        self._number += 1
        return {"Content-Type": content_type, "X-Generation-Id": f"gen-{self._number}"}
