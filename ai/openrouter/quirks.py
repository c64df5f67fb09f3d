"""Requests mended before and after a refusal, and answers found where models hide them.

Pure functions. Each rewrite is deterministic and is to be tried once: what is refused again after
it is refused for another reason.
"""

import re
from collections.abc import Callable, Collection
from typing import Final

from ai.openrouter.errors import (
    ContextLengthError,
    NoEndpointsError,
    OpenRouterError,
    PaymentRequiredError,
)
from ai.openrouter.slugs import (
    allows_prefill,
    is_gemini,
    is_image_only,
    suggest_model,
    supports_json_object,
)
from ai.openrouter.wire import ChatRequest, Json, Message

__all__ = [
    "answer_text",
    "preflight",
    "rewrite_after",
    "suggest_model",
    "supports_json_object",
]

_CONTINUE: Final = (
    "Your answer was cut. Go on from exactly where it ends, without repeating any of it. "
    "It ends with:\n\n"
)
_COMPRESSION: Final = "context-compression"
_WEB: Final = "web"
_MARGIN_TOKENS: Final = 64
_FEWEST_TOKENS: Final = 16
_LIMIT: Final = re.compile(r"(?i)(?:context length|context window|limit)\D{0,40}?([\d,]{3,})")
_PROMPT: Final = re.compile(
    r"(?i)([\d,]{2,})\s*(?:tokens? )?(?:of text input|in the messages|input)"
)
_PREFILL: Final = re.compile(r"(?i)assistant message prefill|\bprefill\b|must end with a user")
_MANDATORY: Final = re.compile(r"(?i)reasoning is mandatory|cannot be disabled")
_TOOL_CHOICE: Final = re.compile(r"(?i)tool[_ ]choice")
_MIME_TYPE: Final = re.compile(r"(?i)function calling with a response mime type")
_PARAMETERS: Final = re.compile(r"(?i)handle the requested parameters|require_parameters")


def answer_text(message: Message) -> str:
    """Return what the model answered: the content or, when that is blank, the reasoning.

    Kimi, GLM and MiniMax put whole answers there. Thoughts that the token limit cut are no answer.
    """
    if message.content.strip() or message.is_cut or message.tool_calls:
        return message.content
    return message.reasoning or ""


def preflight(
    request: ChatRequest, *, output_modalities: Collection[str] | None = None
) -> ChatRequest:
    """Return the request without what is known to be refused.

    The number of models, an explicit `max_tokens` and the keys of `provider` are checked by the
    request itself.

    Args:
        request: as wished.
        output_modalities: of the model by the catalogue; None falls back to the slug's family.
    """
    request = _with_modalities(request, output_modalities)
    if is_gemini(request.model):
        request = _for_gemini(request)
    if not allows_prefill(request.model):
        request = _without_prefill(request) or request
    return request


def rewrite_after(
    error: OpenRouterError, request: ChatRequest, *, least_tokens: int | None = None
) -> ChatRequest | None:
    """Return the request to try once after this refusal; None when nothing would help.

    Known refusals: prefill, mandatory reasoning, `tool_choice`, tools with a response format on
    Gemini, context length, `require_parameters`, and a balance that covers a shorter answer.

    Args:
        error: the refusal.
        request: what was refused.
        least_tokens: the shortest answer that is worth paying for; None is half of what was wished.
    """
    if isinstance(error, PaymentRequiredError):
        return _within_balance(error.affordable_tokens, request, least_tokens)
    text = f"{error.message}\n{error.raw_message or ''}"
    rewrites: tuple[tuple[bool, Callable[[], ChatRequest | None]], ...] = (
        (_is_about_parameters(error, text), lambda: _without_required_parameters(request)),
        (isinstance(error, ContextLengthError), lambda: _within_context(text, request)),
        (bool(_PREFILL.search(text)), lambda: _without_prefill(request)),
        (bool(_MANDATORY.search(text)), lambda: _with_default_reasoning(request)),
        (bool(_MIME_TYPE.search(text)), lambda: _without(request, "response_format")),
        (bool(_TOOL_CHOICE.search(text)), lambda: _with_free_tool_choice(request)),
    )
    return next((rewrite() for applies, rewrite in rewrites if applies), None)


