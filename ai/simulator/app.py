"""The ASGI application: who asked for what; everything it says is labelled as simulated."""

import asyncio
import re
from collections.abc import Callable
from typing import Final

from ai.simulator import lists, pictures
from ai.simulator.chat import complete
from ai.simulator.control import PREFIX, control, remember
from ai.simulator.early import REPLACING, replacing_reply
from ai.simulator.errors import Refusal
from ai.simulator.faults import HEADER, Asked, read_header
from ai.simulator.settings import Settings
from ai.simulator.state import Simulator
from ai.simulator.web import (
    AsgiApp,
    ClientGoneError,
    CutError,
    Receive,
    Reply,
    Request,
    Scope,
    Send,
    json_reply,
    read_request,
    send_reply,
)

_BASE: Final = "/api/v1"
_INVALID_KEY: Final = "sk-or-invalid"
_OPEN_PATHS: Final = re.compile(r"^/(?:models|model|providers|images/models)(?:/|$)")
_MODEL: Final = re.compile(r"^/models/(?P<slug>[^/]+/[^/]+)/endpoints$")
_ONE_MODEL: Final = re.compile(r"^/model/(?P<slug>[^/]+/[^/]+)$")
_IMAGE_MODEL: Final = re.compile(r"^/images/models/(?P<slug>[^/]+/[^/]+)/endpoints$")
_READERS: Final[dict[str, Callable[[Simulator, Request], Reply]]] = {
    "/models": lists.models,
    "/images/models": pictures.image_models,
    "/providers": lists.providers,
    "/key": lists.key,
    "/auth/key": lists.key,
    "/credits": lists.credits_left,
    "/generation": lists.generation,
}
_EARLY: Final = REPLACING | {"slow", "stall"}
_OWN_FAULTS: Final = ("/chat/completions", "/images")


def create_app(settings: Settings | None = None) -> AsgiApp:
    """Return a simulator as a plain ASGI application with a memory of its own."""
    sim = Simulator(settings or Settings())

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            await _http(sim, scope, receive, send)

    return app


async def _lifespan(receive: Receive, send: Send) -> None:
    """Start and stop; there is nothing to prepare."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _http(sim: Simulator, scope: Scope, receive: Receive, send: Send) -> None:
    """Read, answer, send; watch meanwhile whether the client leaves."""
    gone = asyncio.Event()
    try:
        request = await read_request(scope, receive, gone)
    except ClientGoneError:
        return
    watcher = asyncio.create_task(_watch(receive, gone))
    try:
        reply = await _answer(sim, request)
        await send_reply(reply, send, gone)
    except (ClientGoneError, CutError):
        return
    finally:
        watcher.cancel()


async def _watch(receive: Receive, gone: asyncio.Event) -> None:
    """Note when the client closes the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
    gone.set()


async def _answer(sim: Simulator, request: Request) -> Reply:
    """Answer one request; a refusal becomes its envelope."""
    try:
        if request.path.startswith(PREFIX):
            return control(sim, request)
        remember(sim, request)
        return await _route(sim, request)
    except Refusal as refusal:
        return json_reply(refusal.body(), status=refusal.status, headers=refusal.headers)


async def _route(sim: Simulator, request: Request) -> Reply:
    """Find the endpoint, with and without the `/api/v1` before it."""
    path = request.path.removeprefix(_BASE).rstrip("/") or "/"
    _authorise(request, path)
    if path not in _OWN_FAULTS and (early := await _early(sim, request, path)):
        return early
    match request.method, path:
        case "POST", "/chat/completions":
            return await complete(sim, request)
        case "POST", "/images":
            return await pictures.make_images(sim, request)
        case "GET", _:
            return _read(sim, request, path)
        case _:
            raise Refusal(404, f"No such endpoint: {request.method} {request.path}")


def _read(sim: Simulator, request: Request, path: str) -> Reply:
    """Answer a GET."""
    reader = _READERS.get(path)
    return reader(sim, request) if reader else _read_model(sim, path)


def _read_model(sim: Simulator, path: str) -> Reply:
    """Answer a GET about one model."""
    if found := _IMAGE_MODEL.match(path):
        return json_reply(pictures.image_endpoints(sim.catalogue.get(found["slug"])))
    if found := _MODEL.match(path):
        return lists.endpoints(sim.catalogue.get(found["slug"]))
    if found := _ONE_MODEL.match(path):
        return lists.model(sim.catalogue.get(found["slug"]))
    raise Refusal(404, f"No such endpoint: GET {path}")


def _authorise(request: Request, path: str) -> None:
    """Accept any key but none and the known bad one; lists need none.

    Raises:
        Refusal: 401 as the service words it.
    """
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if key.strip() == _INVALID_KEY:
        raise Refusal(401, "User not found.")
    if _OPEN_PATHS.match(path) and request.method == "GET":
        return
    if scheme.lower() != "bearer" or not key.strip():
        raise Refusal(401, "No auth credentials found")


async def _early(sim: Simulator, request: Request, path: str) -> Reply | None:
    """Let a scripted fault answer on the endpoints one reads."""
    name = path.strip("/").split("/")[0]
    if request.headers.get(HEADER):
        fault = read_header(request.headers[HEADER])
    else:
        found = sim.script.take(Asked("", name, path), kinds=_EARLY)
        if found is None:
            return None
        fault = found
    if fault.kind in REPLACING:
        return replacing_reply(fault)
    await request.pause(fault.number("latency_s", fault.number("seconds", 1)))
    return None
