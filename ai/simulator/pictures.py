"""POST /images and its discovery: drawn pictures, billed by the piece."""

import asyncio
import base64
import re
import time
from decimal import Decimal
from typing import Final

from ai.simulator import checks
from ai.simulator.answer import PICTURE_TOKENS
from ai.simulator.bill import Line
from ai.simulator.brains.drawing import RATIOS, SCALES, Order, draw, size_of
from ai.simulator.brains.pictures import open_data_url
from ai.simulator.carriage import carried, hold
from ai.simulator.catalogue import Entry
from ai.simulator.early import REPLACING, replacing_reply
from ai.simulator.errors import PROVIDER, Refusal
from ai.simulator.faults import HEADER, Asked, Fault, split_model
from ai.simulator.kinds import KINDS
from ai.simulator.mangle_pictures import spoil_base64
from ai.simulator.odd import thin_usage
from ai.simulator.shape import ImagesShape, check_types
from ai.simulator.state import Simulator
from ai.simulator.tokens import count_text
from ai.simulator.web import STREAM_TYPE, Reply, Request, json_reply
from ai.simulator.wire import Json, event, new_id

_PIXELS: Final = re.compile(r"^(?P<width>\d{2,4})x(?P<height>\d{2,4})$")
_MOST: Final = 10
_MOST_REFERENCES: Final = 16
_FORMATS: Final = ("png", "jpeg", "webp")
_SCRIPTED: Final = frozenset(
    kind.name for kind in KINDS.values() if kind.where in ("every endpoint", "chat and images")
)


async def make_images(sim: Simulator, request: Request) -> Reply:
    """Draw the pictures a request asks for; a failure is not billed, a picture is billed in full.

    Raises:
        Refusal: 400 or 404 as the real route would.
    """
    body = request.json()
    check_types(ImagesShape, body)
    slug, fault = _fault(sim, request, body)
    await hold(fault, request, whole=True)
    if fault and fault.kind in REPLACING:
        return replacing_reply(fault)
    if fault and fault.kind == "bad_picture" and fault.how == "blocked":
        metadata = {"error_type": "content_policy_violation", "provider_name": PROVIDER}
        raise Refusal(400, "The picture was blocked (simulated)", metadata=metadata)
    entry = sim.catalogue.get(slug)
    checks.check_provider(body)
    orders, resolution = _orders(entry, body)
    drawn = await asyncio.gather(*(asyncio.to_thread(draw, order) for order in orders))
    if fault and (fault.kind == "empty" or (fault.kind == "bad_picture" and fault.how == "none")):
        drawn = []
    cost = _cost(entry, resolution, len(drawn), len(body.get("input_references") or ()))
    generation_id = new_id()
    if drawn:
        _settle(sim, request, body, entry, generation_id, cost)
    reply: dict[str, Json] = {
        "created": int(time.time()),
        "data": [_datum(picture, orders[0].output_format, fault) for picture in drawn],
        "simulated": True,
    } | thin_usage(_usage(body["prompt"], len(drawn), cost), fault)
    headers = {"x-generation-id": generation_id}
    if body.get("stream") is True and entry.row["images_api"]["supports_streaming"]:
        answer = Reply(200, _as_events(reply), STREAM_TYPE, headers)
    else:
        answer = json_reply(reply, headers=headers)
    return carried(answer, fault, request)


def _datum(picture: bytes, output_format: str, fault: Fault | None) -> dict[str, Json]:
    """Write one picture, spoiled where a fault says so."""
    written: dict[str, Json] = {
        "b64_json": base64.b64encode(picture).decode(),
        "media_type": f"image/{output_format}",
    }
    if fault is None or fault.kind != "bad_picture":
        return written
    if fault.how == "address":
        return {"url": "https://pictures.example/simulated.png"}
    if fault.how == "no_type":
        del written["media_type"]
    if fault.how == "wrong_type":
        written["media_type"] = "image/gif"
    return written | {"b64_json": spoil_base64(written["b64_json"], fault.how)}


def image_models(sim: Simulator, _request: Request) -> Reply:
    """GET /images/models: what each model of the images route takes."""
    rows: list[dict[str, Json]] = [
        {
            "id": entry.slug,
            "name": entry.row["name"],
            "created": entry.row["created"],
            "description": entry.row["description"],
            "architecture": entry.row["architecture"],
            "supported_parameters": entry.row["images_api"]["supported_parameters"],
            "supports_streaming": entry.row["images_api"]["supports_streaming"],
            "endpoints": f"/api/v1/images/models/{entry.slug}/endpoints",
        }
        for entry in sim.catalogue.entries()
        if "images_api" in entry.row
    ]
    return json_reply({"data": rows, "simulated": True})


def image_endpoints(entry: Entry) -> dict[str, Json]:
    """Describe where an image model is served and what a picture costs there.

    Raises:
        Refusal: 404 for a model without pictures.
    """
    api = entry.row.get("images_api")
    if not api:
        raise Refusal(404, f"No image endpoints found for {entry.slug}")
    endpoint = {
        "provider_name": "Simulator",
        "provider_slug": "simulator",
        "provider_tag": None,
        "supported_parameters": api["supported_parameters"],
        "allowed_passthrough_parameters": [],
        "supports_streaming": api["supports_streaming"],
        "pricing": [line | {"cost_usd": Decimal(line["cost_usd"])} for line in api["pricing"]],
    }
    return {"id": entry.slug, "endpoints": [endpoint], "simulated": True}


