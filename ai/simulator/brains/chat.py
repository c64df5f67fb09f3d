"""The director: hear a message, act with the tools that were offered, say what was done."""

import json
import re
from dataclasses import dataclass
from typing import Final

from ai.simulator.answer import SIMULATED_WORD, Answer, ToolCall
from ai.simulator.brains.facts import Facts, Value
from ai.simulator.brains.fill import fill
from ai.simulator.brains.intents import Wish, wishes
from ai.simulator.brains.language import PHRASES, Language, clip, detect, sentences
from ai.simulator.brains.outline import read_story, scene_target, story_facts
from ai.simulator.brains.people import people_in
from ai.simulator.brains.reading import Reading, text_of
from ai.simulator.wire import Json

_ID: Final = re.compile(
    r"\b(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|scene-\d+)\b"
)
_PIECE_END: Final = re.compile(r"\n|(?<=\})\s*,")
_TITLE_FIELD: Final = re.compile(r'"title"\s*:\s*"([^"]+)"')
_QUOTE_CHARS: Final = 160
_REFUSED: Final = re.compile(r"^\s*Nothing was done\b[.:]?\s*", re.IGNORECASE)
_FAILED: Final = re.compile(
    r'^\s*\{\s*"(?:error|errors|refused|code)"\s*:|^\s*(?:error|refused|not found)\b',
    re.IGNORECASE,
)
_REASON_FIELD: Final = re.compile(
    r'"(?:error|errors|refused|code|message|detail|reason)"\s*:\s*"(?P<words>[^"]+)"'
)
_REASON_CHARS: Final = 300
_VERBS: Final = {
    "delete_scene": r"\b(?:delete|remove|lösche?|supprime|elimina|borra|удали)\b.*\b(?:scene|"
    r"szene|scène|escena|сцен)",
    "reorder_scenes": r"\b(?:reorder|rearrange|move|verschieb\w*|déplace|mueve|reordena|"
    r"перестав\w*)\b.*\b(?:scene|szene|scène|escena|сцен)",
    "set_scene_status": r"\b(?:lock|unlock|sperr\w*|verrouille|bloquea|заблокир\w*)\b",
    "add_beats": r"\b(?:add|create|ergänze|ajoute|añade|добав\w*)\b.*\bbeats?\b",
    "update_scene": r"\b(?:change|update|rename|rewrite|edit|ändere?|modifie|cambia|"
    r"измени)\b.*\b(?:scene|szene|scène|escena|сцен)",
    "compile_prompt": r"\b(?:compile|show)\b.*\bprompt\b",
    "generate_image": r"\b(?:generate|draw|paint|render|zeichne|dessine|dibuja|нарисуй)\b",
    "list_models": r"\b(?:which|list|what)\b.*\bmodels?\b",
    "search_project": r"\b(?:search|find|suche?|cherche|busca|найди)\b",
    "analyze_image": r"\b(?:analy[sz]e)\b.*\b(?:image|picture|bild|photo)\b",
}
_VERB: Final = {name: re.compile(words, re.IGNORECASE) for name, words in _VERBS.items()}


@dataclass(frozen=True, slots=True)
class Tool:
    """A function the request offers."""

    name: str
    schema: dict[str, Json]


def tools_of(body: dict[str, Json]) -> list[Tool]:
    """Return the functions a request offers, those its `tool_choice` rules out left away."""
    choice = body.get("tool_choice", "auto")
    offered = [
        tool["function"] for tool in body.get("tools") or [] if tool.get("type") == "function"
    ]
    tools = [Tool(each["name"], each.get("parameters") or {}) for each in offered]
    if choice == "none":
        return []
    named = choice.get("function", {}).get("name") if isinstance(choice, dict) else None
    return [tool for tool in tools if named in (None, tool.name)]


def talk(reading: Reading, body: dict[str, Json]) -> Answer:
    """Answer a turn of a conversation, with tool calls or with words."""
    language = detect(reading.said or " ".join(reading.history))
    if reading.tool_results and not _wants_more(body):
        return Answer(_report(reading, body, language))
    calls = tool_calls(reading, _fresh_tools(reading, body), forced=_forced(body))
    if body.get("parallel_tool_calls") is False:
        calls = calls[:1]
    if calls:
        return Answer("", tool_calls=calls, finish_reason="tool_calls")
    return Answer(plain_words(reading, language))


