"""How long syncs of a large catalogue take, from a service of our own on a loopback socket."""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402 after the set-up
from django.test.utils import CaptureQueriesContext  # noqa: E402 as above

from ai.catalogue.sync import sync  # noqa: E402 as above
from ai.models import CatalogueEndpoint, CatalogueEntry, CatalogueSync  # noqa: E402 as above
from ai.openrouter.client import OpenRouter  # noqa: E402 as above
from benchmarks.figures import REPEATS  # noqa: E402 as above

_FRAME = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "PRAGMA", "ROLLBACK", "SET ")
_PROVIDERS = 40


class _Lists(BaseHTTPRequestHandler):
    """The lists: so many models, each at so many providers; `edition` moves every price."""

    protocol_version = "HTTP/1.1"
    models = 600
    endpoints = 5
    edition = 1

    def do_GET(self) -> None:
        """Answer as the service does."""
        path = self.path.partition("?")[0].removeprefix("/api/v1")
        body = json.dumps(self._answer(path)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _answer(self, path: str) -> dict[str, Any]:
        if path == "/models":
            rows = [self._model(number) for number in range(self.models)]
            return {"data": rows, "total_count": len(rows), "links": {"next": None}}
        if path == "/providers":
            names = [f"provider-{number}" for number in range(_PROVIDERS)]
            return {"data": [{"name": name.title(), "slug": name} for name in names]}
        if path.startswith("/models/"):
            slug = path.removeprefix("/models/").removesuffix("/endpoints")
            number = int(slug.rpartition("-")[2])
            rows = [self._endpoint(slug, number + place) for place in range(self.endpoints)]
            return {"data": {"id": slug, "endpoints": rows}}
        return {"data": []}

    def _model(self, number: int) -> dict[str, Any]:
        return {
            "id": f"maker/model-{number}",
            "canonical_slug": f"maker/model-{number}-20260101",
            "name": f"Maker: Model {number}",
            "created": 1_763_060_305,
            "description": "What it is for, in a paragraph of the usual length. " * 10,
            "context_length": 128_000,
            "architecture": {
                "input_modalities": ["text", "image"], "output_modalities": ["text"],
            },
            "pricing": self._pricing(number),
            "top_provider": {"max_completion_tokens": 16_384},
            "supported_parameters": ["max_tokens", "temperature", "tools", "structured_outputs"],
        }  # fmt: skip

    def _endpoint(self, slug: str, number: int) -> dict[str, Any]:
        name = f"provider-{number % _PROVIDERS}"
        return {
            "name": f"{name} | {slug}", "model_id": slug, "provider_name": name.title(),
            "tag": name, "quantization": "fp8", "context_length": 128_000,
            "max_completion_tokens": 16_384, "pricing": self._pricing(number),
            "supported_parameters": ["max_tokens", "tools"], "uptime_last_30m": 99.9,
        }  # fmt: skip

    def _pricing(self, number: int) -> dict[str, str]:
        prompt, completion = self.edition * (number + 1), self.edition * (number + 1) * 4
        return {"prompt": f"0.{prompt:09}", "completion": f"0.{completion:09}"}

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 its shape
        """Say nothing."""


def main() -> None:
    """Print seconds and statements: of a first sync, of new prices everywhere, of nothing new."""
    _Lists.models, _Lists.endpoints = int(sys.argv[1]), int(sys.argv[2])
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Lists)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/api/v1"
    found: dict[str, list[float]] = {}
    for _ in range(REPEATS):
        CatalogueSync.objects.all().delete()
        CatalogueEndpoint.objects.all().delete()
        CatalogueEntry.objects.all().delete()
        for name in ("first", "repriced", "same"):
            _Lists.edition += name == "repriced"
            seconds, statements = _sync(url)
            found.setdefault(f"{name}_s", []).append(seconds)
            found.setdefault(f"{name}_statements", []).append(statements)
    server.shutdown()
    print(json.dumps(found))


def _sync(url: str) -> tuple[float, int]:
    """Sync all endpoints once; what only opens and closes transactions is not counted."""
    with CaptureQueriesContext(connection) as captured:
        started = time.monotonic()
        outcome = sync(endpoints="all", connect=lambda: OpenRouter("", url))
        seconds = time.monotonic() - started
    if not outcome.is_good or outcome.sync.problems:
        raise RuntimeError(outcome.sync.report)
    statements = [query["sql"] for query in captured.captured_queries]
    return seconds, sum(not sql.startswith(_FRAME) for sql in statements)


if __name__ == "__main__":
    main()
