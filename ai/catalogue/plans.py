"""What a plan's models cost for one unit of work, and how that compares to the baseline.

A unit is a million tokens read and a million written in each service; vision also looks at a
thousand pictures. Image generation is counted apart: a thousand pictures made. An unknown price
makes the sum unknown: a part is never shown as the whole.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from ai.catalogue import ratios
from ai.catalogue.ratios import Ratio
from ai.catalogue.resolve import Resolved, look_up
from ai.models import CatalogueEntry, Stack, Task
from canvas.core.money import DIGITS
from canvas.workspaces.models import Plan

# task -> the columns of its unit, and what a price is of
UNITS: Final[Mapping[str, Mapping[str, str]]] = {
    Task.CHAT: {"prompt_nusd_per_m": "input", "completion_nusd_per_m": "output"},
    Task.OUTLINE: {"prompt_nusd_per_m": "input", "completion_nusd_per_m": "output"},
    Task.VISION: {
        "prompt_nusd_per_m": "input",
        "completion_nusd_per_m": "output",
        "image_nusd_per_k": "pictures read",
    },
    Task.IMAGE: {"image_output_nusd_per_k": "pictures made"},
}
IN_TOTAL: Final = (Task.CHAT, Task.OUTLINE, Task.VISION)


@dataclass(frozen=True, slots=True)
class UnitCost:
    """What one unit costs in nano-dollars; None with the reason why nobody knows."""

    nusd: int | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ModelCost:
    """What a unit costs with one model, and that against the baseline."""

    slug: str
    cost: UnitCost
    ratio: Ratio


@dataclass(frozen=True, slots=True)
class ServiceCost:
    """One service of a plan: its stack, and what it costs with its first model and the others."""

    stack: Stack
    first: ModelCost
    fallbacks: list[ModelCost]


@dataclass(frozen=True, slots=True)
class PlanCost:
    """A plan's services in the order of `Task`, and the sum of those that count (`IN_TOTAL`)."""

    services: list[ServiceCost]
    total: UnitCost
    ratio: Ratio


class PriceBook:
    """The prices of the models that some stacks name: read once, in a few statements."""

    def __init__(self, slugs: Iterable[str]) -> None:
        self.baseline = settings.BASELINE_MODEL
        asked = {*slugs, self.baseline}
        found = look_up(asked)
        self._means = {name: one.slug for name, one in found.items() if isinstance(one, Resolved)}
        self._entries = CatalogueEntry.objects.defer("wire").in_bulk(set(self._means.values()))

    def unit_cost(self, slug: str, task: str) -> UnitCost:
        """Say what one unit of a task costs with a model."""
        entry = self._entries.get(self._means.get(slug, ""))
        if entry is None:
            return UnitCost(None, f"The catalogue has no model {slug}.")
        unit = UNITS[task]
        prices = {what: getattr(entry, column) for column, what in unit.items()}
        unknown = [what for what, price in prices.items() if price is None]
        if unknown:
            return UnitCost(None, f"{slug} has no known price of {' and '.join(unknown)}.")
        return UnitCost(sum(prices.values()))


def list_plans() -> QuerySet[Plan]:
    """Plans for which models are chosen."""
    return Plan.objects.filter(Exists(Stack.objects.filter(plan=OuterRef("pk"))))


def list_stacks() -> list[Stack]:
    """Every plan's choice of models."""
    return list(Stack.objects.all())


def plan_costs(stacks: Sequence[Stack]) -> dict[str, PlanCost]:
    """Say what one unit of work costs in each plan that these stacks are of."""
    book = PriceBook(slug for stack in stacks for slug in (stack.model_slug, *stack.fallback_slugs))
    plans: dict[str, dict[str, Stack]] = {}
    for stack in stacks:
        plans.setdefault(stack.plan_id, {})[stack.task] = stack
    return {plan: _plan_cost(tasks, book) for plan, tasks in plans.items()}


def _plan_cost(tasks: Mapping[str, Stack], book: PriceBook) -> PlanCost:
    services = [_service(tasks[task], book) for task in Task.values if task in tasks]
    counted = {one.stack.task: one.first.cost for one in services if one.stack.task in IN_TOTAL}
    total = _total([counted.get(task, _no_stack(task)) for task in IN_TOTAL])
    mark = _total([book.unit_cost(book.baseline, task) for task in IN_TOTAL])
    return PlanCost(services, total, ratios.of_prices(usd(total), usd(mark)))


def _service(stack: Stack, book: PriceBook) -> ServiceCost:
    first, *others = (
        _model(slug, stack.task, book) for slug in (stack.model_slug, *stack.fallback_slugs)
    )
    return ServiceCost(stack, first, others)


def _model(slug: str, task: str, book: PriceBook) -> ModelCost:
    cost = book.unit_cost(slug, task)
    mark = book.unit_cost(book.baseline, task)
    return ModelCost(slug, cost, ratios.of_prices(usd(cost), usd(mark)))


def usd(cost: UnitCost) -> Decimal | None:
    """Turn a unit's cost into dollars."""
    return None if cost.nusd is None else Decimal(cost.nusd).scaleb(-DIGITS)


def _total(costs: Sequence[UnitCost]) -> UnitCost:
    reasons = [one.reason for one in costs if one.nusd is None]
    if reasons:
        return UnitCost(None, " ".join(dict.fromkeys(reasons)))
    return UnitCost(sum(one.nusd for one in costs if one.nusd is not None))


def _no_stack(task: str) -> UnitCost:
    return UnitCost(None, f"The plan has no model for {Task(task).label}.")
