"""What the provider families refuse in a JSON Schema."""

from collections.abc import Iterator
from typing import Final

from ai.simulator.catalogue import Entry
from ai.simulator.errors import PROVIDER, Refusal
from ai.simulator.wire import Json

_ANTHROPIC_BANS: Final = {
    "number": ("maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum", "multipleOf"),
    "integer": ("maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum", "multipleOf"),
    "string": ("maxLength", "minLength"),
    "array": ("maxItems", "uniqueItems"),
}
_GEMINI_BANS: Final = ("$schema", "discriminator", "exclusiveMinimum", "exclusiveMaximum")


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
        raw = {"error": {"type": "invalid_request_error", "message": reason}}
        metadata = {"provider_name": PROVIDER, "raw": raw, "error_type": "invalid_request"}
        raise Refusal(400, "Provider returned error", metadata=metadata)


def _reason(family: str, schema: dict[str, Json], *, strict: bool) -> str:
    """Return why a family refuses a schema, "" when it takes it."""
    if family == "anthropic":
        return _anthropic(schema)
    if family == "openai" and strict:
        return _openai(schema)
    if family == "google":
        found = next((key for node in _nodes(schema) for key in _GEMINI_BANS if key in node), "")
        return (
            f'Invalid JSON payload received. Unknown name "{found}" at response_schema'
            if found
            else ""
        )
    return ""


def _anthropic(schema: dict[str, Json]) -> str:
    """Find what Claude refuses: bounds, and objects that are not closed."""
    for node in _nodes(schema):
        for kind in _types(node):
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
    yield from _nodes(schema.get("items"))
