"""The ASGI application: who asked for what; everything it says is labelled as simulated."""

import asyncio
import re
from collections.abc import Callable
from typing import Final

from ai.simulator import lists, pictures
from ai.simulator.carriage import carried, hold
from ai.simulator.chat import complete
from ai.simulator.control import PREFIX, control, remember
from ai.simulator.early import REPLACING, replacing_reply
from ai.simulator.errors import Refusal
from ai.simulator.faults import HEADER, Asked
from ai.simulator.kinds import KINDS
from ai.simulator.settings import Settings
from ai.simulator.state import Simulator
from ai.simulator.web import (
    DROP,
    AsgiApp,
    ClientGoneError,
    CutError,
    Presence,
    Receive,
    Reply,
    Request,
    Scope,
    Send,
    json_reply,
    raw_head,
    read_request,
    send_reply,
)

_BASE: Final = "/api/v1"
_INVALID_KEY: Final = "sk-or-invalid"
_OPEN_PATHS: Final = re.compile(
    r"^/(?:models(?!/user)|model|providers|endpoints|images/models)(?:/|$)"
)
_MODEL: Final = re.compile(r"^/models/(?P<slug>[^/]+/[^/]+)/endpoints$")
_ONE_MODEL: Final = re.compile(r"^/model/(?P<slug>[^/]+/[^/]+)$")
_IMAGE_MODEL: Final = re.compile(r"^/images/models/(?P<slug>[^/]+/[^/]+)/endpoints$")
_READERS: Final[dict[str, Callable[[Simulator, Request], Reply]]] = {
    "/models": lists.models,
    "/models/user": lists.models,
    "/models/count": lists.count,
    "/endpoints/zdr": lists.zdr_endpoints,
    "/images/models": pictures.image_models,
    "/providers": lists.providers,
    "/key": lists.key,
    "/auth/key": lists.key,
    "/credits": lists.credits_left,
    "/activity": lists.activity,
    "/generation": lists.generation,
}
_ANYWHERE: Final = frozenset(k.name for k in KINDS.values() if k.where == "every endpoint")
_LOOKED_UP: Final = _ANYWHERE | {"generation_404"}


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
    try:
        request = await read_request(scope, receive)
    except ClientGoneError:
        return
    watcher = asyncio.create_task(_watch(receive, request.presence))
    try:
        await send_reply(await _answer(sim, request), send, request.presence)
    except ClientGoneError:
        return
    except CutError as cut:
        _drop(scope, cut)
    finally:
        watcher.cancel()


async def _watch(receive: Receive, presence: Presence) -> None:
    """Note when the client closes the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
    presence.end()


def _drop(scope: Scope, cut: CutError) -> None:
    """Drop the connection; a server that cannot drops it because the reply stays unfinished."""
    way_out = (scope.get("extensions") or {}).get(DROP)
    if way_out:
        way_out["drop"](raw_head(Reply(200, b"{}"))[: cut.head_bytes], cut.reset)


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
    match request.method, path:
        case "POST", "/chat/completions":
            return await complete(sim, request)
        case "POST", "/images":
            return await pictures.make_images(sim, request)
        case "GET", _:
            return await _read(sim, request, path)
        case _:
            raise Refusal(404, f"No such endpoint: {request.method} {request.path}")


async def _read(sim: Simulator, request: Request, path: str) -> Reply:
    """Answer a GET, as a fault leaves the answer."""
    name = path.strip("/").split("/")[0]
    line = sim.bill.find(request.query.get("id", ""))
    asked = Asked(line.model if line else "", name, " ".join([path, *request.query.values()]))
    kinds = _LOOKED_UP if name == "generation" else _ANYWHERE
    fault = sim.script.pick(asked, request.headers.get(HEADER, ""), kinds=kinds)
    await hold(fault, request, whole=True)
    if fault and fault.kind in REPLACING:
        return replacing_reply(fault)
    if fault and fault.kind == "generation_404":
        raise Refusal(404, f"Generation {request.query.get('id', '')} not found")
    reader = _READERS.get(path)
    reply = reader(sim, request) if reader else _read_model(sim, path)
    return carried(reply, fault, request)


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
