"""Fill any JSON Schema with what is known, by the names of its properties."""

import math
import re
from dataclasses import dataclass
from typing import Final

from ai.simulator.brains.clock import NEAREST
from ai.simulator.brains.facts import Facts, Value, concept_of
from ai.simulator.brains.language import clip
from ai.simulator.wire import Json

_DEEPEST: Final = 24
_HEX_PATTERN: Final = re.compile(r"a-f|A-F|\\h|0-9a")
_HEX: Final = re.compile(r"^#[0-9a-f]{6}$")
_SCENE_CONCEPTS: Final = frozenset({"location", "characters", "beats", "time_of_day"})
_TEXT_CONCEPTS: Final = ("summary", "description", "title", "name", "reply", "logline")
_NOTHING: Final = object()


@dataclass(frozen=True, slots=True)
class Filler:
    """One walk through one schema."""

    root: dict[str, Json]

    def value(self, schema: Json, name: str, facts: Facts, depth: int = 0) -> Json:
        """Return a value for a property, or the `_NOTHING` mark where nothing is known."""
        schema = self._resolved(schema)
        known = _known(facts, name)
        if depth > _DEEPEST:
            return _NOTHING
        for key in ("anyOf", "oneOf"):
            if key in schema:
                return self._branch(schema[key], name, facts, depth)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return best_of(schema["enum"], known, facts)
        return self._typed(_kind(schema, known), schema, name, facts, depth)

    def _typed(
        self, kind: str, schema: dict[str, Json], name: str, facts: Facts, depth: int
    ) -> Json:
        """Fill one type."""
        known = _known(facts, name)
        match kind:
            case "object":
                inner = known if isinstance(known, Facts) else facts
                return self.record(schema, inner, depth)
            case "array":
                return self._items(schema, name, facts, depth)
            case "string":
                return _string(schema, concept_of(name, facts.values), known, facts)
            case "number" | "integer":
                return _number(schema, known, whole=kind == "integer")
            case "boolean":
                return known if isinstance(known, bool) else _NOTHING
            case _:
                return None

    def record(self, schema: dict[str, Json], facts: Facts, depth: int) -> Json:
        """Fill an object: what is required always, the rest where it is known."""
        schema = self._resolved(schema)
        required = set(schema.get("required", ()))
        filled: dict[str, Json] = {}
        for name, child in schema.get("properties", {}).items():
            value = self.value(child, name, facts, depth + 1)
            if value is _NOTHING and name in required:
                value = self.least(child, name, facts)
            if value is not _NOTHING and (value is not None or name in required):
                filled[name] = value
        if not filled and not required and schema.get("properties"):
            return _NOTHING
        return filled

    def least(  # noqa: PLR0911 - one return for each type
        self, schema: Json, name: str, facts: Facts, depth: int = 0
    ) -> Json:
        """Return the smallest honest value a schema takes, null first."""
        schema = self._resolved(schema)
        options = schema.get("anyOf") or schema.get("oneOf") or []
        kinds = _kinds(schema) | {
            kind for option in options for kind in _kinds(self._resolved(option))
        }
        if "null" in kinds:
            return None
        if options:
            return self.least(options[0], name, facts, depth + 1)
        if "enum" in schema:
            return best_of(schema["enum"], None, facts)
        match next(iter(sorted(kinds - {"null"})), "string"):
            case "array":
                need = schema.get("minItems", 0)
                return [self.least(schema.get("items", {}), name, facts, depth + 1)] * need
            case "object":
                filled = self.record(schema, facts, depth + 1) if depth < _DEEPEST else {}
                return {} if filled is _NOTHING else filled
            case "boolean":
                return False
            case "integer" | "number" as kind:
                return _bounded(schema, 1.0, whole=kind == "integer")
            case _:
                return _fallback_text(schema, facts)

    def _branch(self, options: list[Json], name: str, facts: Facts, depth: int) -> Json:
        """Choose the first branch that can be filled with what is known, else null."""
        resolved = [self._resolved(option) for option in options]
        nullable = any("null" in _kinds(option) for option in resolved)
        for option in resolved:
            if "null" not in _kinds(option):
                value = self.value(option, name, facts, depth + 1)
                if value is not _NOTHING and not (nullable and _is_blank(value)):
                    return value
        return None if nullable else _NOTHING

    def _items(self, schema: dict[str, Json], name: str, facts: Facts, depth: int) -> Json:
        """Fill a list: one item for each thing known under the name."""
        child = self._resolved(schema.get("items", {}))
        things = _things(facts, name, child)
        items = [self._item(child, name, thing, facts, depth) for thing in things]
        kept = [item for item in items if item is not _NOTHING]
        if schema.get("uniqueItems") or "string" in _kinds(child):
            kept = list({str(item): item for item in kept}.values())
        kept = kept[: schema.get("maxItems", len(kept))]
        need = schema.get("minItems", 0)
        if not kept and not need:
            return [] if _known(facts, name) == [] else _NOTHING
        while len(kept) < need:
            kept.append(kept[-1] if kept else self.least(child, name, facts, depth + 1))
        return kept

    def _item(
        self, child: dict[str, Json], name: str, thing: Value, facts: Facts, depth: int
    ) -> Json:
        """Fill one item of a list."""
        if isinstance(thing, Facts):
            if "object" in _kinds(child):
                return self.record(child, thing, depth + 1)
            thing = str(thing)
        inner = Facts({concept_of(name): thing, "name": thing, "title": thing}, facts)
        return self.value(child, name, inner, depth + 1)

    def _resolved(self, schema: Json) -> dict[str, Json]:
        """Follow `$ref` and merge `allOf`."""
        if not isinstance(schema, dict):
            return {}
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference.startswith("#/"):
            target: Json = self.root
            for part in reference[2:].split("/"):
                target = target.get(part, {}) if isinstance(target, dict) else {}
            return self._resolved(target)
        merged = dict(schema)
        for part in merged.pop("allOf", ()):
            merged |= self._resolved(part)
        return merged


