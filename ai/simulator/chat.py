"""POST /chat/completions: check, think, spoil if asked to, write."""

import asyncio
import time
from decimal import Decimal
from functools import cache, partial
from typing import Final

from ai.simulator import checks
from ai.simulator.answer import Answer, within
from ai.simulator.brains.reading import picture_urls
from ai.simulator.carriage import carried, hold
from ai.simulator.catalogue import Entry
from ai.simulator.early import REPLACING, fails_over, replacing_reply
from ai.simulator.errors import Refusal
from ai.simulator.faults import HEADER, Asked, Fault, split_model
from ai.simulator.kinds import KINDS
from ai.simulator.mangle import spoil
from ai.simulator.plain import write_plain
from ai.simulator.state import Simulator
from ai.simulator.stream import Writer
from ai.simulator.thinking import Look, look_at, think
from ai.simulator.turn import Turn
from ai.simulator.usage import Spent, prompt_usd, spent_on
from ai.simulator.web import JSON_TYPE, STREAM_TYPE, Reply, Request
from ai.simulator.wire import Json, new_id

_LONG_CHARS: Final = 20_000
_OF_THE_ACCOUNT: Final = frozenset({401, 402})
_SCRIPTED: Final = frozenset(KINDS) - {"generation_404"}


async def complete(sim: Simulator, request: Request) -> Reply:
    """Answer a chat completion; a model that cannot gives way to the next of `models`.

    Raises:
        Refusal: whatever the real service would refuse.
    """
    body = request.json()
    checks.check_shape(body)
    text = request.raw.decode("utf-8", "replace")
    header = request.headers.get(HEADER, "")
    asked = list(dict.fromkeys(filter(None, [body.get("model"), *(body.get("models") or ())])))
    for place, model in enumerate(asked, 1):
        slug, suffix = split_model(model)
        fault = sim.script.pick(Asked(slug, "chat", text), header, suffix, kinds=_SCRIPTED)
        is_last = place == len(asked)
        if fault and fails_over(fault):
            header = ""
            if not is_last:
                continue
        try:
            return await _serve(sim, request, body, sim.catalogue.get(slug), fault)
        except Refusal as refusal:
            if is_last or not _gives_way(refusal):
                raise
    raise AssertionError("a request names at least one model")


def _gives_way(refusal: Refusal) -> bool:
    """Tell whether another model may answer: not for a wrong id, and not without credit."""
    unknown = (refusal.availability or {}).get("code") == "model_not_found"
    return not unknown and refusal.status not in _OF_THE_ACCOUNT


async def _serve(
    sim: Simulator, request: Request, body: dict[str, Json], entry: Entry, fault: Fault | None
) -> Reply:
    """Answer with one model, plain or streamed."""
    generation_id = new_id()
    await hold(fault, request)
    if fault and fault.kind in REPLACING:
        reply = replacing_reply(
            fault, asked_tokens=_most(body, entry), streamed=body.get("stream") is True
        )
        return _identified(reply, generation_id)
    if fault and fault.kind == "generation_404":
        sim.bill.hide(generation_id, fault.count("polls") or 1)
    turn = await _turn(sim, request, body, entry, fault, generation_id)
    pieces = Writer(turn).write() if turn.streamed else write_plain(turn)
    kind = STREAM_TYPE if turn.streamed else JSON_TYPE
    reply = Reply(200, pieces, kind, {"cache-control": "no-cache"})
    return _identified(carried(reply, fault, request), generation_id)


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
    most = _most(body, entry)
    _check_credit(sim, entry, most, prompt_usd(entry, tokens, look.tokens, len(pictures)))
    answer = await _answer(sim, body, entry, look, len(request.raw))
    answer = within(spoil(answer, fault), most)
    return Turn(
        request=request,
        body=body,
        entry=entry,
        answer=answer,
        fault=fault,
        settings=sim.settings,
        generation_id=generation_id,
        bill=sim.bill,
        price=cache(partial(_price, entry, answer, tokens, look)),
        created=int(time.time()),
    )


def _most(body: dict[str, Json], entry: Entry) -> int:
    """Return how many tokens the answer may have: as asked, else what the model can."""
    asked = body.get("max_completion_tokens") or body.get("max_tokens")
    return min(asked or entry.max_output_tokens, entry.context_tokens)


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
