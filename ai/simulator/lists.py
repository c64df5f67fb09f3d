"""The endpoints one reads: models, providers, key, credits, generations."""

from decimal import Decimal
from itertools import groupby
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from ai.simulator.bill import Line
from ai.simulator.catalogue import Entry, endpoint_row, shown_pricing
from ai.simulator.errors import PROVIDER, Refusal
from ai.simulator.state import Simulator
from ai.simulator.web import Reply, Request, json_reply
from ai.simulator.wire import Json

_UNKNOWN_OF_A_GENERATION: Final = (
    "app_id",
    "moderation_latency",
    "service_tier",
    "num_media_prompt",
    "num_input_audio_prompt",
    "num_media_completion",
    "num_search_results",
    "num_fetches",
    "web_search_engine",
    "external_user",
    "preset_id",
    "router",
    "user_agent",
    "http_referer",
    "workspace_id",
)
_PLAIN_KEY: Final = "sk-or-plain"
_LIMIT: Final = 500
_MOST: Final = 1_000


def models(sim: Simulator, request: Request) -> Reply:
    """GET /models: text models by default, others by `output_modalities`."""
    asked = request.query.get("output_modalities", "text").split(",")
    wanted = [
        e
        for e in sim.catalogue.entries()
        if "all" in asked or any(e.writes(kind) for kind in asked)
    ]
    for parameter in filter(None, request.query.get("supported_parameters", "").split(",")):
        wanted = [entry for entry in wanted if entry.supports(parameter)]
    for kind in filter(None, request.query.get("input_modalities", "").split(",")):
        wanted = [entry for entry in wanted if entry.reads(kind)]
    if words := request.query.get("q", "").lower():
        wanted = [e for e in wanted if words in e.slug.lower() or words in e.row["name"].lower()]
    offset, limit = _number(request, "offset", 0), min(_number(request, "limit", _LIMIT), _MOST)
    shown = [_row(entry) for entry in wanted[offset : offset + limit]]
    following = offset + limit
    link = f"{request.path}?offset={following}&limit={limit}" if following < len(wanted) else None
    return json_reply(
        {"data": shown, "total_count": len(wanted), "links": {"next": link}, "simulated": True}
    )


def count(sim: Simulator, _request: Request) -> Reply:
    """GET /models/count."""
    return json_reply({"data": {"count": len(sim.catalogue.entries())}, "simulated": True})


def zdr_endpoints(sim: Simulator, _request: Request) -> Reply:
    """GET /endpoints/zdr: nothing is kept here, so every endpoint is one."""
    rows = [endpoint_row(entry) for entry in sim.catalogue.entries()]
    return json_reply({"data": rows, "simulated": True})


def endpoints(entry: Entry) -> Reply:
    """GET /models/{author}/{slug}/endpoints."""
    row = entry.row
    keys = ("id", "name", "created", "description", "architecture")
    data = {key: row[key] for key in keys} | {"endpoints": [endpoint_row(entry)]}
    return json_reply({"data": data, "simulated": True})


def model(entry: Entry) -> Reply:
    """GET /model/{author}/{slug}."""
    return json_reply({"data": _row(entry), "simulated": True})


def providers(_sim: Simulator, _request: Request) -> Reply:
    """GET /providers: the one that serves here."""
    row: dict[str, Json] = {
        "name": PROVIDER,
        "slug": "simulator",
        "privacy_policy_url": None,
        "terms_of_service_url": None,
        "status_page_url": None,
        "headquarters": None,
        "datacenters": [],
    }
    return json_reply({"data": [row], "simulated": True})


def key(sim: Simulator, request: Request) -> Reply:
    """GET /key: what was used and what is left."""
    used = sim.bill.total_usd()
    data: dict[str, Json] = {
        "label": "sk-or-v1-sim...ulated",
        "limit": sim.settings.credit_usd,
        "limit_remaining": sim.credit_left_usd(),
        "limit_reset": None,
        "usage": used,
        "usage_daily": used,
        "usage_weekly": used,
        "usage_monthly": used,
        "byok_usage": 0,
        "byok_usage_daily": 0,
        "byok_usage_weekly": 0,
        "byok_usage_monthly": 0,
        "include_byok_in_limit": False,
        "is_free_tier": False,
        "is_management_key": _may_manage(request),
        "is_provisioning_key": _may_manage(request),
        "expires_at": None,
        "creator_user_id": None,
        "organization_id": None,
        "workspace_id": None,
        "allowed_data_regions": ["global"],
        "budgets": [],
        "effective_budget": None,
        "free_model_daily_requests": {"limit": 1_000, "used": 0, "remaining": 1_000},
        "rate_limit": {
            "requests": -1,
            "interval": "10s",
            "note": "This field is deprecated and safe to ignore.",
        },
    }
    return json_reply({"data": data, "simulated": True})