def fill(schema: dict[str, Json], facts: Facts) -> Json:
    """Return a document for a schema, made of the facts."""
    filler = Filler(schema)
    root = filler.value(schema, "document", facts)
    return filler.least(schema, "document", facts) if root is _NOTHING else root


def best_of(options: list[Json], known: Value, facts: Facts) -> Json:
    """Choose among the values of an enum the one that fits what is known best."""
    wanted = [
        str(item).lower()
        for item in (known if isinstance(known, list) else [known])
        if item is not None
    ]
    plain = {str(option).lower().replace("-", "_").replace(" ", "_"): option for option in options}
    for want in wanted:
        for name in (want, *NEAREST.get(want, ())):
            key = name.replace("-", "_").replace(" ", "_")
            if key in plain:
                return plain[key]
        for key, option in plain.items():
            if want and (want.startswith(key) or key.startswith(want)):
                return option
    for neutral in (
        "unspecified",
        "unknown",
        "other",
        "none",
        "standard",
        "maybe",
        "shot_ref",
        "insight",
    ):
        if neutral in plain:
            return plain[neutral]
    if None in options or not options:
        return None
    words = str(facts).lower()
    return next((option for key, option in plain.items() if key in words), options[0])


def _is_blank(value: Json) -> bool:
    """Tell whether an object says nothing at all."""
    return isinstance(value, dict) and all(inner is None for inner in value.values())


def _known(facts: Facts, name: str) -> Value:
    """Return what is known for a property's name."""
    return facts.get(concept_of(name, facts.values))


def _things(facts: Facts, name: str, child: dict[str, Json]) -> list[Value]:
    """Return the things a list is about."""
    known = _known(facts, name)
    if isinstance(known, list):
        return list(known)
    if known is not None and not isinstance(known, bool):
        return [known]
    if "object" in _kinds(child):
        concepts = {concept_of(key) for key in child.get("properties", {})}
        inner = "scenes" if concepts & _SCENE_CONCEPTS else "beats"
        found = facts.get(inner)
        return list(found) if isinstance(found, list) else []
    return []


def _kinds(schema: dict[str, Json]) -> set[str]:
    """Return the JSON types a schema allows."""
    kind = schema.get("type")
    if isinstance(kind, list):
        return set(kind)
    if isinstance(kind, str):
        return {kind}
    if "properties" in schema:
        return {"object"}
    return {"array"} if "items" in schema else set()


def _kind(schema: dict[str, Json], known: Value) -> str:
    """Choose the one type to fill."""
    kinds = _kinds(schema) or {"string"}
    if known is None and "null" in kinds and not kinds & {"object"}:
        return "null"
    fitting = {
        str: "string",
        float: "number",
        int: "number",
        bool: "boolean",
        list: "array",
        Facts: "object",
    }
    preferred = fitting.get(type(known), "string")
    if preferred in kinds:
        return preferred
    order = ("object", "array", "string", "number", "integer", "boolean", "null")
    return next(kind for kind in order if kind in kinds)


def _string(schema: dict[str, Json], concept: str, known: Value, facts: Facts) -> Json:
    """Write a text within its bounds."""
    if isinstance(known, list):
        known = ", ".join(str(item) for item in known[:1] if concept == "color") or ", ".join(
            map(str, known)
        )
    if known is None or isinstance(known, bool):
        return _NOTHING
    if schema.get("pattern") and _HEX_PATTERN.search(schema["pattern"]):
        return str(known) if _HEX.match(str(known)) else _fallback_text(schema, facts)
    text = clip(str(known), schema.get("maxLength", max(len(str(known)), 1)))
    return text if len(text) >= schema.get("minLength", 0) else _fallback_text(schema, facts)


def _fallback_text(schema: dict[str, Json], facts: Facts) -> str:
    """Find some text for a required field nothing is known about."""
    if schema.get("pattern") and _HEX_PATTERN.search(schema["pattern"]):
        palette = facts.get("palette")
        return str(palette[0]) if isinstance(palette, list) and palette else "#808080"
    least = schema.get("minLength", 0)
    texts = [
        str(value) for concept in _TEXT_CONCEPTS if isinstance(value := facts.get(concept), str)
    ]
    if least == 0 and not texts:
        return ""
    text = next((text for text in texts if len(text) >= least), (texts or ["simulated"])[0])
    return clip(text, schema.get("maxLength", len(text))).ljust(least, ".")


def _number(schema: dict[str, Json], known: Value, *, whole: bool) -> Json:
    """Write a number within its bounds."""
    if isinstance(known, bool) or not isinstance(known, int | float):
        return _NOTHING
    return _bounded(schema, float(known), whole=whole)


def _bounded(schema: dict[str, Json], number: float, *, whole: bool) -> float | int:
    """Move a number inside minimum, maximum and their exclusive forms."""
    step = 1 if whole else 0.1
    low, high = schema.get("minimum"), schema.get("maximum")
    if (edge := schema.get("exclusiveMinimum")) is not None:
        low = max(edge + step, low if low is not None else edge + step)
    if (edge := schema.get("exclusiveMaximum")) is not None:
        high = min(edge - step, high if high is not None else edge - step)
    number = number if low is None else max(number, low)
    number = number if high is None else min(number, high)
    if multiple := schema.get("multipleOf"):
        number = math.floor(number / multiple) * multiple
    return int(number) if whole else round(number, 3)
