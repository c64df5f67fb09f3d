"""Is every model of every stack known, and can it do what its task needs?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from ai.models import CatalogueEntry, Stack, Task
from ai.services.checks.abilities import Ability, of_catalogue
from ai.services.checks.findings import Finding, Verdict


@dataclass(frozen=True, slots=True)
class _Need:
    """What a task cannot do without, and what it would rather have one of."""

    inputs: frozenset[str] = frozenset({"text"})
    parameters: frozenset[str] = frozenset()
    one_of: frozenset[str] = frozenset()


_SHAPED: Final = frozenset({"structured_outputs", "response_format"})
_NEEDS: Final = {
    Task.CHAT: _Need(parameters=frozenset({"tools"})),
    Task.OUTLINE: _Need(one_of=_SHAPED),
    Task.VISION: _Need(inputs=frozenset({"text", "image"}), one_of=_SHAPED),
}


def check_stacks(known: Mapping[str, Ability] | None = None) -> list[Finding]:
    """Look up each model of each stack.

    Args:
        known: models by slug; None is our catalogue.
    """
    stacks = list(Stack.objects.select_related("plan"))
    if not stacks:
        return [Finding("stacks", Verdict.FAILED, "there is none")]
    if known is None:
        slugs = slugs_of(stacks)
        entries = CatalogueEntry.objects.in_bulk([*slugs, *map(_base, slugs)])
        known = {slug: of_catalogue(entry) for slug, entry in entries.items()}
    return [_finding(stack, slug, known) for stack in stacks for slug in _slugs(stack)]


def slugs_of(stacks: list[Stack]) -> list[str]:
    """List the models of all stacks, each once."""
    return list(dict.fromkeys(slug for stack in stacks for slug in _slugs(stack)))


def _slugs(stack: Stack) -> list[str]:
    return [stack.model_slug, *stack.fallback_slugs]


def _base(slug: str) -> str:
    """Return the model of a variant such as `author/model:nitro`."""
    return slug.partition(":")[0]


def _finding(stack: Stack, slug: str, known: Mapping[str, Ability]) -> Finding:
    what = f"{stack.plan_id} {stack.task}: {slug}"
    ability = known.get(slug) or known.get(_base(slug))
    if ability is None:
        return Finding(what, Verdict.FAILED, "no such model is known")
    if faults := list(_faults(ability, _NEEDS[Task(stack.task)])):
        return Finding(what, Verdict.FAILED, "; ".join(faults))
    notes = list(_notes(ability, _NEEDS[Task(stack.task)], stack.max_output_tokens))
    return Finding(what, Verdict.NOTE if notes else Verdict.OK, "; ".join(notes))


def _faults(ability: Ability, need: _Need) -> Iterator[str]:
    if missing := need.inputs - ability.inputs:
        yield f"does not read {', '.join(sorted(missing))}"
    if "text" not in ability.outputs:
        yield "does not write text"
    if missing := need.parameters - ability.parameters:
        yield f"does not support {', '.join(sorted(missing))}"
    if ability.expires_on and ability.expires_on <= _today():
        yield f"is gone since {ability.expires_on}"


def _notes(ability: Ability, need: _Need, wanted_tokens: int) -> Iterator[str]:
    if need.one_of and not need.one_of & ability.parameters:
        yield f"supports neither {' nor '.join(sorted(need.one_of))}: asked in words only"
    most = ability.max_output_tokens
    if most is not None and most < wanted_tokens:
        yield f"writes {most} tokens at most, {wanted_tokens} are set"
    if ability.token_usd is None:
        yield "has no known price"
    if ability.expires_on:
        yield f"will be gone on {ability.expires_on}"


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