def _fault(sim: Simulator, request: Request, body: dict[str, Json]) -> tuple[str, Fault | None]:
    """Return the model and its fault."""
    slug, suffix = split_model(body["model"])
    asked = Asked(slug, "images", request.raw.decode("utf-8", "replace"))
    return slug, sim.script.pick(asked, request.headers.get(HEADER, ""), suffix, kinds=_SCRIPTED)


def _orders(entry: Entry, body: dict[str, Json]) -> tuple[list[Order], str]:
    """Read what is to be drawn; return the orders and the resolution they are billed at."""
    api = entry.row.get("images_api")
    if not api:
        raise Refusal(404, "No endpoints found that support the requested output modalities: image")
    prompt = body.get("prompt")
    if not isinstance(prompt, str) or not prompt:
        raise Refusal(400, "prompt is required")
    count = body.get("n") or 1
    most = min(api["supported_parameters"]["n"]["max"], _MOST)
    if not isinstance(count, int) or not 1 <= count <= most:
        raise Refusal(400, f"n must be between 1 and {most}")
    form = body.get("output_format") or "png"
    if form not in _FORMATS:
        raise Refusal(400, f"Unsupported output_format: {form}")
    _check_references(body.get("input_references") or [])
    width, height, resolution = _size(body)
    seed = body.get("seed") or 0
    orders = [
        Order(prompt=prompt, width_px=width, height_px=height, output_format=form, seed=seed + i)
        for i in range(count)
    ]
    return orders, resolution


def _size(body: dict[str, Json]) -> tuple[int, int, str]:
    """Read the size, given in pixels or as a resolution with an aspect ratio."""
    size, ratio, resolution = body.get("size"), body.get("aspect_ratio"), body.get("resolution")
    pixels = _PIXELS.match(size) if isinstance(size, str) else None
    if pixels:
        if ratio or resolution:
            raise Refusal(400, "size in pixels contradicts aspect_ratio or resolution")
        return int(pixels["width"]), int(pixels["height"]), "1K"
    resolution = size or resolution or "1K"
    found = size_of(ratio or "1:1", resolution)
    if not found:
        raise Refusal(
            400, f"Unsupported size: use one of {', '.join(RATIOS)} and {', '.join(SCALES)}"
        )
    return *found, resolution


def _check_references(references: Json) -> None:
    """Check reference pictures: parts, not bare addresses."""
    if not isinstance(references, list) or len(references) > _MOST_REFERENCES:
        raise Refusal(400, f"input_references takes at most {_MOST_REFERENCES} items")
    for reference in references:
        address = reference.get("image_url") if isinstance(reference, dict) else None
        if not isinstance(address, dict) or not isinstance(address.get("url"), str):
            raise Refusal(400, "input_references items must be {type: image_url, image_url: {url}}")
        open_data_url(address["url"])


def _cost(entry: Entry, resolution: str, made: int, references: int) -> Decimal:
    """Price the pictures."""
    if not made:
        return Decimal(0)
    return entry.picture_usd(resolution) * made + entry.reference_usd() * references


def _usage(prompt: str, made: int, cost: Decimal) -> dict[str, Json]:
    """Build the usage of the images route."""
    read, written = count_text(prompt), PICTURE_TOKENS * made
    return {
        "prompt_tokens": read,
        "completion_tokens": written,
        "total_tokens": read + written,
        "cost": cost,
        "is_byok": False,
        "cost_details": {
            "upstream_inference_cost": None,
            "upstream_inference_prompt_cost": Decimal(0),
            "upstream_inference_completions_cost": cost,
        },
        "completion_tokens_details": {"reasoning_tokens": 0, "image_tokens": written},
    }


def _settle(
    sim: Simulator,
    request: Request,
    body: dict[str, Json],
    entry: Entry,
    generation_id: str,
    cost: Decimal,
) -> None:
    """Write the line of the bill."""
    usage = _usage(body["prompt"], body.get("n") or 1, cost)
    metadata = body.get("metadata") or body.get("trace") or {}
    sim.bill.add(
        Line(
            generation_id=generation_id,
            model=entry.slug,
            prompt_tokens=usage["prompt_tokens"],
            completion_tokens=usage["completion_tokens"],
            cost_usd=cost,
            endpoint="images",
            streamed=body.get("stream") is True,
            completed=True,
            cancelled=request.presence.gone,
            call_id=metadata.get("call_id"),
            finish_reason="stop",
        )
    )


def _as_events(reply: dict[str, Json]) -> bytes:
    """Write the pictures as the stream of the images route: one sketch of each, then the whole."""
    written = []
    for number, each in enumerate(reply["data"]):
        sketch = {"partial_image_index": number, "b64_json": each.get("b64_json", "")}
        whole = {"created": reply["created"], "usage": reply.get("usage")} | each
        written += [_event("partial_image", sketch), _event("completed", whole)]
    return b"".join([*written, b"data: [DONE]\n\n"])


def _event(kind: str, keys: dict[str, Json]) -> bytes:
    """Write one event of the images route."""
    return event({"type": f"image_generation.{kind}", "simulated": True} | keys)
