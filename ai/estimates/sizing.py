"""How large a job is: what its figures are divided by, so that jobs of all sizes can be compared.

The same three rules measure the request that is asked about and each job of the history.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from ai.estimates.asks import Ask
from ai.estimates.history import History, Used
from ai.estimates.packed import Packed, of_bytes
from ai.estimates.quantiles import middle
from ai.models import JobKind

if TYPE_CHECKING:
    from uuid import UUID

# So many jobs show how a model's tokens differ from our count.
ENOUGH_TO_CALIBRATE: Final = 5
# What is known of the last bill is not believed beyond this when the prompt itself says otherwise.
MOST_APART: Final = 2.0
# How long outlines are: tokens of one scene with its beats, and of all that stands around them.
SCENE_TOKENS: Final = 260
AROUND_TOKENS: Final = 400
SECONDS_A_SCENE: Final = 45
SOURCE_TOKENS_A_SCENE: Final = 250
LEAST_SCENES: Final = 4
MOST_GUESSED_SCENES: Final = 40


@dataclass(frozen=True, slots=True)
class Size:
    """Of one job: tokens of its first prompt, and of the answer that its target asks for.

    `answer` is 1 where nothing in the request says how long the answer will be.
    """

    prompt: float
    answer: float


def size_of(ask: Ask, packed: Packed, history: History) -> Size:
    """Measure a request that is not made yet."""
    given = packed.given_tokens
    if ask.kind == JobKind.CHAT:
        last = next((job for job in reversed(history.before) if job.answered), None)
        prompt = _after(last, given, counted=packed.tokens) if last else float(packed.tokens)
        return Size(max(prompt, 1.0), 1.0)
    if ask.kind == JobKind.OUTLINE:
        prompt = packed.tokens * _calibration(packed, history.jobs)
        return Size(prompt, wanted_tokens(ask.target, given))
    seen = [job.first_prompt for job in history.jobs]
    enough = len(seen) >= ENOUGH_TO_CALIBRATE
    return Size(float(middle(seen) if enough else packed.tokens), 1.0)


def sizes_of(ask: Ask, packed: Packed, history: History) -> list[Size]:
    """Measure each job of the history as the request is measured."""
    if ask.kind == JobKind.CHAT:
        return _of_chats(history)
    if ask.kind == JobKind.OUTLINE:
        around = packed.tokens - packed.given_tokens
        factor = _calibration(packed, history.jobs)
        return [_of_outline(job, around, factor) for job in history.jobs]
    return [size_of(ask, packed, history)] * len(history.jobs)


def wanted_tokens(target: Mapping[str, Any], source_tokens: int) -> float:
    """Guess how long an outline is wanted, in tokens."""
    scenes, runtime_s = target.get("scenes"), target.get("runtimeSeconds")
    if not scenes and runtime_s:
        scenes = max(runtime_s / SECONDS_A_SCENE, 1)
    if not scenes:
        by_source = source_tokens / SOURCE_TOKENS_A_SCENE
        scenes = min(max(by_source, LEAST_SCENES), MOST_GUESSED_SCENES)
    return AROUND_TOKENS + SCENE_TOKENS * float(scenes)


def _of_chats(history: History) -> list[Size]:
    """A chat is as long as the last one of its project was at its end, and the new message."""
    last: dict[UUID, Used] = {}
    found: dict[UUID, Size] = {}
    known = {job.pk: job for job in (*history.before, *history.jobs)}
    for job in sorted(known.values(), key=attrgetter("finished_at")):
        if not job.answered:
            continue
        earlier = last.get(job.project_id)
        given = of_bytes(job.given_bytes)
        first = float(job.first_prompt)
        found[job.pk] = Size(_after(earlier, given, counted=first) if earlier else first, 1.0)
        last[job.project_id] = job
    return [found[job.pk] for job in history.jobs]


def _after(last: Used, given_tokens: int, *, counted: float) -> float:
    """Say how long a conversation is by the last bill, within reason of what was counted."""
    billed = last.context_after + given_tokens
    return min(max(billed, counted / MOST_APART), counted * MOST_APART)


def _of_outline(job: Used, around_tokens: int, factor: float) -> Size:
    if not job.given_bytes:  # the chat was its source: the bill says how long that was
        given = max(job.first_prompt - around_tokens, 0)
        return Size(float(job.first_prompt), wanted_tokens(job.target, given))
    given = of_bytes(job.given_bytes)
    return Size((around_tokens + given) * factor, wanted_tokens(job.target, given))


def _calibration(packed: Packed, jobs: Sequence[Used]) -> float:
    """Say by how much a model's tokens differ from our count; 1 while that is not known."""
    around = packed.tokens - packed.given_tokens
    found = [
        job.first_prompt / (around + of_bytes(job.given_bytes)) for job in jobs if job.given_bytes
    ]
    return middle(found) if len(found) >= ENOUGH_TO_CALIBRATE else 1.0
