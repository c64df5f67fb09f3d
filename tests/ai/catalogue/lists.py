"""The service's lists, scripted: a catalogue of our own behind the real client."""

import copy
import json

import httpx

URL = "/api/v1"


def model(slug="maker/one", **over):
    row = {
        "id": slug,
        "canonical_slug": slug,
        "name": slug.title(),
        "created": 1_763_060_305,
        "description": "A model.",
        "context_length": 128_000,
        "architecture": {
            "modality": "text->text",
            "input_modalities": ["text"],
            "output_modalities": ["text"],
        },
        "pricing": {"prompt": "0.000001", "completion": "0.000002"},
        "top_provider": {"max_completion_tokens": 16_384, "is_moderated": False},
        "supported_parameters": ["max_tokens", "tools"],
    }
    return row | over


def endpoint(provider="Groq", slug="maker/one", **over):
    row = {
        "name": f"{provider} | {slug}",
        "model_id": slug,
        "model_name": slug,
        "provider_name": provider,
        "tag": provider.lower(),
        "quantization": "fp8",
        "context_length": 64_000,
        "max_completion_tokens": 8_000,
        "max_prompt_tokens": None,
        "pricing": {"prompt": "0.000001", "completion": "0.000002"},
        "supported_parameters": ["max_tokens"],
        "uptime_last_30m": 99.5,
        "status": 0,
    }
    return row | over


def provider(name="Groq", **over):
    row = {"name": name, "slug": name.lower(), "privacy_policy_url": None, "headquarters": "US"}
    return row | over


class Lists:
    """What the service has to say. Each list may be replaced by bytes, a status or an answer."""

    def __init__(self):
        self.models = [model()]
        self.providers = [provider()]
        self.endpoints = {}
        self.zdr = []
        self.images = []
        self.image_endpoints = {}
        self.answers = {}
        self.around = {}
        self.asked = []
        self.on_ask = None

    @property
    def transport(self):
        return httpx.MockTransport(self._answer)

    def _answer(self, request):
        path = request.url.path.removeprefix(URL)
        self.asked.append(path)
        if self.on_ask is not None:
            self.on_ask()
        if path in self.answers:
            return self._scripted(self.answers[path], request)
        if path == "/models":
            around = {"total_count": len(self.models), "links": {"next": None}} | self.around
            return self._reply({"data": self.models} | around)
        if path in {"/providers", "/endpoints/zdr", "/images/models"}:
            rows = {"/providers": self.providers, "/endpoints/zdr": self.zdr}
            return self._reply({"data": rows.get(path, self.images)})
        slug = path.removeprefix("/images").removeprefix("/models/").removesuffix("/endpoints")
        if path.startswith("/images"):
            return self._reply({"id": slug, "endpoints": self.image_endpoints.get(slug, [])})
        return self._reply({"data": {"id": slug, "endpoints": self.endpoints.get(slug, [])}})

    def _scripted(self, answer, request):
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, httpx.Response):
            return answer
        if isinstance(answer, int):
            return httpx.Response(answer, json={"error": {"code": answer, "message": "no"}})
        return (
            httpx.Response(200, content=answer)
            if isinstance(answer, bytes)
            else self._reply(answer)
        )

    def _reply(self, value):
        return httpx.Response(200, content=json.dumps(value).encode())

    def price(self, slug, **pricing):
        """Change prices of a model."""
        for row in self.models:
            if row["id"] == slug:
                row["pricing"] = copy.deepcopy(row["pricing"]) | pricing
