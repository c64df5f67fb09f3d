"""The bill inside a reply: read leniently, merged so that nothing known is forgotten."""

from typing import Any, Final

from ai.openrouter.wire import Json, Usage

_PLACES: Final = {
    "prompt_tokens": ("prompt_tokens",),
    "completion_tokens": ("completion_tokens",),
    "total_tokens": ("total_tokens",),
    "cached_tokens": ("prompt_tokens_details", "cached_tokens"),
    "cache_write_tokens": ("prompt_tokens_details", "cache_write_tokens"),
    "reasoning_tokens": ("completion_tokens_details", "reasoning_tokens"),
    "image_tokens": ("completion_tokens_details", "image_tokens"),
    "cost_usd": ("cost",),
    "upstream_cost_usd": ("cost_details", "upstream_inference_cost"),
    "is_byok": ("is_byok",),
}


def read_usage(value: object) -> Usage | None:
    """Return what a `usage` object says; None when it is missing or says nothing we know."""
    if not isinstance(value, dict):
        return None
    usage = Usage.model_validate({name: _at(value, path) for name, path in _PLACES.items()})
    return usage if _known(usage) else None


def merged(earlier: Usage | None, later: Usage) -> Usage:
    """Return the later bill, completed by the earlier one where the later is silent."""
    return later if earlier is None else earlier.model_copy(update=_known(later))


def _known(usage: Usage) -> Json:
    return {name: value for name, value in usage if value is not None}


def _at(value: Any, path: tuple[str, ...]) -> object:  # noqa: ANN401 - the JSON edge
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value
