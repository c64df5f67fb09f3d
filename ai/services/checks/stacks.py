"""Is every model of every stack and configuration known, and can it do what its task needs?"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from ai.models import CatalogueEntry, Configuration, Stack, Task
from ai.services.checks.abilities import Ability, of_catalogue
from ai.services.checks.findings import Finding, Verdict


@dataclass(frozen=True, slots=True)
class _Need:
    """What a task cannot do without, and what it would rather have one of."""

    inputs: frozenset[str] = frozenset({"text"})
    outputs: frozenset[str] = frozenset({"text"})
    parameters: frozenset[str] = frozenset()
    one_of: frozenset[str] = frozenset()


_SHAPED: Final = frozenset({"structured_outputs", "response_format"})
_NEEDS: Final = {
    Task.CHAT: _Need(parameters=frozenset({"tools"})),
    Task.OUTLINE: _Need(one_of=_SHAPED),
    Task.VISION: _Need(inputs=frozenset({"text", "image"}), one_of=_SHAPED),
    Task.IMAGE: _Need(outputs=frozenset({"image"})),
}
_COLUMNS: Final = {
    "chat_model": Task.CHAT,
    "outline_model": Task.OUTLINE,
    "vision_model": Task.VISION,
    "image_model": Task.IMAGE,
}


@dataclass(frozen=True, slots=True)
class _Use:
    """One model that is set for a task somewhere."""

    where: str
    task: Task
    slug: str
    most_tokens: int | None = None


def check_stacks(known: Mapping[str, Ability] | None = None) -> list[Finding]:
    """Look up each model of each stack, and each that workspaces and projects have chosen.

    Args:
        known: models by slug; None is our catalogue. The service lists models that make pictures
            elsewhere, so those are looked up in the catalogue in any case.
    """
    stacks = list(Stack.objects.select_related("plan"))
    if not stacks:
        return [Finding("stacks", Verdict.FAILED, "there is none")]
    uses = [*_of_stacks(stacks), *_of_configurations()]
    painters = [use for use in uses if use.task == Task.IMAGE]
    found = dict(known or {}) | _catalogue(painters if known is not None else uses)
    return [_finding(use, found) for use in uses]


def slugs_of(stacks: list[Stack]) -> list[str]:
    """List the models of all stacks, each once."""
    return list(dict.fromkeys(slug for stack in stacks for slug in _slugs(stack)))


def _of_stacks(stacks: Iterable[Stack]) -> Iterator[_Use]:
    for stack in stacks:
        task = Task(stack.task)
        most = None if task == Task.IMAGE else stack.max_output_tokens
        for slug in _slugs(stack):
            yield _Use(f"{stack.plan_id} {stack.task}", task, slug, most)


def _of_configurations() -> Iterator[_Use]:
    """Name each chosen model once, with how many workspaces and projects have chosen it."""
    chosen = Counter(
        (column, slug)
        for row in Configuration.objects.values(*_COLUMNS)
        for column, slug in row.items()
        if slug
    )
    for (column, slug), count in sorted(chosen.items()):
        task = _COLUMNS[column]
        yield _Use(f"configured {task.value} ({count})", task, slug)


def _catalogue(uses: Iterable[_Use]) -> dict[str, Ability]:
    slugs = {name for use in uses for name in (use.slug, _base(use.slug))}
    entries = CatalogueEntry.objects.in_bulk(slugs)
    return {slug: of_catalogue(entry) for slug, entry in entries.items()}


def _slugs(stack: Stack) -> list[str]:
    return [stack.model_slug, *stack.fallback_slugs]


def _base(slug: str) -> str:
    """Return the model of a variant such as `author/model:nitro`."""
    return slug.partition(":")[0]


def _finding(use: _Use, known: Mapping[str, Ability]) -> Finding:
    what, need = f"{use.where}: {use.slug}", _NEEDS[use.task]
    ability = known.get(use.slug) or known.get(_base(use.slug))
    if ability is None:
        return Finding(what, Verdict.FAILED, "no such model is known")
    if faults := list(_faults(ability, need)):
        return Finding(what, Verdict.FAILED, "; ".join(faults))
    notes = list(_notes(ability, use, need))
    return Finding(what, Verdict.NOTE if notes else Verdict.OK, "; ".join(notes))


def _faults(ability: Ability, need: _Need) -> Iterator[str]:
    if missing := need.inputs - ability.inputs:
        yield f"does not read {', '.join(sorted(missing))}"
    for lacking in sorted(need.outputs - ability.outputs):
        yield "does not write text" if lacking == "text" else "does not make pictures"
    if missing := need.parameters - ability.parameters:
        yield f"does not support {', '.join(sorted(missing))}"
    if ability.expires_on and ability.expires_on <= _today():
        yield f"is gone since {ability.expires_on}"


def _notes(ability: Ability, use: _Use, need: _Need) -> Iterator[str]:
    if need.one_of and not need.one_of & ability.parameters:
        yield f"supports neither {' nor '.join(sorted(need.one_of))}: asked in words only"
    most = ability.max_output_tokens
    if most is not None and use.most_tokens is not None and most < use.most_tokens:
        yield f"writes {most} tokens at most, {use.most_tokens} are set"
    if ability.token_usd is None and use.task != Task.IMAGE:
        yield "has no known price"
    if ability.expires_on:
        yield f"will be gone on {ability.expires_on}"


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
