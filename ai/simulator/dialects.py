"""What the provider families refuse in a JSON Schema."""

from collections.abc import Iterator
from typing import Final

from ai.simulator.brains.vocabulary import words
from ai.simulator.catalogue import Entry
from ai.simulator.errors import PROVIDER, Refusal
from ai.simulator.wire import Json

_ANTHROPIC_BANS: Final = {
    "number": ("maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum", "multipleOf"),
    "integer": ("maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum", "multipleOf"),
    "string": ("maxLength", "minLength"),
    "array": ("maxItems", "uniqueItems"),
}
_GEMINI_KNOWS: Final = words(
    "type format title description nullable enum items minItems maxItems properties required "
    "minProperties maxProperties minLength maxLength pattern minimum maximum anyOf default example "
    "additionalProperties propertyOrdering"
)


def check_schema(entry: Entry, response_format: dict[str, Json]) -> None:
    """Refuse a schema as the model's family would.

    Raises:
        Refusal: 400 "Provider returned error" with the reason inside `metadata.raw`.
    """
    described = response_format.get("json_schema") or {}
    schema = described.get("schema")
    if not isinstance(schema, dict):
        raise Refusal(400, "response_format.json_schema.schema is required")
    reason = _reason(entry.family, schema, strict=described.get("strict") is True)
    if reason:
        raise by_provider(reason)


def check_tools(entry: Entry, tools: list[Json]) -> None:
    """Refuse the parameters of a tool as the model's family would.

    Raises:
        Refusal: 400 "Provider returned error" with the reason inside `metadata.raw`.
    """
    for tool in tools:
        function = tool.get("function") or {}
        schema = function.get("parameters")
        if not isinstance(schema, dict) or entry.family == "anthropic":
            continue  # Claude's own tools take any schema; `strict` is dropped without its header
        reason = _reason(entry.family, schema, strict=function.get("strict") is True)
        if reason:
            raise by_provider(f"Invalid schema for function '{function.get('name')}': {reason}")


def by_provider(reason: str) -> Refusal:
    """Make the refusal of a provider, whose reason stands in the raw answer only."""
    raw = {"error": {"type": "invalid_request_error", "message": reason}}
    metadata = {"provider_name": PROVIDER, "raw": raw, "error_type": "invalid_request"}
    return Refusal(400, "Provider returned error", metadata=metadata)


def _reason(family: str, schema: dict[str, Json], *, strict: bool) -> str:
    """Return why a family refuses a schema, "" when it takes it."""
    if family == "anthropic":
        return _anthropic(schema)
    if family == "openai" and strict:
        return _openai(schema)
    if family == "google":
        return _gemini(schema)
    return ""


def _gemini(schema: dict[str, Json]) -> str:
    """Find what Gemini refuses: words it does not know, and enums of other things than texts."""
    for node in _nodes(schema):
        if unknown := sorted(set(node) - _GEMINI_KNOWS):
            return (
                f'Invalid JSON payload received. Unknown name "{unknown[0]}" at '
                "'generation_config.response_schema': Cannot find field."
            )
        if any(not isinstance(value, str | None) for value in node.get("enum", ())):
            return "response_schema.enum: only allowed for STRING type"
    return ""


def _anthropic(schema: dict[str, Json]) -> str:
    """Find what Claude refuses: bounds, and objects that are not closed."""
    for node in _nodes(schema):
        for kind in _types(node) or _ANTHROPIC_BANS:
            if banned := [key for key in _ANTHROPIC_BANS.get(kind, ()) if key in node]:
                names = ", ".join(banned)
                return (
                    f"output_format.schema: For '{kind}' type, properties {names} are not supported"
                )
        if "object" in _types(node) and node.get("additionalProperties") is not False:
            return (
                "output_format.schema: For 'object' type, 'additionalProperties' must be "
                "explicitly set to false"
            )
    return ""


def _openai(schema: dict[str, Json]) -> str:
    """Find what strict mode refuses: open objects, and properties that are not required."""
    if "object" not in _types(schema):
        return "Invalid schema for response_format: schema must be of type 'object'"
    for node in _nodes(schema):
        if "object" not in _types(node):
            continue
        if node.get("additionalProperties") is not False:
            return (
                "Invalid schema for response_format: 'additionalProperties' is required to be "
                "supplied and to be false"
            )
        if missing := set(node.get("properties", {})) - set(node.get("required", ())):
            return (
                "Invalid schema for response_format: 'required' is required to "
                "be supplied and to be an array "
                f"including every key in properties. Missing '{sorted(missing)[0]}'."
            )
    return ""


def _types(node: dict[str, Json]) -> list[str]:
    """Return the types a schema node names."""
    kind = node.get("type", [])
    return [kind] if isinstance(kind, str) else list(kind)


def _nodes(schema: Json) -> Iterator[dict[str, Json]]:
    """Yield every schema inside a schema, itself first."""
    if not isinstance(schema, dict):
        return
    yield schema
    for key in ("properties", "$defs", "definitions"):
        for child in (schema.get(key) or {}).values():
            yield from _nodes(child)
    for key in ("anyOf", "oneOf", "allOf"):
        for child in schema.get(key) or ():
            yield from _nodes(child)
    for key in ("items", "additionalProperties", "not"):
        yield from _nodes(schema.get(key))
