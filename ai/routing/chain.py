"""Which models to try for a call, in which order, and which are left out and why.

In this order: what the request names, the project's configuration, the workspace's, the first
model of the plan's stack, its fallbacks. Everything is read at the call, so that a change counts
from the next one on.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from ai.models import CatalogueEntry, Task
from ai.routing import policy
from ai.routing.choice import Choice, catalogue_slug, snapped
from ai.routing.needs import Needs, has_shapes, why_not
from ai.routing.preferences import NONE, Preferences
from ai.routing.scope import Scope, Written, written
from canvas.core.errors import Unavailable
from canvas.core.prepared import Select

OnSkip = Callable[[str, str], None]

# What a call uses when neither a stack nor a configuration says otherwise.
DEFAULT_OUTPUT_TOKENS: Final = 8_000
DEFAULT_TEMPERATURE: Final = 0.7
_FREELY_CHOSEN: Final = frozenset({"request", "project", "workspace"})

_entry: Final = Select(lambda slug: CatalogueEntry.objects.filter(slug=slug).order_by(), slug=str)


def chain(scope: Scope, task: str, *, needs: Needs, on_skip: OnSkip | None = None) -> list[Choice]:
    """List the models to try, best first.

    Args:
        scope: whose call it is.
        task: one of Task.
        needs: models that lack one of these are left out.
        on_skip: is told each model that is left out, and why.

    Raises:
        Unavailable: `no-model`, somebody has to mend the stack or the configuration.
    """
    found = written(scope.workspace, scope.project_id, task)
    named = [("request", scope.asked)] if scope.asked else []
    first: dict[str, str] = {}  # a model is tried once, under the name that comes first
    for name, slug in [*named, *found.models()]:
        first.setdefault(slug, name)
    # One look for each of two or three costs less than compiling one statement for all of them.
    wishes = found.provider()
    choices = [_choice(found, wishes, slug, name) for slug, name in first.items()]
    able = _able(choices, needs, on_skip or _say_nothing)
    if not able:
        raise Unavailable(
            f"The {scope.workspace.plan.name} plan has no model that can do this ({task}). "
            "An editor has to set one in its stack.",
            code="no-model",
        )
    return able


def choice_of(slug: str, task: str) -> Choice:
    """Give one model by itself, without stack, overrides and fallbacks; known or not."""
    found = Written(task=Task(task), stack=None, project=None, workspace=None)
    return _choice(found, NONE, slug, "request")


def entry_of(slug: str) -> CatalogueEntry | None:
    """Find what the catalogue knows of a model, or of the model behind a routing shortcut."""
    return _entry.first(slug=catalogue_slug(slug))


def _choice(found: Written, wishes: Preferences, slug: str, name: str) -> Choice:
    entry = entry_of(slug)
    most = found.stack.max_output_tokens if found.stack else DEFAULT_OUTPUT_TOKENS
    if entry and entry.max_output_tokens:
        most = min(most, entry.max_output_tokens)
    temperature = found.temperature()
    return Choice(
        slug,
        entry,
        most,
        DEFAULT_TEMPERATURE if temperature is None else temperature,
        snapped(found.reasoning_effort(), entry),
        chosen_as=name,
        provider=wishes,
        extra_prompt=found.prompt("extra_prompt"),
        override_prompt=found.prompt("override_prompt"),
    )


def _able(choices: Iterable[Choice], needs: Needs, on_skip: OnSkip) -> list[Choice]:
    able = []
    for choice in choices:
        if reason := why_not(choice.entry, needs, choice.provider.max_price):
            on_skip(choice.slug, reason)
        else:
            able.append(choice)
    return _shaped(_protected(able, on_skip), needs, on_skip)


def _protected(choices: list[Choice], on_skip: OnSkip) -> list[Choice]:
    """Keep models whose known providers all break the wished data policy out of the chain."""
    wishes = choices[0].provider if choices else NONE
    if not wishes.is_strict:
        return choices
    known = policy.endpoints_of([choice.entry.slug for choice in choices if choice.entry])
    kept = []
    for choice in choices:
        endpoints = known.get(choice.entry.slug, []) if choice.entry else []
        wishes_here = policy.protected(choice.provider, endpoints)
        if wishes_here is None:
            on_skip(choice.slug, "each of its known providers keeps prompts or learns from them")
        else:
            kept.append(replace(choice, provider=wishes_here))
    return kept


def _shaped(choices: list[Choice], needs: Needs, on_skip: OnSkip) -> list[Choice]:
    """Leave out the plan's models without structured output if another one has it.

    Without any, the models are asked in words: that works, less surely.
    """
    if not needs.structured or not any(has_shapes(choice.entry) for choice in choices):
        return choices
    kept = []
    for choice in choices:
        poor = choice.entry is not None and not has_shapes(choice.entry)
        if poor and choice.chosen_as not in _FREELY_CHOSEN:
            on_skip(choice.slug, "has no structured output, and another model has")
        else:
            kept.append(choice)
    return kept


def _say_nothing(_slug: str, _reason: str) -> None:
    """Tell nobody."""
