"""What the way from text to contract has to know about a contract."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

from ai.contracts.arguments import folded
from ai.structured.schema import Schema, inlined


@dataclass(frozen=True)
class Shape:
    """A contract's schema without references, and the words that occur in it."""

    schema: Schema
    known: frozenset[str]
    """Folded names of all keys, at any depth."""
    fields: frozenset[str]
    """Folded names of the keys of the outermost object."""
    optional: frozenset[str]
    """Names of keys whose value may be null."""
    descriptions: frozenset[str]
    examples: tuple[Any, ...]


@lru_cache(maxsize=128)
def shape_of(contract: type[BaseModel]) -> Shape:
    """Return the shape of a contract.

    Raises:
        ValueError: the contract refers to itself.
    """
    schema = inlined(contract.model_json_schema(by_alias=True))
    pairs = list(_properties(schema))
    described = [node.get("description") for _, node in pairs]
    return Shape(
        schema=schema,
        known=frozenset(folded(key) for key, _ in pairs),
        fields=frozenset(folded(key) for key in schema.get("properties", {})),
        optional=frozenset(key for key, node in pairs if is_nullable(node)),
        descriptions=frozenset(" ".join(text.split()) for text in described if text),
        examples=tuple(schema.get("examples", ())),
    )


def is_nullable(node: Schema) -> bool:
    """Say whether a schema node takes null."""
    return any(choice.get("type") == "null" for choice in node.get("anyOf", ()))


def _properties(node: Schema) -> Iterator[tuple[str, Schema]]:
    """Yield every key with its node, at any depth."""
    for key, child in node.get("properties", {}).items():
        yield key, child
        yield from _properties(child)
    for child in (node.get("items"), *node.get("anyOf", ())):
        if isinstance(child, dict):
            yield from _properties(child)
