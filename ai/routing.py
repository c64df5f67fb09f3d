"""Which models to try for a call: the plan's stack, in order, that can do what is needed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from ai.models import CatalogueEntry, Stack
from canvas.core.errors import Unavailable
from canvas.core.prepared import Select
from canvas.workspaces.models import Workspace

if TYPE_CHECKING:
    from collections.abc import Collection

_stack: Final = Select(
    lambda plan, task: Stack.objects.filter(plan_id=plan, task=task).order_by()[:1],
    plan=UUID,
    task=str,
)
_entry: Final = Select(lambda slug: CatalogueEntry.objects.filter(slug=slug).order_by(), slug=str)


@dataclass(frozen=True, slots=True)
class Choice:
    """One model to try, with how to ask it. `entry` is None when the catalogue lacks it."""

    slug: str
    entry: CatalogueEntry | None
    max_output_tokens: int
    temperature: float
    reasoning_effort: str
    chosen_as: str = ""

    @property
    def parameters(self) -> frozenset[str]:
        """What the model's entry says it supports; empty when it is not in the catalogue."""
        return frozenset(self.entry.supported_parameters if self.entry else ())


def chain(
    workspace: Workspace, task: str, *, tools: bool = False, image: bool = False
) -> list[Choice]:
    """List the models to try, best first.

    Args:
        workspace: its plan decides.
        task: one of Task.
        tools: leave out models that cannot call tools.
        image: leave out models that cannot see.

    Raises:
        Unavailable: `no-model`, an editor has to mend the stack.
    """
    stack = _stack.first(plan=workspace.plan_id, task=task)
    slugs = dict.fromkeys([stack.model_slug, *stack.fallback_slugs] if stack else [])
    # One look for each of two or three costs less than compiling one statement for all of them.
    choices = [_choice(stack, slug, _entry.first(slug=slug)) for slug in slugs if stack]
    able = [choice for choice in choices if _can(choice.entry, tools=tools, image=image)]
    if not able:
        raise Unavailable(
            f"The {workspace.plan.name} plan has no model that can do this ({task}). "
            "An editor has to set one in its stack.",
            code="no-model",
        )
    return able


def _choice(stack: Stack, slug: str, entry: CatalogueEntry | None) -> Choice:
    most = stack.max_output_tokens
    if entry and entry.max_output_tokens:
        most = min(most, entry.max_output_tokens)
    return Choice(slug, entry, most, stack.temperature, stack.reasoning_effort)


def _can(entry: CatalogueEntry | None, *, tools: bool, image: bool) -> bool:
    """A model that is not in the catalogue is tried: its refusal is an answer, too."""
    if entry is None:
        return True
    has: Collection[str] = entry.supported_parameters
    return (not tools or "tools" in has) and (not image or "image" in entry.input_modalities)
