"""The service's own question, as other gateways can be asked it."""

from typing import Any, Final

# What all gateways know of the chat completions' shape; the rest is OpenRouter's own.
_COMMON: Final = (
    "model", "messages", "stream", "response_format", "tools", "tool_choice", "max_tokens",
    "max_completion_tokens", "temperature", "seed",
)  # fmt: skip


def portable(body: dict[str, Any], *, name: str) -> dict[str, Any]:
    """Keep what every gateway understands; `name` comes back in the upstream's notes."""
    return {key: body[key] for key in _COMMON if key in body} | {"user": name}
