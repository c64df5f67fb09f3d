"""What the service refuses before any model sees a request."""

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from ai.simulator.brains.vocabulary import words
from ai.simulator.catalogue import Entry
from ai.simulator.dialects import by_provider, check_schema, check_tools
from ai.simulator.errors import Refusal
from ai.simulator.shape import ChatShape, check_types
from ai.simulator.signature import GEMINI_FORMAT, SIGN_CHARS, signed
from ai.simulator.tokens import count_messages
from ai.simulator.wire import Json

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_FALLBACKS: Final = 3
_MOST_METADATA: Final = 16
_MOST_METADATA_CHARS: Final = 512
_MOST_SESSION_CHARS: Final = 256
_PROVIDER_KEYS: Final = words(
    "order only ignore allow_fallbacks require_parameters data_collection zdr "
    "enforce_distillable_text quantizations sort max_price preferred_min_throughput "
    "preferred_max_latency options"
)
_FORMATS: Final = frozenset({"text", "json_object", "json_schema", "grammar", "python"})
_TOOL_NAME: Final = re.compile(r"^[A-Za-z0-9_-]{1,64}$")
_NO_PREFILL: Final = re.compile(r"claude-(?:\w+-)?(?:4\.[6-9]|[5-9])")
_SENT_BY_GATEWAYS: Final = frozenset({"model", "messages", "stream", "provider", "metadata"})
_ADVERTISED: Final = (
    "tools",
    "tool_choice",
    "response_format",
    "temperature",
    "top_p",
    "seed",
    "max_tokens",
    "reasoning",
)


def check_shape(body: dict[str, Json]) -> None:
    """Check what does not depend on the model.

    Raises:
        Refusal: 400 with the reason.
    """
    check_types(ChatShape, body)
    _check_messages(body.get("messages"))
    models = body.get("models")
    if models is not None and (not isinstance(models, list) or len(models) > _MOST_FALLBACKS):
        raise Refusal(400, "'models' array must have 3 items or fewer")
    if not body.get("model") and not models:
        raise Refusal(400, "No models provided")
    check_provider(body)
    _check_numbers(body)
    _check_labels(body)
    kind = (body.get("response_format") or {}).get("type", "text")
    if kind not in _FORMATS:
        raise Refusal(400, f"Invalid response_format type: {kind}")
    for tool in body.get("tools") or ():
        name = (tool.get("function") or {}).get("name", "") if isinstance(tool, dict) else ""
        if tool.get("type") == "function" and not _TOOL_NAME.match(name):
            raise Refusal(400, f"Invalid tool name: {name!r}")


def check_provider(body: dict[str, Json]) -> None:
    """Check the closed `provider` object.

    Raises:
        Refusal: 400 "Unrecognized key(s) in object".
    """
    provider = body.get("provider")
    if provider is None:
        return
    if not isinstance(provider, dict):
        raise Refusal(400, "provider: Expected object")
    if unknown := sorted(set(provider) - _PROVIDER_KEYS):
        keys = ", ".join(f"'{key}'" for key in unknown)
        raise Refusal(400, f"Unrecognized key(s) in object: {keys}")


def check_ability(entry: Entry, body: dict[str, Json], pictures: list[str]) -> None:
    """Check what the model can do: modalities, tools, pictures, formats, context.

    Raises:
        Refusal: 404 "No endpoints found ..." or 400 of the provider.
    """
    _check_modalities(entry, body)
    if body.get("tools") and not entry.supports("tools"):
        name = (body["tools"][0].get("function") or {}).get("name", "")
        raise _no_endpoints(f'that support tool use. Try disabling "{name}"')
    if pictures and not entry.reads("image"):
        raise _no_endpoints("that support image input")
    _check_parameters(entry, body)
    _check_tool_choice(entry, body)
    check_tools(entry, body.get("tools") or [])
    _check_format(entry, body)
    _check_reasoning(entry, body)
    _check_history(entry, body["messages"])


def check_context(entry: Entry, prompt_tokens: int) -> None:
    """Check that the prompt fits.

    Raises:
        Refusal: 400 context_length_exceeded with both numbers.
    """
    if prompt_tokens > entry.context_tokens:
        raise Refusal(
            400,
            f"This endpoint's maximum context length is {entry.context_tokens} tokens. "
            f"However, you requested about {prompt_tokens} tokens.",
            metadata={"error_type": "context_length_exceeded", "provider_name": "Simulator"},
        )


