"""POST /chat/completions: check, think, spoil if asked to, write."""

import asyncio
import time
from decimal import Decimal
from functools import partial
from typing import Final

from ai.simulator import checks
from ai.simulator.answer import Answer, within
from ai.simulator.brains.reading import picture_urls
from ai.simulator.catalogue import Entry
from ai.simulator.early import REPLACING, fails_over, replacing_reply
from ai.simulator.faults import HEADER, Asked, Fault, read_header, split_model
from ai.simulator.mangle import SPOILING, spoil
from ai.simulator.plain import write_plain
from ai.simulator.state import Simulator
from ai.simulator.stream import Writer
from ai.simulator.thinking import Look, look_at, think
from ai.simulator.turn import Turn
from ai.simulator.usage import Spent, prompt_usd, spent_on
from ai.simulator.web import STREAM_TYPE, Reply, Request
from ai.simulator.wire import Json, new_id

_LONG_CHARS: Final = 20_000
_STALL_S: Final = 3_600.0


async def complete(sim: Simulator, request: Request) -> Reply:
    """Answer a chat completion, plain or streamed.

    Raises:
        Refusal: whatever the real service would refuse.
    """
    body = request.json()
    checks.check_shape(body)
    slug, fault = choose(sim, request, body)
    generation_id = new_id()
    if fault and fault.kind in REPLACING:
        return _identified(replacing_reply(fault), generation_id)
    if fault and fault.kind == "stall" and fault.word("at", "events") == "headers":
        await request.pause(fault.number("seconds", _STALL_S))
    entry = sim.catalogue.get(slug)
    turn = await _turn(sim, request, body, entry, fault, generation_id)
    pieces = Writer(turn).write() if turn.streamed else write_plain(turn)
    kind = STREAM_TYPE if turn.streamed else "application/json"
    return _identified(Reply(200, pieces, kind, {"cache-control": "no-cache"}), generation_id)


def choose(sim: Simulator, request: Request, body: dict[str, Json]) -> tuple[str, Fault | None]:
    """Return the model that serves and its fault; a failing model gives way to the next."""
    asked = list(
        dict.fromkeys(
            [*([body["model"]] if body.get("model") else []), *(body.get("models") or [])]
        )
    )
    if request.headers.get(HEADER):
        return split_model(asked[0])[0], read_header(request.headers[HEADER])
    text = request.raw.decode("utf-8", "replace")
    for place, model in enumerate(asked):
        slug, fault = split_model(str(model))
        fault = fault or sim.script.take(Asked(slug, "chat", text))
        if fault is None or place == len(asked) - 1 or not fails_over(fault):
            return slug, fault
    raise AssertionError("a request names at least one model")


async def _turn(
    sim: Simulator,
    request: Request,
    body: dict[str, Json],
    entry: Entry,
    fault: Fault | None,
    generation_id: str,
) -> Turn:
    """Check the request against the model and compute the answer."""
    pictures = [url for message in body["messages"] for url in picture_urls(message)]
    checks.check_ability(entry, body, pictures)
    look = await asyncio.to_thread(look_at, pictures) if pictures else Look([])
    tokens = checks.prompt_tokens_of(body)
    checks.check_context(entry, tokens + look.tokens)
    most = min(
        body.get("max_completion_tokens") or body.get("max_tokens") or entry.max_output_tokens,
        entry.context_tokens,
    )
    _check_credit(sim, entry, most, prompt_usd(entry, tokens, look.tokens, len(pictures)))
    answer = await _answer(sim, body, entry, look, len(request.raw))
    if fault and fault.kind in SPOILING:
        answer = spoil(answer, fault)
    answer = within(answer, most)
    return Turn(
        request=request,
        body=body,
        entry=entry,
        answer=answer,
        fault=fault,
        settings=sim.settings,
        generation_id=generation_id,
        bill=sim.bill,
        price=partial(_price, entry, answer, tokens, look),
        created=int(time.time()),
    )


async def _answer(
    sim: Simulator, body: dict[str, Json], entry: Entry, look: Look, size: int
) -> Answer:
    """Think; long texts and pictures in a thread, so that no other stream waits."""
    heavy = size > _LONG_CHARS or "image" in (body.get("modalities") or ())
    if heavy:
        return await asyncio.to_thread(think, entry, body, look, sim.settings)
    return think(entry, body, look, sim.settings)


def _price(
    entry: Entry, answer: Answer, text_tokens: int, look: Look, produced: int | None
) -> Spent:
    """Price the answer or what was produced of it."""
    return spent_on(
        entry,
        answer,
        text_tokens=text_tokens,
        picture_tokens=look.tokens,
        pictures=len(look.seen),
        produced_tokens=produced,
    )


def _check_credit(sim: Simulator, entry: Entry, most: int, prompt: Decimal) -> None:
    """Reserve the worst case against the account."""
    left = sim.credit_left_usd()
    if left is not None:
        checks.check_credit(entry, most, prompt, left)


def _identified(reply: Reply, generation_id: str) -> Reply:
    """Put the generation's id into the headers."""
    reply.headers["x-generation-id"] = generation_id
    return reply
