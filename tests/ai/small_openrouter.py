"""A whole service on the wire, as small as it can be; one answer of it may be odd."""

import base64
import json

import httpx

from tests.ai.openrouter.sse_bodies import body, call, delta

SLUG = "maker/cheap"
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\nx").decode()
ROW = {"id": SLUG, "architecture": {"input_modalities": ["text", "image"],
                                    "output_modalities": ["text"]},
       "pricing": {"prompt": "0.0000001", "completion": "0.0000002"},
       "supported_parameters": ["tools", "structured_outputs", "response_format"],
       "top_provider": {"max_completion_tokens": 9_000}}  # fmt: skip
PRICES = [{"billable": "output_image", "unit": "image", "cost_usd": "0.003"}]
USAGE = {"prompt_tokens": 9, "completion_tokens": 9, "cost": 0.00001}
ENDLESS = [delta(content=f"{number} ") for number in range(2_000)]


def completion(content, usage=USAGE, **message):
    choice = {"message": {"content": content} | message, "finish_reason": "stop"}
    return {"id": "gen-1", "model": SLUG, "provider": "P", "choices": [choice], "usage": usage}


class Service:
    """A small service on the wire; a test puts something odd in place of one answer."""

    def __init__(self, **odd):
        self.posted: list[dict] = []
        self._odd = odd

    def __call__(self, request):
        if request.method == "POST":
            self.posted.append(json.loads(request.content))
        name = self._name(request)
        answer = self._odd.get(name, self._good(name))
        if callable(answer):
            answer = answer()
        if isinstance(answer, int):
            return httpx.Response(answer, json={"error": {"code": answer, "message": "odd"}})
        headers = {"X-Generation-Id": "gen-1"} if request.method == "POST" else {}
        if isinstance(answer, dict | list):
            return httpx.Response(200, headers=headers, json=answer)
        if isinstance(answer, bytes):
            return httpx.Response(200, headers=headers, content=answer)
        return answer

    def _name(self, request):
        path = request.url.path.removeprefix("/api/v1")
        if path == "/images":
            return "picture"
        if path != "/chat/completions":
            return {"/images/models": "painters", f"/images/models/{SLUG}/endpoints": "painter",
                    f"/model/{SLUG}": "model", f"/models/{SLUG}/endpoints": "endpoints",
                    }.get(path, path.strip("/"))  # fmt: skip
        asked = self.posted[-1]
        if asked["stream"]:
            return "cancel" if asked["max_tokens"] >= 1_000 else "stream"
        if isinstance(asked["messages"][0]["content"], list):
            return "vision"
        return "tools" if asked.get("tools") else (
            "structure" if asked.get("response_format") else "chat")  # fmt: skip

    def _good(self, name):
        made = call(0, "a", "create_scene", '{"title": "Bus Stop"}')["choices"][0]["delta"]
        return {
            "key": {"data": {"limit_remaining": 4.5, "is_free_tier": True}},
            "credits": 403,
            "models": {"data": [ROW]},
            "model": {"data": ROW},
            "endpoints": {"data": {"endpoints": [{}]}},
            "providers": {"data": [{}]},
            "chat": completion("canvas"),
            "stream": body(delta(content="1 "), delta(content="2"), delta("stop") | {
                "usage": USAGE}),
            "tools": completion("", tool_calls=made["tool_calls"]),
            "structure": completion('{"title": "Ferry", "minutes": 9}'),
            "vision": completion("red"),
            "painters": {"data": [{"id": SLUG}]},
            "painter": {"id": SLUG, "endpoints": [{"pricing": PRICES}]},
            "picture": {"data": [{"b64_json": PNG}], "usage": {"cost": 0.003}},
            "generation": {"data": {"id": "gen-1", "total_cost": 0.00001}},
            "cancel": httpx.Response(200, headers={"X-Generation-Id": "gen-2"}, content=(
                body(each, done=False) for each in ENDLESS)),
        }.get(name, 404)  # fmt: skip