def _with_modalities(request: ChatRequest, known: Collection[str] | None) -> ChatRequest:
    """Ask image-only models for pictures only, and without tools, which they refuse."""
    if not request.modalities or "image" not in request.modalities:
        return request
    only_images = is_image_only(request.model) if known is None else set(known) == {"image"}
    if only_images:
        return request.model_copy(
            update={"modalities": ("image",), "tools": None, "tool_choice": None}
        )
    return request.model_copy(update={"modalities": ("image", "text")})


def _for_gemini(request: ChatRequest) -> ChatRequest:
    """Leave out a response format beside tools, and the web plugin: both break the answer."""
    if request.tools and request.response_format:
        request = request.model_copy(update={"response_format": None})
    kept = tuple(plugin for plugin in request.plugins or () if plugin.get("id") != _WEB)
    if len(kept) != len(request.plugins or ()):
        request = request.model_copy(update={"plugins": kept or None})
    return request


def _without_prefill(request: ChatRequest) -> ChatRequest | None:
    """Turn the model's own last words into a user's wish to go on from them."""
    kept = list(request.messages)
    tail: list[str] = []
    while kept and kept[-1].get("role") == "assistant" and not kept[-1].get("tool_calls"):
        tail.insert(0, _words(kept.pop().get("content")))
    if len(kept) == len(request.messages):
        return None
    words = "".join(tail).strip()
    if words:
        kept.append({"role": "user", "content": f"{_CONTINUE}{words}"})
    return request.model_copy(update={"messages": tuple(kept)}) if kept else None


def _words(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "".join(str(part.get("text", "")) for part in parts if isinstance(part, dict))


def _with_default_reasoning(request: ChatRequest) -> ChatRequest | None:
    """Drop the wish not to think, keep the wish not to see it."""
    kept = {"exclude": True} if (request.reasoning or {}).get("exclude") else None
    if request.reasoning == kept and request.reasoning_effort is None:
        return None
    return request.model_copy(update={"reasoning": kept, "reasoning_effort": None})


def _with_free_tool_choice(request: ChatRequest) -> ChatRequest | None:
    """Leave the choice of a tool to the model; where even that is refused, do not speak of it."""
    if request.tool_choice is None:
        return None
    freer = None if request.tool_choice == "auto" else "auto"
    return request.model_copy(update={"tool_choice": freer})


def _without_required_parameters(request: ChatRequest) -> ChatRequest | None:
    if request.provider is None or not request.provider.require_parameters:
        return None
    provider = request.provider.model_copy(update={"require_parameters": None})
    return request.model_copy(update={"provider": provider})


def _without(request: ChatRequest, name: str) -> ChatRequest | None:
    if getattr(request, name) is None:
        return None
    return request.model_copy(update={name: None})


def _within_context(text: str, request: ChatRequest) -> ChatRequest | None:
    """Shorten the answer if that is enough, else let OpenRouter shorten the prompt."""
    limit, prompt = _first_number(_LIMIT, text), _first_number(_PROMPT, text)
    if limit is not None and prompt is not None:
        room = limit - prompt - _MARGIN_TOKENS
        if _FEWEST_TOKENS <= room < request.max_tokens:
            return _shortened(request, room)
    plugins = request.plugins or ()
    if any(plugin.get("id") == _COMPRESSION for plugin in plugins):
        return None
    compression: Json = {"id": _COMPRESSION, "engine": "middle-out"}
    return request.model_copy(update={"plugins": (*plugins, compression)})


def _within_balance(
    affordable: int | None, request: ChatRequest, least_tokens: int | None
) -> ChatRequest | None:
    """Shorten the answer to what can be paid, unless that is too short to be one."""
    least = request.max_tokens // 2 if least_tokens is None else least_tokens
    if affordable is None or not max(least, 1) <= affordable < request.max_tokens:
        return None
    return _shortened(request, affordable)


def _shortened(request: ChatRequest, tokens: int) -> ChatRequest:
    """Return the request with a shorter limit, by whichever of its names it was wished."""
    other = None if request.max_completion_tokens is None else tokens
    return request.model_copy(update={"max_tokens": tokens, "max_completion_tokens": other})


def _first_number(pattern: re.Pattern[str], text: str) -> int | None:
    found = pattern.search(text)
    return int(found[1].replace(",", "")) if found else None


def _is_about_parameters(error: OpenRouterError, text: str) -> bool:
    if isinstance(error, NoEndpointsError) and "require_parameters" in error.excluded_by:
        return True
    return bool(_PARAMETERS.search(text))
