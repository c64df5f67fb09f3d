"""Tell an answer from an echo: a schema, its placeholders, or an example handed back."""

import re
from collections.abc import Iterator
from typing import Any, Final

from ai.contracts.arguments import folded
from ai.structured.shape import Shape

_TYPES: Final = {"object", "array", "string", "number", "integer", "boolean", "null"}
_SCHEMA_WORDS: Final = {
    "type", "title", "description", "items", "enum", "const", "anyOf", "oneOf", "allOf", "default",
    "properties", "required", "additionalProperties", "examples", "format", "pattern", "nullable",
    "minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum",
}  # fmt: skip
_FIELD: Final = r"(?:title|logline|summary|description|name|text|scene|value|mood|label|purpose)"
_PLACEHOLDER: Final = re.compile(
    rf"\.{{3,}}|…|<[^<>]*>|\{{\{{?[\w .]+\}}?\}}|\$\{{\w+\}}|lorem ipsum.*|placeholder"
    rf"|\[(?:your|insert)\b[^\[\]]{{0,60}}\]|\[{_FIELD}\]|insert .{{1,40}} here"
    rf"|(?:your )?{_FIELD} (?:goes )?here|example {_FIELD}",
    re.IGNORECASE | re.DOTALL,
)
_TYPE_WORDS: Final = {"string", "str", "text"}
_ANNOUNCED: Final = re.compile(
    r"(?:\b(?:examples?|for instance|dummy|placeholder|template)\b|\be\.g\.)[^.,;!?]{0,60}$",
    re.IGNORECASE,
)
_BOUNDS: Final = re.compile(r"\s*\([^()]*\)\Z")
_LEAD_CHARS: Final = 160


def looks_like_schema(value: object) -> bool:
    """Say whether a value is a JSON Schema, or a node of one, rather than data."""
    if not isinstance(value, dict):
        return False
    if value.keys() & {"$schema", "$defs", "$ref"}:
        return True
    if isinstance(value.get("properties"), dict) and value.keys() & {"type", "required"}:
        return True
    kind = value.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    typed = bool(kinds) and all(isinstance(k, str) and k in _TYPES for k in kinds)
    return (typed or "anyOf" in value) and set(value) <= _SCHEMA_WORDS


def is_echo(value: dict[str, Any], shape: Shape) -> bool:
    """Say whether a valid answer only hands back the contract's own words."""
    if value in shape.examples:
        return True
    suspicious = 0
    for key, text in _texts(value, shape):
        if _PLACEHOLDER.fullmatch(text) or _BOUNDS.sub("", text) in shape.descriptions:
            return True
        suspicious += folded(text) == folded(key) or text.lower() in _TYPE_WORDS
    return suspicious > 1


def announced_as_example(text: str, start: int) -> bool:
    """Say whether the words before a value that starts at a place call it an example."""
    before = text[max(0, start - _LEAD_CHARS) : start]
    lead = re.sub(r"```\w*\s*$", "", before).rstrip(" \t\r\n:*_-")
    return bool(_ANNOUNCED.search(lead))


def _texts(value: object, shape: Shape, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield each text that must be there with its key."""
    if isinstance(value, dict):
        for name, child in value.items():
            if name not in shape.optional or not isinstance(child, str):
                yield from _texts(child, shape, name)
    elif isinstance(value, list):
        for child in value:
            yield from _texts(child, shape, key)
    elif isinstance(value, str):
        yield key, value
