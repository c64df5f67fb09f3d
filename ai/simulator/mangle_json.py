"""Spoil a JSON document the way models spoil theirs."""

import json
from typing import TYPE_CHECKING

from ai.simulator.faults import Fault
from ai.simulator.wire import Json

if TYPE_CHECKING:
    from collections.abc import Callable


def fenced(text: str) -> str:
    """Put a document between fences, with the prose that comes with it."""
    return f"Here is the JSON you asked for:\n\n```json\n{text}\n```\n\nTell me what to change."


def malformed(text: str, how: str) -> str:
    """Break a JSON text in one of the ways seen in the field."""
    ways: dict[str, Callable[[str], str]] = {
        "fences": lambda t: f"```json\n{t}\n```",
        "prose": lambda t: f"Sure! Here it is:\n{t}\nHope this helps.",
        "fences_and_prose": fenced,
        "trailing_commas": lambda t: t.replace("]", ",]").replace("}", ",}"),
        "truncated": lambda t: t[: max(len(t) * 2 // 3, 1)],
        "python_literals": lambda t: str(_document(t)),
        "single_quotes": lambda t: t.replace('"', "'"),
        "unquoted_keys": _unquoted,
        "comments": lambda t: t.replace("{", "{ // as asked\n", 1),
        "newlines": lambda t: t.replace(" ", "\n"),
        "doubled": lambda t: f"{t}\n{t}",
        "wrapped": json.dumps,
        "bom": lambda t: "\ufeff" + t,
        "thinking": lambda t: f"<think>Let me see.</think>\n{t}",
    }
    return ways[how](text)


def _document(text: str) -> dict[str, Json]:
    """Read an answer as a JSON object; other words become the text of one."""
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    return value if isinstance(value, dict) and value else {"text": text}


def _unquoted(text: str) -> str:
    """Take the quotes off the outer keys."""
    value = _document(text)
    inner = ", ".join(
        f"{key}: {json.dumps(item, ensure_ascii=False)}" for key, item in value.items()
    )
    return "{" + inner + "}"


def off_schema(text: str, fault: Fault) -> str:
    """Change a document so that it is JSON but not what was asked for."""
    value = _document(text)
    key = fault.word("key", next(iter(value)))
    ways: dict[str, Json] = {
        "missing": {name: item for name, item in value.items() if name != key},
        "extra": value | {"confidence_note": "very sure"},
        "wrong_type": value | {key: {"text": value.get(key)}},
        "null": value | {key: None},
        "renamed": {
            (f"{name}_text" if name == key else name): item for name, item in value.items()
        },
        "list": [value],
        "empty": {},
        "wrapped": {"result": value},
        "camel": {_camel(name): item for name, item in value.items()},
    }
    return json.dumps(ways[fault.how], ensure_ascii=False)


def _camel(name: str) -> str:
    """Turn snake_case into camelCase."""
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)
