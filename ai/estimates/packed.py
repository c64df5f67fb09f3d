"""The first prompt of a request as it would be sent, counted before it is."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ai import ledger
from ai.contracts.base import Contract
from ai.director import digest, offer, tools, transcript, wishes
from ai.director.turn import MOST_HISTORY_TOKENS
from ai.estimates.asks import Ask
from ai.exchange import IMAGE_TOKENS
from ai.gateway import request_for
from ai.models import JobKind
from ai.openrouter.quirks import preflight
from ai.openrouter.wire import ChatRequest
from ai.recipes import DIRECTOR, OUTLINE, VISION, Recipe
from ai.routing import Choice
from ai.services.outlines import in_words, said
from ai.structured import schema
from scenes import selectors

if TYPE_CHECKING:
    from datetime import datetime

    from scenes.models import Project

C = TypeVar("C", bound=Contract)

BYTES_A_TOKEN: Final = 4
# What a picture of the size that is sent adds to a prompt; providers count differently.
PICTURE_TOKENS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Packed:
    """How much the first prompt of one job carries. All in tokens."""

    tokens: int
    """Our best guess."""
    given_tokens: int
    """Of these, what the person gave: the message, or the source of an outline."""
    most_tokens: int
    """What the ledger would hold for it."""


def count(text: str) -> int:
    """Guess the tokens of a text: four bytes of UTF-8 each, which fits most scripts."""
    return of_bytes(len(text.encode("utf-8", "replace")))


def of_bytes(size: int) -> int:
    """Guess the tokens of so many bytes of text."""
    return -(-size // BYTES_A_TOKEN)


def pack(ask: Ask, choice: Choice) -> Packed:
    """Count the first prompt of a request to one model."""
    if ask.kind == JobKind.CHAT:
        return _chat(ask, choice)
    if ask.kind == JobKind.OUTLINE:
        source = ask.text or said(ask.project, before=ask.at)
        return _question(OUTLINE, ask, choice, {
            "target": in_words(ask.target),
            "source_kind": "conversation" if ask.source == "chat" else "text",
            "source": source,
        }, given=source)  # fmt: skip
    return _question(VISION, ask, choice, {"note": "", "language_note": ""}, pictures=1)


def _chat(ask: Ask, choice: Choice) -> Packed:
    message = ask.message
    assert message is not None  # noqa: S101 a chat is about a message
    values = digest.of_project(ask.project)
    system, _ = wishes.system_for(choice, DIRECTOR.wording, values)
    scene_count = len(selectors.scenes_of(project=ask.project))
    offered = offer.offered(tools.ALL, message=message.content, scene_count=scene_count)
    dialect = schema.dialect_of(choice.slug)
    wire = tuple(tool.wire(dialect) for tool in offered.values())
    room = _room_tokens(choice, system, wire)
    talk = transcript.exchanges(message)
    messages = [
        {"role": "system", "content": system},
        *transcript.as_messages(talk, slug=choice.slug, budget_tokens=room),
    ]
    request = request_for(choice, messages)
    request = request.model_copy(update={"tools": wire, "tool_choice": "auto"})
    since = _canvas_since(ask.project, ask.at) if ask.at else 0
    return _packed(request, given=message.content, less=since)


def _question(
    recipe: Recipe[C],
    ask: Ask,
    choice: Choice,
    values: dict[str, str],
    *,
    given: str = "",
    pictures: int = 0,
) -> Packed:
    system, user = recipe.wording.fill({"project_title": ask.project.title, **values})
    mode = schema.modes_for(choice.slug, choice.parameters)[0]
    if mode in {schema.Mode.JSON_OBJECT, schema.Mode.PROMPT}:
        system = f"{system}\n\n{schema.schema_in_prompt(recipe.contract)}"
    messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
    asked = schema.response_format(recipe.contract, mode, schema.dialect_of(choice.slug))
    request = request_for(choice, messages).model_copy(update={"response_format": asked})
    return _packed(request, given=given, pictures=pictures)


def _packed(request: ChatRequest, *, given: str = "", pictures: int = 0, less: int = 0) -> Packed:
    request = preflight(request)
    text = request.model_dump_json(exclude_none=True)
    held = request.model_dump_json(exclude={"messages"}, exclude_none=True) if pictures else text
    plain = text.replace("\\n", "\n").replace('\\"', '"')  # a model reads texts, not JSON
    return Packed(
        tokens=max(count(plain) + pictures * PICTURE_TOKENS - less, 1),
        given_tokens=count(given),
        most_tokens=ledger.tokens_of(held) + pictures * IMAGE_TOKENS,
    )


def _room_tokens(choice: Choice, system: str, wire: Sequence[dict[str, Any]]) -> int:
    """Say how much of the conversation a turn would send."""
    if choice.entry is None or choice.entry.context_length is None:
        return MOST_HISTORY_TOKENS
    taken = ledger.tokens_of(system) + ledger.tokens_of(json.dumps(wire)) + choice.max_output_tokens
    return min(MOST_HISTORY_TOKENS, choice.entry.context_length - taken)


def _canvas_since(project: "Project", moment: "datetime") -> int:
    """Count what the canvas holds today and did not hold at a moment."""
    scenes = (
        (row.created_at, f"{row.pk}{row.title}{row.notes[: digest.LONGEST_TEXT]}{row.location}")
        for row in selectors.scenes_of(project=project)
    )
    entries = (
        (row.created_at, f"{row.name}{row.description[: digest.LONGEST_TEXT]}")
        for row in selectors.entries_of(project=project)
    )
    return sum(count(text) for born, text in (*scenes, *entries) if born > moment)