def credits_left(sim: Simulator, request: Request) -> Reply:
    """GET /credits: bought and used; an endless account shows a large round number.

    Raises:
        Refusal: 403 for a plain key.
    """
    _managers_only(request)
    bought = sim.settings.credit_usd if sim.settings.credit_usd is not None else Decimal(1_000_000)
    return json_reply(
        {"data": {"total_credits": bought, "total_usage": sim.bill.total_usd()}, "simulated": True}
    )


def activity(sim: Simulator, request: Request) -> Reply:
    """GET /activity[?date=]: the bill by day and model; unlike the service's, today is in it.

    Raises:
        Refusal: 403 for a plain key.
    """
    _managers_only(request)
    wanted = request.query.get("date", "")
    lines = [line for line in sim.bill if f"{line.at:%Y-%m-%d}".startswith(wanted)]
    groups = groupby(sorted(lines, key=_day_and_model), key=_day_and_model)
    rows = [_activity(sim, day, slug, list(group)) for (day, slug), group in groups]
    return json_reply({"data": rows, "simulated": True})


def _day_and_model(line: Line) -> tuple[str, str]:
    return f"{line.at:%Y-%m-%d}", line.model


def _activity(sim: Simulator, day: str, slug: str, lines: list[Line]) -> dict[str, Json]:
    """Sum what one model did on one day."""
    return {
        "date": day,
        "model": slug,
        "model_permaslug": sim.catalogue.get(slug).served_as,
        "endpoint_id": str(uuid5(NAMESPACE_URL, slug)),
        "provider_name": PROVIDER,
        "usage": sum((line.cost_usd for line in lines), Decimal(0)),
        "byok_usage_inference": 0,
        "requests": len(lines),
        "prompt_tokens": sum(line.prompt_tokens for line in lines),
        "completion_tokens": sum(line.completion_tokens for line in lines),
        "reasoning_tokens": 0,
    }


def _may_manage(request: Request) -> bool:
    """Say whether a key may ask about the whole account: every one but those named plain."""
    return _PLAIN_KEY not in request.headers.get("authorization", "")


def _managers_only(request: Request) -> None:
    if not _may_manage(request):
        raise Refusal(403, "Only management keys can fetch this for an account")


def generation(sim: Simulator, request: Request) -> Reply:
    """GET /generation?id=: the bill's line, after as many 404s as are set or asked for.

    Raises:
        Refusal: 404 while or because nothing is known of the id.
    """
    generation_id = request.query.get("id", "")
    line = sim.bill.find(generation_id)
    missed = sim.bill.asked(generation_id)
    hidden = max(sim.settings.generation_misses, sim.bill.hidden(generation_id))
    if line is None or missed < hidden:
        raise Refusal(404, f"Generation {generation_id} not found")
    return json_reply({"data": _generation(line), "simulated": True})


def _generation(line: Line) -> dict[str, Json]:
    """Describe a generation as the service does."""
    return {
        "id": line.generation_id,
        "upstream_id": None,
        "total_cost": line.cost_usd,
        "usage": line.cost_usd,
        "cache_discount": None,
        "upstream_inference_cost": None,
        "model": line.model,
        "provider_name": PROVIDER,
        "tokens_prompt": line.prompt_tokens,
        "tokens_completion": line.completion_tokens,
        "native_tokens_prompt": line.prompt_tokens,
        "native_tokens_completion": line.completion_tokens,
        "native_tokens_reasoning": 0,
        "native_tokens_cached": 0,
        "native_tokens_completion_images": 0,
        "finish_reason": line.finish_reason,
        "native_finish_reason": line.finish_reason,
        "latency": 10,
        "generation_time": 100,
        "streamed": line.streamed,
        "cancelled": line.cancelled,
        "is_byok": False,
        "provider_responses": [{"status": 200, "provider_name": PROVIDER, "latency": 10}],
        "created_at": line.at.isoformat(),
        "api_type": "completions" if line.endpoint == "chat" else "images",
        "origin": "simulator",
        "data_region": "global",
    } | dict.fromkeys(_UNKNOWN_OF_A_GENERATION)


def _row(entry: Entry) -> dict[str, Json]:
    """Return a model as the list shows it."""
    row = {name: value for name, value in entry.row.items() if name != "images_api"}
    details = f"/api/v1/models/{entry.served_as}/endpoints"
    return row | {
        "pricing": shown_pricing(entry),
        "supported_voices": None,
        "links": {"details": details},
    }


def _number(request: Request, name: str, default: int) -> int:
    """Read a whole number of the query."""
    value = request.query.get(name, "")
    return int(value) if value.isdigit() else default