def check_credit(entry: Entry, max_tokens: int, prompt_usd: Decimal, left_usd: Decimal) -> None:
    """Check that the worst case can be paid; unasked, the model's own limit is reserved.

    Raises:
        Refusal: 402 with the requested and the affordable number of tokens.
    """
    price = entry.price_usd("completion") or Decimal(0)
    if prompt_usd + price * max_tokens <= left_usd and left_usd >= 0:
        return
    affordable = max(int((left_usd - prompt_usd) / price), 0) if price else 0
    raise Refusal(
        402,
        "This request requires more credits, or fewer max_tokens. "
        f"You requested up to {max_tokens} tokens, but can only afford {affordable}. "
        "To increase, visit https://openrouter.ai/settings/credits and upgrade to a paid account",
        metadata={"provider_name": None, "error_type": "payment_required"},
    )


def prompt_tokens_of(body: dict[str, Json]) -> int:
    """Count the words of a request: messages, tool descriptions and the asked format."""
    described = [
        {"content": str(body[key])} for key in ("tools", "response_format") if body.get(key)
    ]
    return count_messages(body["messages"]) + count_messages(described)


def _check_messages(messages: Json) -> None:
    """Check the conversation's shape."""
    if not isinstance(messages, list) or not messages:
        raise Refusal(400, 'Input required: specify "prompt" or "messages"')
    for message in messages:
        if message["role"] == "tool" and not message.get("tool_call_id"):
            raise Refusal(400, "tool messages need a tool_call_id")
        _check_content(message.get("content"))


def _check_content(content: Json) -> None:
    """Check a message's words or parts."""
    if content is None or isinstance(content, str):
        return
    if not isinstance(content, list) or not all(isinstance(part, dict) for part in content):
        raise Refusal(400, "Invalid message content")
    for part in content:
        if part.get("type") == "image_url" and not isinstance(
            (part.get("image_url") or {}).get("url"), str
        ):
            raise Refusal(400, "image_url.url must be a string")


def _check_numbers(body: dict[str, Json]) -> None:
    """Check the figures that have a range."""
    ranges: dict[str, tuple[float, float]] = {
        "temperature": (0, 2),
        "frequency_penalty": (-2, 2),
        "presence_penalty": (-2, 2),
        "top_p": (0, 1),
        "max_tokens": (1, 10**9),
        "max_completion_tokens": (1, 10**9),
    }
    for name, (low, high) in ranges.items():
        value = body.get(name)
        if value is not None and (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not low <= value <= high
        ):
            raise Refusal(400, f"Invalid {name}: expected a number between {low} and {high}")


def _check_labels(body: dict[str, Json]) -> None:
    """Check metadata and session id."""
    metadata = body.get("metadata") or {}
    if not isinstance(metadata, dict) or len(metadata) > _MOST_METADATA:
        raise Refusal(400, "metadata must have at most 16 pairs")
    if any(not isinstance(v, str) or len(v) > _MOST_METADATA_CHARS for v in metadata.values()):
        raise Refusal(400, "metadata values must be strings of at most 512 characters")
    session = body.get("session_id")
    if session is not None and (not isinstance(session, str) or len(session) > _MOST_SESSION_CHARS):
        raise Refusal(400, "session_id must be a string of at most 256 characters")


def _check_modalities(entry: Entry, body: dict[str, Json]) -> None:
    """Check that the model makes exactly what is asked for."""
    wanted = body.get("modalities") or (["text"] if entry.writes("text") else [])
    if not wanted or any(not entry.writes(modality) for modality in wanted):
        asked = ", ".join(wanted or ["text"])
        raise _no_endpoints(f"that support the requested output modalities: {asked}")


def _check_parameters(entry: Entry, body: dict[str, Json]) -> None:
    """Check `require_parameters`, which lets one unadvertised parameter empty the list."""
    if not (body.get("provider") or {}).get("require_parameters"):
        return
    asked = [
        name for name in _ADVERTISED if body.get(name) is not None and name not in _SENT_BY_GATEWAYS
    ]
    if any(not entry.supports(name) and not _by_structured(entry, body, name) for name in asked):
        raise _no_endpoints(
            "that can handle the requested parameters", excluded_by=["require_parameters"]
        )


