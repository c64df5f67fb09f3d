"""Fit a value to a contract's shape without inventing anything: names, types, containers.

What cannot be fitted is left as it is, so that pydantic refuses it and says why.
"""

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from ai.contracts.arguments import folded
from ai.contracts.base import clean_text
from ai.structured.echo import looks_like_schema
from ai.structured.reader import Container, Reader, UnreadableError
from ai.structured.schema import Schema
from ai.structured.shape import Shape, is_nullable

MAX_LIST_WORD_CHARS: Final = 60

_NUMBER: Final = re.compile(
    r"[~≈]?\s*([+-]?\d+(?:[.,]\d+)?|[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?)\s*"
    r"(s|secs?|seconds?|m|mins?|minutes?)?\.?",
    re.IGNORECASE,
)
_THOUSANDS: Final = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_ORDINAL: Final = re.compile(r"\W*(?:[a-z]+)?[\W_]*\d+\W*", re.IGNORECASE)
_BULLET: Final = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+", re.MULTILINE)


class Fitter:
    """Fits one value to one shape and keeps count of what it changed."""

    def __init__(
        self, shape: Shape, *, keep_extra: bool = False, unfinished: Sequence[Container] = ()
    ) -> None:
        """Set the rules.

        Args:
            shape: what to fit to.
            keep_extra: leave unknown keys in, to be refused by name.
            unfinished: containers that the end of the text left open. What they lack was perhaps
                never reached: it is noted as dropped, and an outer list that is absent is empty.
        """
        self._shape = shape
        self._keep_extra = keep_extra
        self._unfinished = {id(container) for container in unfinished}
        self.repairs: dict[str, None] = {}
        self.dropped: list[str] = []
        self.missed = False
        """Whether a key was perhaps never reached."""

    def fit(self, value: object) -> object:
        """Return the value as near to the shape as its own content allows."""
        return self._fit(value, self._shape.schema, "")

    def _note(self, repair: str) -> None:
        self.repairs[repair] = None

    def _fit(  # noqa: PLR0911 one answer for each type
        self, value: object, node: Schema, key: str
    ) -> object:
        if "anyOf" in node:
            return self._choice(value, node, key)
        if "enum" in node or "const" in node:
            return self._word(value, node.get("enum", [node.get("const")]))
        kind = node.get("type")
        if kind == "object":
            return self._object(value, node, outermost=node is self._shape.schema)
        if kind == "array":
            return self._list(value, node, key)
        if kind == "string":
            return self._text(value)
        if kind in {"number", "integer"}:
            return self._number(value, key, whole=kind == "integer")
        return self._flag(value) if kind == "boolean" else value

    def _choice(self, value: object, node: Schema, key: str) -> object:
        """Fit to the one branch that is not null; a blank is no value."""
        if is_nullable(node) and (
            value is None or (isinstance(value, str) and value.strip().lower() in {"", "null"})
        ):
            if value is not None:
                self._note("null as text")
            return None
        branches = [branch for branch in node["anyOf"] if branch.get("type") != "null"]
        return self._fit(value, branches[0], key) if len(branches) == 1 else value

    def _word(self, value: object, allowed: list[Any]) -> object:
        if not isinstance(value, str) or value in allowed:
            return value
        match = [
            word for word in allowed if isinstance(word, str) and folded(word) == folded(value)
        ]
        if len(match) != 1:
            return value
        self._note("spelling of a choice")
        return match[0]

    def _object(self, value: object, node: Schema, *, outermost: bool = False) -> object:
        value = self._decoded(value)
        if isinstance(value, list):
            value = self._object_from_list(value)
        if not isinstance(value, dict) or looks_like_schema(value):
            return value
        properties: Schema = node.get("properties", {})
        named = self._named(value, properties)
        if value and not named:
            return value if outermost else self._unwrapped(value, node)
        fitted: dict[str, Any] = {}
        unfinished = id(value) in self._unfinished
        for name, child in properties.items():
            if name in named:
                fitted[name] = self._fit(value[named[name]], child, name)
            elif is_nullable(child):
                fitted[name] = None
                self._absent(name, unfinished=unfinished)
            elif outermost and unfinished and child.get("type") == "array":
                fitted[name] = []
                self._absent(name, unfinished=True)
        for extra in value.keys() - named.values():
            if self._keep_extra:
                fitted[extra] = value[extra]
            else:
                self._note("extra key")
        return fitted

    def _unwrapped(self, value: dict[str, Any], node: Schema) -> object:
        """Take an inner object out of a wrapper such as `{"scene": {...}}`."""
        only = next(iter(value.values()))
        if len(value) > 1 or not isinstance(only, dict):
            return value
        self._note("wrapper")
        return self._object(only, node)

    def _absent(self, name: str, *, unfinished: bool) -> None:
        if unfinished:
            self.missed = True
            self.dropped.append(f"{name} (not reached)")
        else:
            self._note("absent null")

    def _named(self, value: dict[str, Any], properties: Schema) -> dict[str, str]:
        """Map names of the shape to the keys that stand for them; leave out doubtful ones."""
        named = {name: name for name in properties if name in value}
        by_letters: dict[str, list[str]] = {}
        for key in value.keys() - named.keys():
            by_letters.setdefault(folded(str(key)), []).append(key)
        for name in properties.keys() - named.keys():
            keys = by_letters.get(folded(name), [])
            if len(keys) == 1:
                named[name] = keys[0]
                self._note("spelling of a key")
        return named

    def _object_from_list(self, value: list[Any]) -> object:
        """Read a list that stands for an object: one object, or its members one by one."""
        if len(value) == 1 and isinstance(value[0], dict):
            self._note("list for an object")
            return value[0]
        members = [_member(item) for item in value if is_member(item)]
        keys = [key for key, _ in members]
        if not members or len(members) < len(value) or len(set(keys)) < len(keys):
            return value
        self._note("list for an object")
        return dict(members)

    def _list(self, value: object, node: Schema, key: str) -> object:
        item = node.get("items", {})
        if isinstance(value, str):
            value = self._list_from_text(value, item)
        if value is None:
            self._note("null for a list")
            return []
        if isinstance(value, dict):
            value = self._list_from_object(value, item, key)
        if not isinstance(value, list):
            return value
        if id(value) in self._unfinished:
            self.dropped.append(f"{key} (not closed)")
        if len(value) == 1 and isinstance(value[0], list) and item.get("type") != "array":
            self._note("nested list")
            value = value[0]
        return [self._fit(part, item, key) for part in value]

    def _list_from_text(self, value: str, item: Schema) -> object:
        decoded = self._decoded(value)
        if decoded is not value or item.get("type") != "string":
            return decoded
        self._note("text for a list")
        parts = [_BULLET.sub("", line) for line in value.splitlines() if line.strip()]
        if len(parts) == 1:
            parts = re.split(r"\s*[,;]\s*", value.strip())
            if any(len(part) > MAX_LIST_WORD_CHARS or not part for part in parts):
                return [value]
        return parts

    def _list_from_object(self, value: dict[str, Any], item: Schema, key: str) -> object:
        """Read an object that stands for a list: one item, a wrapper, or items by name."""
        if looks_like_schema(value) or not value:
            return value
        if item.get("type") != "object":
            only = next(iter(value.values()))
            return only if len(value) == 1 and isinstance(only, list) else value
        properties: Schema = item.get("properties", {})
        required = {name for name, child in properties.items() if not is_nullable(child)}
        if required <= self._named(value, properties).keys():
            self._note("object for a list")
            return [value]
        if len(value) == 1:
            name, only = next(iter(value.items()))
            wraps = folded(name) in {"items", "item", folded(key), folded(key).removesuffix("s")}
            if isinstance(only, list) or (wraps and isinstance(only, dict)):
                self._note("object for a list")
                return only if isinstance(only, list) else [only]
        return self._list_by_name(value, properties, required)

    def _list_by_name(
        self, value: dict[str, Any], properties: Schema, required: set[str]
    ) -> object:
        """Read an object whose keys are the names, or the numbers, of its items."""
        if all(isinstance(part, dict) for part in value.values()):
            title = next((name for name in ("name", "title") if name in properties), None)
            self._note("object for a list")
            return [
                part
                if title is None or _ORDINAL.fullmatch(name) or self._named(part, {title: {}})
                else {title: name, **part}
                for name, part in value.items()
            ]
        texts = all(isinstance(part, str) for part in value.values())
        if texts and required == {"name", "description"}:
            self._note("object for a list")
            return [{"name": name, "description": text} for name, text in value.items()]
        return value

    def _text(self, value: object) -> object:
        if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
            self._note("list for a text")
            value = value[0]
        if isinstance(value, int | float) and not isinstance(value, bool):
            self._note("number for a text")
            return f"{value}"
        return clean_text(value) if isinstance(value, str) else value

    def _number(self, value: object, key: str, *, whole: bool) -> object:
        if isinstance(value, str) and (match := _NUMBER.fullmatch(value.strip())):
            written, unit = match.groups()
            in_seconds = key.endswith(("_s", "S"))
            if unit and not in_seconds:
                return value
            thousands = _THOUSANDS.fullmatch(written)
            plain = written.replace(",", "" if thousands else ".")
            self._note("text for a number")
            value = float(plain) * (60 if unit and unit.lower().startswith("m") else 1)
        if whole and isinstance(value, float) and value.is_integer():
            return int(value)
        return value

    def _flag(self, value: object) -> object:
        words = {"true": True, "false": False}
        if isinstance(value, str) and value.strip().lower() in words:
            self._note("text for a flag")
            return words[value.strip().lower()]
        return value

    def _decoded(self, value: object) -> object:
        """Read a container that was written into a string."""
        if not isinstance(value, str) or value.strip()[:1] not in {"{", "["}:
            return value
        text = value.strip()
        try:
            decoded = json.loads(text)
        except (ValueError, RecursionError):
            try:
                draft = Reader(text, 0, self._shape.known).read()
            except UnreadableError:
                return value
            if draft.cut or text[draft.end :].strip():
                return value
            decoded = draft.value
        self._note("double encoding")
        return decoded


def is_member(item: object) -> bool:
    """Say whether a list's item stands for one member: `[key, value]`, or an object of one key."""
    if isinstance(item, list):
        return len(item) == 2 and isinstance(item[0], str)  # noqa: PLR2004 key and value
    return isinstance(item, dict) and (len(item) == 1 or set(item) == {"key", "value"})


def _member(item: Any) -> tuple[str, Any]:  # noqa: ANN401 JSON edge
    if isinstance(item, list):
        return item[0], item[1]
    if set(item) == {"key", "value"}:
        return str(item["key"]), item["value"]
    key, value = next(iter(item.items()))
    return str(key), value
