"""What the account may spend, spent, and did: key, generations, days."""

from typing import Annotated

from pydantic import BeforeValidator

from ai.openrouter.text import clean
from ai.openrouter.wire import Generation, Json, KeyStatus, Tokens, Usd, _Reply


def _words(value: object) -> str | None:
    return clean(value) if isinstance(value, str) else None


Words = Annotated[str | None, BeforeValidator(_words)]


class Activity(_Reply):
    """What one model at one provider did on one day; only a management key may ask."""

    date: Words = None
    """Of the day in UTC, as `2026-12-31`; a time may follow."""
    model: Words = None
    model_permaslug: Words = None
    endpoint_id: Words = None
    provider_name: Words = None
    usage: Usd = None
    """USD of the account."""
    byok_usage_inference: Usd = None
    """USD that providers charge to keys of our own."""
    requests: Tokens = None
    prompt_tokens: Tokens = None
    completion_tokens: Tokens = None
    reasoning_tokens: Tokens = None


def read_key(data: Json) -> KeyStatus:
    """Read the `data` of GET /key."""
    return KeyStatus.model_validate(
        data
        | {
            "label": _words(data.get("label")),
            "expires_at": _words(data.get("expires_at")),
            "limit_usd": data.get("limit"),
            "remaining_usd": data.get("limit_remaining"),
            "used_usd": data.get("usage"),
            "used_day_usd": data.get("usage_daily"),
            "used_week_usd": data.get("usage_weekly"),
            "used_month_usd": data.get("usage_monthly"),
            "byok_used_usd": data.get("byok_usage"),
        }
    )


def read_generation(data: Json, *, asked_id: str) -> Generation:
    """Read the `data` of GET /generation; one that does not say its id is the one asked for."""
    return Generation(
        id=_words(data.get("id")) or asked_id,
        model=_words(data.get("model")),
        provider=_words(data.get("provider_name")),
        cost_usd=data.get("total_cost"),
        upstream_cost_usd=data.get("upstream_inference_cost"),
        prompt_tokens=data.get("native_tokens_prompt", data.get("tokens_prompt")),
        completion_tokens=data.get("native_tokens_completion", data.get("tokens_completion")),
        reasoning_tokens=data.get("native_tokens_reasoning"),
        cached_tokens=data.get("native_tokens_cached"),
        finish_reason=_words(data.get("finish_reason")),
        native_finish_reason=_words(data.get("native_finish_reason")),
        cancelled=data.get("cancelled"),
        is_byok=data.get("is_byok"),
    )
