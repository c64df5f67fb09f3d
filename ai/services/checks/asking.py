"""The steps of a live run that ask a model. Each returns what it heard, or raises."""

import base64
import io
from decimal import Decimal
from typing import Any, Final

from PIL import Image

from ai.openrouter import jsontext
from ai.openrouter.errors import StoppedError
from ai.openrouter.events import TextDelta
from ai.openrouter.quirks import answer_text
from ai.openrouter.wire import ChatReply, ChatRequest
from ai.services.checks.abilities import Ability, Json
from ai.services.checks.findings import CheckFailedError
from ai.services.checks.visit import Visit

_FEW_TOKENS: Final = 100
_TOKENS_TO_THINK: Final = 1_500
_TOKENS_TO_STOP: Final = 1_000
_TOOL: Final[Json] = {
    "type": "function",
    "function": {
        "name": "create_scene",
        "description": "Add one scene.",
        "parameters": {
            "type": "object",
            "properties": {"title": {"type": "string"}, "description": {"type": "string"}},
            "required": ["title", "description"],
        },
    },
}
_SCHEMA: Final[Json] = {
    "type": "object",
    "properties": {"title": {"type": "string"}, "minutes": {"type": "integer"}},
    "required": ["title", "minutes"],
    "additionalProperties": False,
}
_SHAPE: Final[Json] = {
    "type": "json_schema",
    "json_schema": {"name": "film", "strict": True, "schema": _SCHEMA},
}


def chat(visit: Visit) -> str:
    """Ask for one word, whole."""
    asked = visit.cheapest()
    reply = _ask(visit, asked, "Answer with the one word: canvas")
    if reply.usage is None or reply.usage.cost_usd is None:
        raise CheckFailedError(f"{asked.slug} answered, and did not tell what it cost")
    return f"{reply.model} by {reply.provider}: {_short(answer_text(reply.message))}"


def stream(visit: Visit) -> str:
    """Ask for some words, streamed; the generation's id has to come before them."""
    asked = visit.cheapest()
    request = _request(asked, "Count from 1 to 20, with blanks between.")
    worst_usd = visit.worst_usd(asked, request.max_tokens)
    ids: list[str | None] = []
    with (
        visit.purse.paying(worst_usd),
        visit.api.stream(request, on_headers=ids.append) as answer,
    ):
        deltas = sum(isinstance(event, TextDelta) for event in answer)
    visit.heard(answer.reply, worst_usd)
    if ids == [None]:
        raise CheckFailedError("no X-Generation-Id before the body")
    return f"{deltas} pieces, finish reason {answer.reply.finish_reason}"


def tools(visit: Visit) -> str:
    """Have a tool called."""
    asked = visit.cheapest("tools")
    reply = _ask(visit, asked, "Create a scene titled “Bus Stop” at the quay.", tools=(_TOOL,))
    if not reply.message.tool_calls:
        raise CheckFailedError(f"{asked.slug} called no tool: {_short(reply.message.content)}")
    call = reply.message.tool_calls[0]
    if call.name != "create_scene" or not isinstance(_parsed(call.arguments).get("title"), str):
        raise CheckFailedError(f"{asked.slug} called {call.name} with {_short(call.arguments)}")
    return f"{asked.slug}: {_short(call.arguments)}"


def structure(visit: Visit) -> str:
    """Have an answer in a strict shape."""
    asked = visit.cheapest("structured_outputs")
    reply = _ask(visit, asked, "Invent a short film about a ferry.", response_format=_SHAPE)
    said = _parsed(answer_text(reply.message))
    if not isinstance(said.get("title"), str) or not isinstance(said.get("minutes"), int):
        raise CheckFailedError(f"{asked.slug} said {_short(answer_text(reply.message))}")
    return f"{asked.slug}: {_short(answer_text(reply.message))}"


def vision(visit: Visit) -> str:
    """Have a tiny red picture looked at."""
    asked = visit.cheapest(inputs=["image"])
    parts: list[Json] = [
        {"type": "text", "text": "Which colour is this? One word."},
        {"type": "image_url", "image_url": {"url": _red_square()}},
    ]
    return f"{asked.slug}: {_short(answer_text(_ask(visit, asked, parts).message))}"


def cancel(visit: Visit) -> str:
    """Stop a stream after its first words; what it cost is asked for afterwards."""
    asked = visit.cheapest()
    request = _request(asked, "Count from 1 to 900, with blanks between.", _TOKENS_TO_STOP)
    worst_usd = visit.worst_usd(asked, request.max_tokens)
    try:
        with visit.purse.paying(worst_usd), visit.api.stream(request) as answer:
            for _event in answer:
                visit.api.abort(StoppedError("cancelled"))
    except StoppedError as stopped:
        if stopped.reason != "cancelled":
            raise
        return f"stopped; {_bill_of_stopped(visit, stopped.generation_id, worst_usd)}"
    visit.heard(answer.reply, worst_usd)
    raise CheckFailedError("the stream went on to its end")


# --- asking --------------------------------------------------------------------------------------


def _request(
    asked: Ability,
    content: str | list[Json],
    max_tokens: int = _FEW_TOKENS,
    **more: Any,  # noqa: ANN401 - the fields of a request
) -> ChatRequest:
    if "reasoning" in asked.parameters:
        max_tokens = max(max_tokens, _TOKENS_TO_THINK)
    return ChatRequest(
        model=asked.slug,
        messages=({"role": "user", "content": content},),
        max_tokens=max_tokens,
        **more,
    )


def _ask(
    visit: Visit,
    asked: Ability,
    content: str | list[Json],
    **more: Any,  # noqa: ANN401 - the fields of a request
) -> ChatReply:
    request = _request(asked, content, **more)
    worst_usd = visit.worst_usd(asked, request.max_tokens)
    with visit.purse.paying(worst_usd):
        reply = visit.api.chat(request)
    visit.heard(reply, worst_usd)
    return reply


def _bill_of_stopped(visit: Visit, generation_id: str | None, worst_usd: Decimal) -> str:
    """Say what a stopped call cost; as long as that is not told, the worst is counted."""
    try:
        cost_usd = visit.bill(generation_id).cost_usd if generation_id else None
    except CheckFailedError:
        cost_usd = None
    if cost_usd is None:
        return f"up to {worst_usd:f} USD"
    visit.purse.give_back(worst_usd - cost_usd)
    return f"{cost_usd:f} USD"


def _parsed(text: str) -> Json:
    try:
        value = jsontext.parse(text, exact=False)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59]}…"  # noqa: PLR2004 - a column of the report


def _red_square() -> str:
    drawn = io.BytesIO()
    Image.new("RGB", (64, 64), (200, 30, 30)).save(drawn, "PNG")
    return f"data:image/png;base64,{base64.b64encode(drawn.getvalue()).decode()}"
