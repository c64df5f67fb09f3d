"""What a request says: instructions, fenced data, the person's words, pictures and schema."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ai.simulator.wire import Json

# A tag without a name opens a block only if no other one opens before it ends: a prompt may speak
# of "<data> tags" in plain words.
DATA_BLOCK: Final = re.compile(
    r"<data(?:\s(?P<attributes>[^<>]*)>|\s*>(?=(?:(?!<data\b).)*?</data>))"
    r"\n?(?P<body>.*?)\n?</data>",
    re.DOTALL | re.IGNORECASE,
)
_NAME: Final = re.compile(r"""name\s*=\s*["']?(?P<name>[^"'>\s]+)""")
_MOST_TRIES: Final = 500
_CODE_FENCE: Final = re.compile(r"(?:```|~~~)[\w-]*\n(?P<body>.*?)\n(?:```|~~~)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced piece of data."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A conversation taken apart. Instructions are what may be obeyed; blocks are data."""

    system: str
    said: str
    """The words of the last user message, data taken out."""
    history: list[str]
    """Words of all user messages, oldest first."""
    blocks: list[Block]
    pictures: list[str]
    tool_results: list[Json] = field(default_factory=list)
    """Tool messages after the last user message."""

    @property
    def instructions(self) -> str:
        """System words and the last user words together."""
        return f"{self.system}\n{self.said}"

    def block(self, *names: str) -> str:
        """Return the first data block whose name contains one of the words, or ""."""
        for name in names:
            for block in self.blocks:
                if name in block.name.lower():
                    return block.text
        return ""


def read_messages(messages: list[Json], *, obedient: bool = False) -> Reading:
    """Take a conversation apart; an obedient reader takes data for words that were said to it."""
    system, history, blocks = [], [], []
    for message in messages:
        text = text_of(message.get("content"))
        blocks.extend(_blocks(text) if message.get("role") != "assistant" else [])
        words = text if obedient else without_data(text)
        if message.get("role") in ("system", "developer"):
            system.append(words)
        elif message.get("role") == "user":
            history.append(words.strip())
    trailing = _trailing_tool_messages(messages)
    said = history[-1] if history else ""
    if obedient and trailing:
        said = "\n".join([said, *(text_of(message.get("content")) for message in trailing)])
    pictures = [url for message in messages for url in picture_urls(message)]
    return Reading("\n".join(system), said, history, blocks, pictures, trailing)


def text_of(content: Json) -> str:
    """Return the words of a message's content, string or parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(part["text"] for part in parts if isinstance(part.get("text"), str))


def picture_urls(message: Json) -> list[str]:
    """Return the picture addresses in a message's parts."""
    content = message.get("content")
    parts = content if isinstance(content, list) else []
    return [part["image_url"]["url"] for part in parts if part.get("type") == "image_url"]


def without_data(text: str) -> str:
    """Return a text with its fenced data taken out."""
    return DATA_BLOCK.sub(" ", text)


def fenced_code(text: str) -> str:
    """Return the longest piece between code fences, or ""."""
    return max((match["body"] for match in _CODE_FENCE.finditer(text)), key=len, default="")


def schema_in(text: str) -> dict[str, Json] | None:
    """Return the JSON Schema written out in a prompt, or None."""
    for value in _objects_in(text):
        if isinstance(value.get("properties"), dict):
            return value
        inner = value.get("schema")
        if isinstance(inner, dict) and isinstance(inner.get("properties"), dict):
            return inner
    return None


def _objects_in(text: str) -> Iterator[dict[str, Json]]:
    """Yield the JSON objects in a text, outermost first."""
    decoder = json.JSONDecoder()
    start, tries = text.find("{"), _MOST_TRIES
    while start >= 0 and tries:
        tries -= 1
        end = start + 1
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict):
            yield value
        start = text.find("{", end)


def _blocks(text: str) -> list[Block]:
    """Return the data blocks of a text."""
    found = []
    for match in DATA_BLOCK.finditer(text):
        name = _NAME.search(match["attributes"] or "")
        found.append(Block(name["name"] if name else "data", match["body"]))
    return found


def _trailing_tool_messages(messages: list[Json]) -> list[Json]:
    """Return the tool messages after the last user message, oldest first."""
    trailing: list[Json] = []
    for message in reversed(messages):
        if message.get("role") == "user":
            return trailing[::-1]
        if message.get("role") == "tool":
            trailing.append(message)
    return trailing[::-1]