def tool_calls(reading: Reading, tools: list[Tool], *, forced: bool) -> list[ToolCall]:
    """Return the calls a message asks for, of the tools that were offered only."""
    offered = {tool.name: tool for tool in tools}
    asked = wishes(reading.said) + _other_wishes(reading.said, offered)
    calls = [_call(offered[wish.tool], wish, reading) for wish in asked if wish.tool in offered]
    calls = [call for call in calls if call.arguments is not None]
    if not calls and forced and tools:
        calls = [_call(tools[0], Wish(tools[0].name, _loose_values(reading)), reading, forced=True)]
    return calls


def plain_words(reading: Reading, language: Language) -> str:
    """Answer without tools: what was heard, what is known of it, and one question."""
    phrases = PHRASES[language]
    said = sentences(reading.said) or [reading.said or "…"]
    heard = phrases.heard.format(clip(" ".join(said[:2]), _QUOTE_CHARS))
    names = people_in("\n".join(reading.history))[:4]
    known = [phrases.known.format(", ".join(names))] if names else []
    question = phrases.questions[len(reading.said) % len(phrases.questions)]
    return " ".join([SIMULATED_WORD, heard, *known, question])


def _fresh_tools(reading: Reading, body: dict[str, Json]) -> list[Tool]:
    """Leave out the tools that have answered this message already, if others are left."""
    tools = tools_of(body)
    answered = {_act(body, result.get("tool_call_id"))[0] for result in reading.tool_results}
    return [tool for tool in tools if tool.name not in answered] or tools


def _wants_more(body: dict[str, Json]) -> bool:
    """Tell whether a call is demanded although results have come."""
    return _forced(body)


def _forced(body: dict[str, Json]) -> bool:
    """Tell whether the request demands a call."""
    choice = body.get("tool_choice")
    return choice == "required" or isinstance(choice, dict)


def _call(tool: Tool, wish: Wish, reading: Reading, *, forced: bool = False) -> ToolCall:
    """Fill a tool's arguments; None when something it needs is not known."""
    facts = _facts(tool, wish, reading)
    arguments = fill(tool.schema or {"type": "object"}, facts) or {}
    missing = _id_missing(tool.schema, facts)
    return ToolCall(tool.name, None if missing and not forced else arguments)


def _facts(tool: Tool, wish: Wish, reading: Reading) -> Facts:
    """Return what is known for a call."""
    if tool.name == "propose_structure":
        text = (
            "\n\n".join([*reading.history[:-1], _without_request(reading.said)]).strip()
            or reading.said
        )
        return story_facts(read_story(text, target=scene_target(reading.said)), text)
    values: dict[str, Value] = {name: _value(value) for name, value in wish.values.items()}
    if found := _known_id(reading):
        values["id"] = found
    return Facts(values)


def _value(value: object) -> Value:
    """Turn a wish's value into facts: pairs into named things, maps into things."""
    if isinstance(value, dict):
        return Facts({name: _value(inner) for name, inner in value.items()})
    if isinstance(value, list) and value and isinstance(value[0], tuple):
        return [Facts({"name": name, "title": name, "description": text}) for name, text in value]
    return value if isinstance(value, str | list | float) else str(value)


def _other_wishes(said: str, offered: dict[str, Tool]) -> list[Wish]:
    """Find acts by their verbs, and tools that are called by their name."""
    found = []
    for name in offered:
        pattern = _VERB.get(name)
        if re.search(rf"\b{re.escape(name)}\b", said) or (pattern and pattern.search(said)):
            found.append(
                Wish(name, {"summary": said, "query": said, "description": said, **_status(said)})
            )
    known = {wish.tool for wish in wishes(said)}
    return [wish for wish in found if wish.tool not in known]


