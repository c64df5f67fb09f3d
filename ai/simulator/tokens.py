"""A plain token count: good enough to price, the same on every machine."""

import math
import re
from typing import Final

from ai.simulator.wire import Json

TILE_TOKENS: Final = 170
IMAGE_BASE_TOKENS: Final = 85
_TILE_PX: Final = 512
_OTHER: Final = re.compile("[^\x00-\u024f]")
_LATIN_CHARS: Final = 4
_OTHER_CHARS: Final = 2
_MESSAGE_TOKENS: Final = 4


def count_text(text: str) -> int:
    """Count tokens of a text: four Latin characters each, two of any other script."""
    if text.isascii():
        return math.ceil(len(text) / _LATIN_CHARS)
    others = len(_OTHER.findall(text))
    return math.ceil((len(text) - others) / _LATIN_CHARS + others / _OTHER_CHARS)


def cut_text(text: str, tokens: int) -> str:
    """Return the longest head of a text that counts at most so many tokens."""
    if count_text(text) <= tokens:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if count_text(text[:middle]) <= tokens else (low, middle - 1)
    return text[:low]


def count_image(width_px: int, height_px: int) -> int:
    """Count tokens of a picture by its 512 px tiles."""
    tiles = math.ceil(width_px / _TILE_PX) * math.ceil(height_px / _TILE_PX)
    return IMAGE_BASE_TOKENS + TILE_TOKENS * tiles


def count_messages(messages: list[Json]) -> int:
    """Count tokens of the words in a conversation, tool calls included, pictures left out."""
    return sum(_MESSAGE_TOKENS + _count_message(message) for message in messages)


def _count_message(message: Json) -> int:
    """Count one message."""
    content = message.get("content")
    parts = content if isinstance(content, list) else [{"text": content}]
    words = sum(count_text(part["text"]) for part in parts if isinstance(part.get("text"), str))
    calls = message.get("tool_calls") or []
    return words + sum(count_text(str(call.get("function", ""))) for call in calls)
