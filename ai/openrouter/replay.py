"""What the model said, made ready to be sent back to it on the next turn.

Providers check the echo: Gemini 3 wants its reasoning details back untouched, Anthropic refuses
thoughts without a signature, Kimi wants reasoning on every message with tool calls, DeepSeek wants
even an empty list. Another family of models must not see any of it.
"""

from typing import Final

from ai.openrouter import jsontext
from ai.openrouter.slugs import author_of, is_kimi
from ai.openrouter.wire import Json, Message

_NO_THOUGHT: Final = "(none)"


def replayed(message: Message, *, slug: str, spoken_by: str) -> Json:
    """Return the message in OpenRouter's shape.

    Args:
        message: as it was assembled; arguments and details are replayed letter by letter.
        slug: of the model that will read it.
        spoken_by: slug of the model that said it.
    """
    echo: Json = {"role": "assistant", "content": message.content or None}
    if message.refusal:
        echo["refusal"] = message.refusal
    if message.tool_calls:
        echo["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in message.tool_calls
        ]
    if message.images:
        echo["images"] = [
            {"type": "image_url", "image_url": {"url": url}} for url in message.images
        ]
    if author_of(slug) == author_of(spoken_by):
        echo |= _thoughts(message)
    if is_kimi(slug) and message.tool_calls and "reasoning" not in echo:
        echo["reasoning"] = message.reasoning or _NO_THOUGHT  # absent and empty are refused
    return echo


def _thoughts(message: Message) -> Json:
    """Return the details if there are any, else the plain reasoning; never both."""
    if message.reasoning_details is not None:
        details = jsontext.parse(message.reasoning_details, exact=False)
        return {"reasoning_details": [item for item in details if not _is_unsigned(item)]}
    return {"reasoning": message.reasoning} if message.reasoning else {}


def _is_unsigned(item: Json) -> bool:
    """Tell whether Anthropic would refuse the item for want of its signature."""
    is_anthropic = str(item.get("format") or "").startswith("anthropic")
    return is_anthropic and item.get("type") == "reasoning.text" and not item.get("signature")