def _status(said: str) -> dict[str, object]:
    """Read the status a scene is to have."""
    lower = said.lower()
    for word, status in (
        ("unlock", "refining"),
        ("lock", "locked"),
        ("refin", "refining"),
        ("explor", "exploring"),
    ):
        if word in lower:
            return {"status": status}
    return {}


def _loose_values(reading: Reading) -> dict[str, object]:
    """Offer a message's words for whatever a demanded tool needs."""
    words = reading.said or "…"
    return {
        "title": clip(words, 60),
        "description": words,
        "summary": words,
        "name": clip(words, 40),
        "query": words,
    }


def _known_id(reading: Reading) -> str:
    """Return the id a message names, else the one that stands nearest to its words in the data."""
    if found := _ID.search(reading.said):
        return found[0]
    data = "\n".join(
        [reading.block("scenes"), reading.system, *(block.text for block in reading.blocks)]
    )
    lower = reading.said.lower()
    for piece in _PIECE_END.split(data):
        found = _ID.search(piece)
        title = _TITLE_FIELD.search(piece)
        if found and title and title[1].lower() in lower:
            return found[0]
    first = _ID.search(data)
    return first[0] if first else ""


def _id_missing(schema: dict[str, Json], facts: Facts) -> bool:
    """Tell whether a schema needs an id and none is known."""
    needs = [name for name in schema.get("required", ()) if re.search(r"(?:^|_)ids?$|Ids?$", name)]
    plain = [name for name in needs if not _nullable(schema.get("properties", {}).get(name, {}))]
    return bool(plain) and not facts.has("id")


def _nullable(schema: Json) -> bool:
    """Tell whether a schema takes null."""
    return "null" in json.dumps(schema)


def _without_request(said: str) -> str:
    """Leave out the sentences that ask for a structure, keep the story in the message."""
    kept = [
        line
        for line in sentences(said)
        if not any(w.tool == "propose_structure" for w in wishes(line))
    ]
    return " ".join(kept)


def _report(reading: Reading, body: dict[str, Json], language: Language) -> str:
    """Name what the tools did and ask three questions; say plainly what was refused and why."""
    phrases = PHRASES[language]
    done: list[str] = []
    refused: list[str] = []
    for result in reading.tool_results:
        name, title = _act(body, result.get("tool_call_id"))
        plain = name.replace("_", " ")
        about = f" ({title})" if title else ""
        said = text_of(result.get("content"))
        if _REFUSED.match(said) or _FAILED.search(said):
            refused.append(phrases.refused.format(plain + about, _reason(said)))
        else:
            done.append(phrases.acts.get(name, phrases.act_other.format(plain)) + about)
    lines = [phrases.done.format(", ".join(done))] if done else []
    questions = phrases.questions if done else ()
    return " ".join([SIMULATED_WORD, *lines, *dict.fromkeys(refused), *questions])


def _reason(said: str) -> str:
    """Return why a tool refused, as a sentence."""
    given = _REASON_FIELD.search(said) if said.lstrip().startswith("{") else None
    reason = clip(given["words"] if given else _REFUSED.sub("", said), _REASON_CHARS) or "…"
    return reason if reason.endswith((".", "!", "?", "…")) else f"{reason}."


def _act(body: dict[str, Json], call_id: Json) -> tuple[str, str]:
    """Find a call by its id; return the tool's name and what the call was about."""
    for message in reversed(body["messages"]):
        for call in message.get("tool_calls") or []:
            if call.get("id") == call_id:
                function = call.get("function", {})
                return str(function.get("name", "")), _subject(function.get("arguments"))
    return "tool", ""


def _subject(arguments: Json) -> str:
    """Return the title or the names in a call's arguments."""
    try:
        value = json.loads(arguments) if isinstance(arguments, str) else arguments
    except ValueError:
        return ""
    if not isinstance(value, dict):
        return ""
    for key in ("title", "workflow", "name"):
        if isinstance(value.get(key), str):
            return clip(value[key], 60)
    names = [
        item["name"]
        for items in value.values()
        if isinstance(items, list)
        for item in items
        if isinstance(item, dict) and "name" in item
    ]
    return ", ".join(names[:4])
