"""The door behind the counter: bill, last requests, fault script, reset, health."""

import json
from typing import Final

from ai.simulator.errors import Refusal
from ai.simulator.state import Simulator
from ai.simulator.web import Reply, Request, json_reply
from ai.simulator.wire import Json

PREFIX: Final = "/__sim/"
_SECRET_HEADERS: Final = frozenset({"authorization", "cookie", "x-api-key"})
_KEPT_CHARS: Final = 100_000
_ELIDED_FROM: Final = 200


def control(sim: Simulator, request: Request) -> Reply:
    """Answer a request of a test or a developer.

    Raises:
        Refusal: 404 for an unknown path, 400 for a bad script.
    """
    match request.method, request.path.removeprefix(PREFIX).rstrip("/"):
        case "GET", "health":
            return json_reply({"status": "ok", "simulated": True, "answered": sim.answered})
        case "GET", "bill":
            return json_reply([line.shown() for line in sim.bill])
        case "GET", "requests":
            return json_reply(list(sim.requests))
        case "POST", "faults":
            return json_reply({"waiting": sim.script.add(request.json().get("faults"))})
        case "POST", "reset":
            sim.reset()
            return json_reply({"status": "ok"})
        case _:
            raise Refusal(404, f"No such control: {request.path}")


def remember(sim: Simulator, request: Request) -> None:
    """Keep a request for later questions: no key, no picture bytes."""
    sim.answered += 1
    sim.requests.append(
        {
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "headers": sorted(name for name in request.headers if name not in _SECRET_HEADERS),
            "body": _kept(request.raw),
        }
    )


def _kept(raw: bytes) -> Json:
    """Return a body without picture bytes; what is not JSON as text."""
    if not raw:
        return None
    try:
        return _elided(json.loads(raw))
    except (ValueError, RecursionError):
        return raw[:_KEPT_CHARS].decode("utf-8", "replace")


def _elided(value: Json) -> Json:
    """Replace the bytes of data URLs by their length."""
    if isinstance(value, dict):
        return {name: _elided(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_elided(inner) for inner in value]
    if isinstance(value, str) and value.startswith("data:") and len(value) > _ELIDED_FROM:
        head = value.split(",", 1)[0]
        return f"{head},({len(value) - len(head) - 1} characters elided)"
    return value
