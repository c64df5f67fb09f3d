"""What models do to JSON: each function writes a value in one wrong way without losing anything."""

import html
import json
import re
from collections.abc import Callable
from typing import Any

Value = dict[str, Any]
Mangle = Callable[[Value], str]


def tight(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def pretty(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def rekeyed(value: Any, rename: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {rename(key): rekeyed(child, rename) for key, child in value.items()}
    return [rekeyed(child, rename) for child in value] if isinstance(value, list) else value


def mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {key: mapped(child, change) for key, child in value.items()}
    if isinstance(value, list):
        return [mapped(child, change) for child in value]
    return change(value)


def camel(key: str) -> str:
    return re.sub(r"_(\w)", lambda match: match[1].upper(), key)


def snake(key: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", key).lower()


def number_as_text(value: Any) -> Any:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else value


def outside_strings(text: str, change: Callable[[str], str]) -> str:
    parts = re.split(r'("(?:[^"\\]|\\.)*")', text)
    return "".join(part if index % 2 else change(part) for index, part in enumerate(parts))


def strings(text: str, change: Callable[[str], str]) -> str:
    return re.sub(r'"((?:[^"\\]|\\.)*)"', lambda match: change(match[1]), text)


def python_literal(value: Value) -> str:
    return repr(value)


def unquoted_keys(value: Value) -> str:
    return re.sub(r'"(\w+)":', r"\1:", pretty(value))


def single_quoted(value: Value) -> str:
    return strings(
        pretty(value), lambda body: "'" + body.replace('\\"', '"').replace("'", "\\'") + "'"
    )


def smart_quoted(value: Value) -> str:
    return strings(pretty(value), lambda body: f"“{body}”")


def no_last_lines(value: Value) -> str:
    return re.sub(r"[\s\]}]+\Z", "", pretty(value))


def with_reasoning(word: str) -> Mangle:
    return lambda value: (
        f'<{word}>Perhaps {{"title": "Draft"}} or {{"scenes": []}}? No.</{word}>\n{pretty(value)}'
    )


def wrapped(*keys: str) -> Mangle:
    def mangle(value: Value) -> str:
        for key in reversed(keys):
            value = {key: value}
        return pretty(value)

    return mangle


FENCES: dict[str, Mangle] = {
    "fence": lambda v: f"```json\n{pretty(v)}\n```",
    "fence without language": lambda v: f"```\n{tight(v)}\n```",
    "fence in capitals": lambda v: f"```JSON\n{pretty(v)}\n```",
    "fence never closed": lambda v: f"```json\n{pretty(v)}",
    "fence never opened": lambda v: f"{pretty(v)}\n```",
    "fence in a fence": lambda v: f"````markdown\n```json\n{pretty(v)}\n```\n````",
    "fence on one line": lambda v: f"```json {tight(v)} ```",
    "fence of tildes": lambda v: f"~~~json\n{pretty(v)}\n~~~",
    "inline code": lambda v: f"`{tight(v)}`",
    "fence and prose": lambda v: (
        f"Here is the outline:\n\n```json\n{pretty(v)}\n```\n\nAnything else?"
    ),
    "html pre": lambda v: f"<pre><code>{tight(v)}</code></pre>",
    "xml tag": lambda v: f"<json>\n{pretty(v)}\n</json>",
}

PROSE: dict[str, Mangle] = {
    "prose before": lambda v: f"Sure! Here's the JSON you asked for:\n{pretty(v)}",
    "prose after": lambda v: f"{pretty(v)}\n\nI hope this helps! Let me know [anytime].",
    "prose with braces": lambda v: (
        f"I used {{title}} and [scenes] as keys.\n{pretty(v)}\nDone {{ok}}."
    ),
    "prose with quotes": lambda v: f'You said "make it sad", so:\n{tight(v)}',
    "prose on the same line": lambda v: f"Answer: {tight(v)} (as requested)",
    "list of remarks": lambda v: f"- done\n- [x] checked [1]\n\n{pretty(v)}\n\n[1]: see above",
    "quoted lines": lambda v: "\n".join(f"> {line}" for line in pretty(v).splitlines()),
    "added lines": lambda v: "\n".join(f"+{line}" for line in pretty(v).splitlines()),
    "label": lambda v: f"json\n{pretty(v)}",
    "assignment": lambda v: f"const answer = {pretty(v)};",
    "python assignment": lambda v: f"result = {pretty(v)}\nprint(result)",
    "call": lambda v: f"submit({tight(v)});",
    "byte order mark": lambda v: f"\ufeff{pretty(v)}",
    "zero width blanks": lambda v: f"\u200b\n{pretty(v)}\u200b",
    "blank lines": lambda v: f"\n\n\n   {pretty(v)}\n\n",
    "end of turn": lambda v: f"{tight(v)}<|im_end|>",
    "horizontal rule": lambda v: f"---\n{pretty(v)}\n---",
    "nul characters": lambda v: pretty(v).replace(" ", " \x00", 3),
    "lone surrogates": lambda v: f"\ud83d{pretty(v)}\udc00",
}

REASONING: dict[str, Mangle] = {
    "think": with_reasoning("think"),
    "thinking": with_reasoning("thinking"),
    "reasoning": with_reasoning("reasoning"),
    "two thoughts": lambda v: f"<think>One.</think>\n<think>Two {{a: 1}}.</think>\n{tight(v)}",
    "thought without a start": lambda v: f'I could say {{"title": "x"}}.\n</think>\n{pretty(v)}',
    "thought without an end": lambda v: f"<think>Let me see. It is a night film.\n{pretty(v)}",
    "thought in brackets": lambda v: f"[THINK]short {{}} film[/THINK]{pretty(v)}",
    "harmony channels": lambda v: (
        "<|channel|>analysis<|message|>Need {json}.<|end|><|start|>assistant"
        f"<|channel|>final<|message|>{tight(v)}"
    ),
    "thought and fence": lambda v: (
        f"<think>\n```json\n{{}}\n```\n</think>\n```json\n{pretty(v)}\n```"
    ),
}

SYNTAX: dict[str, Mangle] = {
    "trailing commas": lambda v: re.sub(r"(?<=[\"\]}\d])(?=\n\s*[\]}])", ",", pretty(v)),
    "doubled commas": lambda v: outside_strings(pretty(v), lambda t: t.replace(",", ",,", 1)),
    "line comments": lambda v: re.sub(r"(?<=[,{\[])\n", " // a note, with: marks\n", pretty(v)),
    "block comments": lambda v: outside_strings(
        pretty(v), lambda t: t.replace("{", "{ /* here */ ")
    ),
    "hash comments": lambda v: re.sub(r"(?<=[,{\[])\n", "  # note\n", pretty(v)),
    "missing commas": lambda v: re.sub(r",\n", "\n", pretty(v)),
    "python literals": python_literal,
    "python json mix": lambda v: outside_strings(
        pretty(v), lambda t: t.replace("null", "None").replace("true", "True")
    ),
    "unquoted keys": unquoted_keys,
    "single quotes": single_quoted,
    "single quoted keys": lambda v: re.sub(r'"(\w+)":', r"'\1':", pretty(v)),
    "smart quotes": smart_quoted,
    "one smart quote for both": lambda v: strings(pretty(v), lambda body: f"”{body}”"),
    "smart quotes on keys": lambda v: re.sub(r'"(\w+)":', r"“\1”:", pretty(v)),
    "backtick strings": lambda v: strings(pretty(v), lambda body: f"`{body}`"),
    "raw newlines": lambda v: pretty(v).replace("\\n", "\n"),
    "unescaped quotes": lambda v: pretty(v).replace('\\"', '"'),
    "unescaped quotes tight": lambda v: tight(v).replace('\\"', '"'),
    "equals signs": lambda v: re.sub(r'("\w+"):', r"\1 =", pretty(v)),
    "arrows": lambda v: re.sub(r'("\w+"):', r"\1 =>", pretty(v)),
    "semicolons": lambda v: re.sub(r",\n", ";\n", pretty(v)),
    "plus signs": lambda v: outside_strings(pretty(v), lambda t: re.sub(r"(?<=: )(?=\d)", "+", t)),
    "joined strings": lambda v: re.sub(r"(?<=\w) (?=\w+ \w+[.,;])", ' " + "', pretty(v)),
    "adjacent strings": lambda v: re.sub(r"(?<=\w) (?=\w+ \w+[.,;])", ' "\n    "', pretty(v)),
    "escaped underscores": lambda v: re.sub(r'(?<=\w)_(?=\w+":)', r"\_", pretty(v)),
    "escaped apostrophes": lambda v: pretty(v).replace("'", "\\'"),
    "non breaking blanks": lambda v: outside_strings(pretty(v), lambda t: t.replace(" ", "\xa0")),
    "windows lines": lambda v: pretty(v).replace("\n", "\r\n"),
    "ascii escapes": lambda v: json.dumps(v, ensure_ascii=True),
    "lone surrogate escapes": lambda v: pretty(v).replace(': "', ': "\\ud83d', 2),
    "nul escapes": lambda v: pretty(v).replace(': "', ': "\\u0000', 2),
    "missing last brace": lambda v: pretty(v).rstrip("}\n "),
    "missing closers": no_last_lines,
    "missing outer braces": lambda v: pretty(v)[1:-1],
    "extra last brace": lambda v: pretty(v) + "}",
    "extra closers": lambda v: tight(v) + "]}}",
    "brace for bracket": lambda v: re.sub(r"\}\s*\Z", "]", pretty(v)) + "}",
    "unclosed keys": lambda v: re.sub(r'"(\w+)":', r'"\1:', pretty(v)),
    "unopened keys": lambda v: re.sub(r'"(\w+)":', r'\1":', pretty(v)),
    "unclosed strings": lambda v: re.sub(r'(?<=[a-z.])",\n', ",\n", pretty(v), count=1),
    "tuples": lambda v: repr(
        {key: tuple(part) if isinstance(part, list) else part for key, part in v.items()}
    ),
    "braces left out between items": lambda v: re.sub(r"\n    \},\n    \{", ",", pretty(v)),
    "closing braces left out": lambda v: re.sub(r"\n    \},\n    \{", ",\n    {", pretty(v)),
    "several things": lambda v: (
        "Sure:\n```json\n" + unquoted_keys(v).replace("\n}", ",\n}") + "\n```\nEnjoy!"
    ),
}

ENCODING: dict[str, Mangle] = {
    "double encoded": lambda v: json.dumps(tight(v)),
    "double encoded pretty": lambda v: json.dumps(pretty(v), ensure_ascii=False),
    "triple encoded": lambda v: json.dumps(json.dumps(tight(v))),
    "escaped without quotes": lambda v: json.dumps(tight(v), ensure_ascii=False)[1:-1],
    "escaped in a fence": lambda v: (
        f"```json\n{json.dumps(pretty(v), ensure_ascii=False)[1:-1]}\n```"
    ),
    "html entities": lambda v: html.escape(pretty(v)),
    "html entities twice": lambda v: html.escape(html.escape(tight(v))),
    "numeric entities": lambda v: tight(v).replace('"', "&#34;"),
    "encoded in a wrapper": lambda v: json.dumps({"result": tight(v)}),
    "encoded in a fence": lambda v: f"```\n{json.dumps(tight(v))}\n```",
}

WRAPPERS: dict[str, Mangle] = {
    "wrapper": wrapped("result"),
    "wrapper by name": wrapped("outline"),
    "two wrappers": wrapped("data", "response"),
    "wrapper with status": lambda v: pretty({"status": "ok", "count": 3, "answer": v}),
    "wrapper with notes": lambda v: pretty(
        {"thoughts": "It rains.", "output": v, "confidence": 0.9}
    ),
    "list of one": lambda v: pretty([v]),  # type: ignore[arg-type]
    "list of a wrapper": lambda v: pretty([{"json": v}]),  # type: ignore[arg-type]
    "members in a list": lambda v: pretty([{key: child} for key, child in v.items()]),  # type: ignore[arg-type]
    "pairs in a list": lambda v: pretty([[key, child] for key, child in v.items()]),  # type: ignore[arg-type]
    "tool call": lambda v: pretty({"name": "answer", "arguments": v}),
    "tool call encoded": lambda v: pretty({"name": "answer", "arguments": tight(v)}),
    "tool calls": lambda v: pretty(
        {
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "a", "arguments": tight(v)}}
            ]
        }
    ),
    "tool call tag": lambda v: (
        f'<tool_call>\n{{"name": "a", "arguments": {tight(v)}}}\n</tool_call>'
    ),
    "tool use": lambda v: pretty({"type": "tool_use", "id": "t", "name": "a", "input": v}),
    "tool parameters": lambda v: tight({"name": "a", "parameters": v}),
    "filled schema": lambda v: pretty({"type": "object", "properties": v}),
    "message": lambda v: pretty({"role": "assistant", "content": tight(v)}),
}

KEYS: dict[str, Mangle] = {
    "camel case": lambda v: pretty(rekeyed(v, camel)),
    "snake case": lambda v: pretty(rekeyed(v, snake)),
    "pascal case": lambda v: pretty(rekeyed(v, lambda k: camel(k)[:1].upper() + camel(k)[1:])),
    "capitals": lambda v: pretty(rekeyed(v, str.upper)),
    "title case": lambda v: pretty(rekeyed(v, lambda k: k.replace("_", " ").title())),
    "kebab case": lambda v: pretty(rekeyed(v, lambda k: snake(k).replace("_", "-"))),
    "blanks in keys": lambda v: pretty(rekeyed(v, lambda k: f" {k} ")),
    "extra keys": lambda v: pretty({**v, "notes": "none", "version": 2}),
}

VALUES: dict[str, Mangle] = {
    "numbers as text": lambda v: pretty(mapped(v, number_as_text)),
    "whole numbers": lambda v: pretty(
        mapped(v, lambda x: int(x) if isinstance(x, float) and x.is_integer() else x)
    ),
    "null as text": lambda v: pretty(mapped(v, lambda x: "null" if x is None else x)),
    "blanks around text": lambda v: pretty(
        mapped(v, lambda x: f" {x} " if isinstance(x, str) else x)
    ),
    "absent nulls": lambda v: pretty({k: x for k, x in v.items() if x is not None}),
    "lists as text": lambda v: pretty(
        {k: tight(x) if isinstance(x, list) else x for k, x in v.items()}
    ),  # type: ignore[arg-type]
}

DRAFTS: dict[str, Mangle] = {
    "draft then answer": lambda v: (
        f"First idea:\n{pretty({**v, 'title': 'Draft', 'label': 'Draft'})}\nBetter:\n{pretty(v)}"
    ),
    "broken draft then answer": lambda v: (
        f"{tight(v)[:40]}\n\nSorry, again:\n```json\n{pretty(v)}\n```"
    ),
    "answer then a cut repetition": lambda v: f"{tight(v)}\n{tight(v)[:60]}",
    "answer twice": lambda v: f"{tight(v)}\n{tight(v)}",
    "empty object first": lambda v: f"{{}}\n{tight(v)}",
    "lines of members": lambda v: "\n".join(tight({key: child}) for key, child in v.items()),
}

ALL: dict[str, Mangle] = {
    **FENCES, **PROSE, **REASONING, **SYNTAX, **ENCODING, **WRAPPERS, **KEYS, **VALUES, **DRAFTS
}  # fmt: skip