def _by_structured(entry: Entry, body: dict[str, Json], name: str) -> bool:
    """Tell whether `response_format` asks for a schema and the model takes schemas."""
    asks_schema = (body.get("response_format") or {}).get("type") == "json_schema"
    return name == "response_format" and asks_schema and entry.supports("structured_outputs")


def _check_tool_choice(entry: Entry, body: dict[str, Json]) -> None:
    """Check that a tool can be demanded: not of every endpoint, not of Kimi while it thinks."""
    choice = body.get("tool_choice")
    if choice in (None, "none") or not body.get("tools"):
        return
    if not entry.supports("tool_choice"):
        raise _no_endpoints("that support the provided 'tool_choice' value")
    if entry.slug.startswith("moonshotai/kimi-k2-thinking") and choice != "auto":
        raise by_provider("tool_choice 'required' is incompatible with thinking enabled")


def _check_format(entry: Entry, body: dict[str, Json]) -> None:
    """Check a schema in the family's dialect, and that Gemini is not asked for tools as well."""
    form = body.get("response_format") or {}
    if form.get("type") == "json_schema":
        if not entry.supports("structured_outputs"):
            raise _no_endpoints("that support structured outputs")
        check_schema(entry, form)
    if (
        entry.family == "google"
        and body.get("tools")
        and form.get("type") in ("json_schema", "json_object")
    ):
        raise Refusal(
            400, "Function calling with a response mime type: 'application/json' is unsupported"
        )


def _check_reasoning(entry: Entry, body: dict[str, Json]) -> None:
    """Check that thinking is not switched off where it cannot be."""
    asked = (body.get("reasoning") or {}).get("effort") or body.get("reasoning_effort")
    if asked == "none" and (entry.row.get("reasoning") or {}).get("mandatory"):
        raise Refusal(400, "Reasoning is mandatory for this endpoint and cannot be disabled.")


def _check_history(entry: Entry, messages: list[Json]) -> None:
    """Check what families want to see again, and prefill where it is refused."""
    called = [
        message
        for message in messages
        if message["role"] == "assistant" and message.get("tool_calls")
    ]
    wants: dict[str, tuple[Callable[[Json], Json], str]] = {
        "google/gemini-3": (
            lambda message: message.get("reasoning_details"),
            "Gemini models require OpenRouter reasoning details to be preserved in each request",
        ),
        "moonshotai/kimi-k2-thinking": (
            _thoughts,
            "thinking is enabled but reasoning_content is missing in assistant tool call message",
        ),
    }
    for prefix, (read, text) in wants.items():
        if entry.slug.startswith(prefix) and any(not read(message) for message in called):
            raise Refusal(400, text)
    if any(not _whole(detail) for message in called for detail in _signatures(message)):
        raise by_provider("Corrupted thought signature.")
    if messages[-1]["role"] == "assistant" and _NO_PREFILL.search(entry.slug):
        raise Refusal(400, "This model does not support assistant message prefill")


def _thoughts(message: Json) -> str:
    """Return the thoughts a message gives back, plain or in their details."""
    details = message.get("reasoning_details")
    texts = [
        str(detail.get("text") or "")
        for detail in (details if isinstance(details, list) else [])
        if isinstance(detail, dict)
    ]
    return message.get("reasoning") or message.get("reasoning_content") or "".join(texts)


def _signatures(message: Json) -> list[str]:
    """Return the signatures of Gemini that a message gives back."""
    details = message.get("reasoning_details")
    return [
        str(detail.get("data"))
        for detail in (details if isinstance(details, list) else [])
        if isinstance(detail, dict) and detail.get("format") == GEMINI_FORMAT
    ]


def _whole(signature: str) -> bool:
    """Tell whether a signature is one that this simulator wrote, untouched."""
    return signed(signature[:-SIGN_CHARS]) == signature


def _no_endpoints(why: str, *, excluded_by: list[str] | None = None) -> Refusal:
    """Make the 404 of a request no endpoint can serve."""
    availability: dict[str, Json] = {
        "code": "no_endpoints",
        "retryable": False,
        "requested_models": [],
    }
    if excluded_by:
        availability |= {"code": "constraint_filtered", "excluded_by": excluded_by}
    return Refusal(404, f"No endpoints found {why}", availability=availability)
