"""What the same traffic would have cost on another stack.

Recorded tokens and pictures at the catalogue's present prices. Only calls whose bill is known
count, on both sides. An unknown price makes the sum unknown, with the reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from ai.catalogue.resolve import Resolved, look_up
from ai.models import CatalogueEntry, Stack, Task
from ai.usage.lines import Lines
from ai.usage.tables import whole
from canvas.core.errors import Missing
from canvas.workspaces.models import Plan

NOTES: Final = (
    "Cached tokens are counted at the full price of a prompt: an upper bound.",
    "Another model writes other answers: the same number of tokens is an assumption.",
    "Prices are those of the catalogue now; what was paid was paid at the prices of its day.",
    "A picture made is counted at the price of the smallest size.",
)
_MILLION: Final = 1_000_000
_THOUSAND: Final = 1_000


@dataclass(frozen=True, slots=True)
class _Price:
    """One part of a bill: how many units, the price of `per` of them, and what it is of."""

    count: int | None
    nusd: int | None
    per: int
    what: str


def stack_of(plan_key: str) -> dict[str, str]:
    """Give the first model of each task of a plan.

    Raises:
        Missing: there is no such plan.
    """
    found = dict(Stack.objects.filter(plan_id=plan_key).values_list("task", "model_slug"))
    if not found and not Plan.objects.filter(pk=plan_key).exists():
        raise Missing("There is no plan of this name.")
    return found


def compare(lines: Lines, models: Mapping[str, str]) -> dict[str, Any]:
    """Put the bill of these calls beside what it would be with `models` by task.

    Tasks without a model stay as they were. Money in nano-dollars.
    """
    sums = {row["task"]: row for row in _sums(lines)}
    names = look_up(models.values())
    slugs = {name: one.slug for name, one in names.items() if isinstance(one, Resolved)}
    entries = CatalogueEntry.objects.in_bulk(set(slugs.values()))
    order = [*Task.values, *sorted(set(sums) - set(Task.values))]
    tasks = []
    for task in (one for one in order if one in sums):
        name = models.get(task)
        tasks.append(_task(sums[task], name, entries.get(slugs.get(name or "", ""))))
    return _whole(tasks, sums.values())


def _sums(lines: Lines) -> list[dict[str, Any]]:
    known = Q(cost_nusd__isnull=False)
    rows = (
        lines.rows()
        .values("task")
        .annotate(
            calls=Count("pk", filter=known),
            left_out=Count("pk", filter=~known),
            untold=Count("pk", filter=known & Q(prompt_tokens=None) & ~Q(status="failed")),
            simulated_calls=Count("pk", filter=known & Q(simulated=True)),
            prompt=Sum("prompt_tokens", filter=known),
            completion=Sum("completion_tokens", filter=known),
            pictures=Coalesce(Sum("images", filter=known), 0),
            paid=Coalesce(Sum("cost_nusd"), 0),
            billed=Count("pk", filter=known & ~Q(status="failed")),
        )
    )
    return [dict(row) for row in rows]


def _task(row: Mapping[str, Any], name: str | None, entry: CatalogueEntry | None) -> dict[str, Any]:
    paid = int(row["paid"])
    cost, unpriced = (paid, []) if name is None else _bill(row, name, entry)
    return {
        "task": row["task"],
        "model": name if entry is None else entry.slug,
        "calls": row["calls"],
        "prompt_tokens": whole(row["prompt"]),
        "completion_tokens": whole(row["completion"]),
        "images": int(row["pictures"]),
        "actual_usd": paid,
        "what_if_usd": cost,
        "unpriced": unpriced,
    }


def _bill(
    row: Mapping[str, Any], name: str, entry: CatalogueEntry | None
) -> tuple[int | None, list[str]]:
    if not row["billed"]:
        return 0, []  # nothing was charged, so nothing was read or written
    if entry is None:
        return None, [f"The catalogue has no model {name}."]
    reasons = []
    if row["untold"]:
        reasons.append(f"{row['untold']} of the calls did not tell their tokens.")
    cost = Decimal(0)
    for part in _parts(row, entry):
        if part.count and part.nusd is None:
            reasons.append(f"{entry.slug} has no known price of {part.what}.")
        elif part.count and part.nusd:
            cost += Decimal(part.count) * part.nusd / part.per
    return (None, reasons) if reasons else (int(cost.to_integral_value(ROUND_HALF_UP)), [])


def _parts(row: Mapping[str, Any], entry: CatalogueEntry) -> list[_Price]:
    prompt = _Price(whole(row["prompt"]), entry.prompt_nusd_per_m, _MILLION, "input")
    written = _Price(whole(row["completion"]), entry.completion_nusd_per_m, _MILLION, "output")
    # Most models have no price of a request: absent is none here, as in the ledger's hold.
    request = _Price(row["billed"], entry.request_nusd_per_k or 0, _THOUSAND, "requests")
    pictures = int(row["pictures"])
    if row["task"] == Task.IMAGE:  # what is written is the picture
        made = _Price(pictures, entry.image_output_nusd_per_k, _THOUSAND, "pictures made")
        return [prompt, made, request]
    seen = _Price(pictures, entry.image_nusd_per_k, _THOUSAND, "pictures read")
    return [prompt, written, seen, request]


def _whole(tasks: list[dict[str, Any]], sums: Any) -> dict[str, Any]:  # noqa: ANN401 rows
    rows = list(sums)
    paid = sum(one["actual_usd"] for one in tasks)
    parts = [one["what_if_usd"] for one in tasks]
    cost = None if None in parts else sum(parts)
    return {
        "tasks": [one for one in tasks if one["calls"]],
        "actual_usd": paid,
        "what_if_usd": cost,
        "difference_usd": None if cost is None else cost - paid,
        "ratio": float(Decimal(cost) / paid) if cost is not None and paid else None,
        "left_out": sum(row["left_out"] for row in rows),
        "simulated": any(row["simulated_calls"] for row in rows),
        "notes": list(NOTES),
    }
