"""Choose the brain for a request, and give its answer the habits of the model's family."""

import hashlib
from dataclasses import dataclass, replace
from typing import Final

from ai.simulator.answer import SIMULATED_WORD, Answer
from ai.simulator.brains import chat, drawing, outline, vision
from ai.simulator.brains.facts import Facts
from ai.simulator.brains.fill import fill
from ai.simulator.brains.language import clip, detect
from ai.simulator.brains.pictures import Seen, measure, open_data_url
from ai.simulator.brains.reading import Reading, read_messages, schema_in
from ai.simulator.catalogue import Entry
from ai.simulator.mangle_json import fenced
from ai.simulator.settings import Settings
from ai.simulator.signature import GEMINI_FORMAT, signature_of
from ai.simulator.tokens import count_image
from ai.simulator.wire import Json, dumps

_ALWAYS_IN_REASONING: Final = "moonshotai/kimi-k2.5"
_IN_REASONING: Final = "moonshotai/"
_ONE_IN: Final = 3
_TWO_VARIANTS: Final = "google/gemini-3-pro-image-preview"
_JSON_WORDS: Final = ("json",)


@dataclass(frozen=True, slots=True)
class Look:
    """The pictures of a request, measured."""

    seen: list[Seen]

    @property
    def tokens(self) -> int:
        """Count their tiles."""
        return sum(count_image(each.width_px, each.height_px) for each in self.seen)


def look_at(pictures: list[str]) -> Look:
    """Decode and measure the pictures of a request.

    Raises:
        Refusal: 400 for what is no readable picture.
    """
    return Look([measure(open_data_url(url)) for url in pictures])


def think(entry: Entry, body: dict[str, Json], look: Look, settings: Settings) -> Answer:
    """Compute the answer to a request."""
    reading = read_messages(body["messages"], obedient=settings.obedient)
    if "image" in (body.get("modalities") or ()):
        return _draw(entry, body, reading)
    schema = asked_schema(body, reading)
    if schema is not None:
        text = dumps(fill(schema, _facts(reading, look))).decode()
        return _in_character(entry, body, Answer(text), settings)
    if look.seen and not body.get("tools"):
        return Answer(
            f"{SIMULATED_WORD} {' '.join(vision.picture_words(each) for each in look.seen)}"
        )
    return _with_thoughts(entry, chat.talk(reading, body))


def asked_schema(body: dict[str, Json], reading: Reading) -> dict[str, Json] | None:
    """Return the JSON Schema a request wants filled, None when it wants words or acts."""
    form = body.get("response_format") or {}
    if form.get("type") == "json_schema":
        schema: dict[str, Json] = form["json_schema"]["schema"]
        return schema
    described = "\n".join(
        [reading.instructions, *(block.text for block in reading.blocks if "schema" in block.name)]
    )
    if form.get("type") == "json_object":
        return schema_in(described) or outline.DEFAULT_SCHEMA
    if body.get("tools"):
        return None
    system = reading.system.lower()
    if any(word in described.lower() for word in _JSON_WORDS) and (found := schema_in(described)):
        return found
    return outline.DEFAULT_SCHEMA if "outline" in system and outline.story_text(reading) else None


def _facts(reading: Reading, look: Look) -> Facts:
    """Return what is known: of the first picture, else of the story."""
    text = outline.story_text(reading)
    if look.seen:
        facts = vision.picture_facts(look.seen[0])
        facts.around = None
        return facts
    story = outline.read_story(
        text,
        title=reading.block("title"),
        target=outline.scene_target(reading.instructions + _target(reading)),
    )
    facts = outline.story_facts(story, text)
    facts.values["reply"] = chat.plain_words(reading, detect(reading.said))
    return facts


def _target(reading: Reading) -> str:
    """Return the block that says how many scenes are wanted."""
    return f"\n{reading.block('target', 'scenes_wanted')}"


def _draw(entry: Entry, body: dict[str, Json], reading: Reading) -> Answer:
    """Make pictures in the chat."""
    config = body.get("image_config") or {}
    ratio, size = config.get("aspect_ratio", "1:1"), config.get("image_size", "1K")
    width, height = drawing.size_of(ratio, size) or (1024, 1024)
    count = 2 if entry.slug == _TWO_VARIANTS else 1
    form = "jpeg" if entry.slug == _TWO_VARIANTS else "png"
    prompt = reading.said or "picture"
    pictures = [
        drawing.draw(
            drawing.Order(
                prompt=prompt, width_px=width, height_px=height, output_format=form, seed=seed
            )
        )
        for seed in range(count)
    ]
    return Answer("", images=[drawing.data_url(picture, form) for picture in pictures])


def _in_character(
    entry: Entry, body: dict[str, Json], answer: Answer, settings: Settings
) -> Answer:
    """Give a JSON answer the habits of its family: Claude's fences, Kimi's reasoning field."""
    form = (body.get("response_format") or {}).get("type")
    if entry.family == "anthropic" and form != "json_schema":
        return replace(answer, content=fenced(answer.content or ""))
    if entry.slug == _ALWAYS_IN_REASONING or (
        entry.slug.startswith(_IN_REASONING) and _chance(body, settings)
    ):
        return replace(answer, content="", reasoning=answer.content or "")
    return answer


def _with_thoughts(entry: Entry, answer: Answer) -> Answer:
    """Add what a family wants to see again with its tool calls."""
    if not answer.tool_calls:
        return answer
    if entry.slug.startswith("google/gemini-3"):
        signature = signature_of(answer.tool_calls[0].text())
        detail = {"type": "reasoning.encrypted", "data": signature, "format": GEMINI_FORMAT}
        return replace(
            answer, reasoning_details=[detail | {"id": answer.tool_calls[0].id, "index": 0}]
        )
    if entry.slug.startswith(_IN_REASONING):
        names = ", ".join(call.name for call in answer.tool_calls)
        words = f"{SIMULATED_WORD} I call {clip(names, 80)}."
        thought: Json = {"type": "reasoning.text", "text": words, "format": "unknown", "index": 0}
        return replace(answer, reasoning=words, reasoning_details=[thought])
    return answer


def _chance(body: dict[str, Json], settings: Settings) -> bool:
    """Decide by the seed and the words, the same for the same request."""
    material = f"{settings.seed}:{body.get('seed', '')}:{body['messages'][-1].get('content')}"
    return hashlib.sha256(material.encode("utf-8", "replace")).digest()[0] % _ONE_IN == 0
