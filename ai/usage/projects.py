"""What a project, a scene and a finished project cost."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from ai.models import Task
from ai.usage.lines import Lines
from ai.usage.sums import sum_by
from ai.usage.tables import whole
from canvas.workspaces.access import Access
from scenes.selectors import list_finished_projects, list_projects_with_scenes

if TYPE_CHECKING:
    from scenes.models import Project

OTHER: Final = "other"


def list_projects(*, access: Access) -> "QuerySet[Project]":
    """Every project of the workspace, the bin included: what was spent stays spent."""
    return list_projects_with_scenes(access=access)


def project_rows(lines: Lines, projects: Iterable["Project"]) -> list[dict[str, Any]]:
    """Say what each of these projects cost, by `lines` without its `project_id`; one statement."""
    shown = list(projects)
    sums = _by_task(lines, [one.pk for one in shown])
    return [_row(project, sums[project.pk]) for project in shown]


def finished(lines: Lines, *, access: Access) -> dict[str, Any]:
    """Say what the workspace's finished projects cost in all and on average; two statements."""
    done = list_finished_projects(access=access)
    count = done.count()
    rows = replace(lines, project_id=None).rows().filter(project__in=done.values("pk"))
    found = rows.aggregate(
        calls=Count("pk"),
        unknown_calls=Count("pk", filter=Q(cost_nusd__isnull=True)),
        known=Sum("cost_nusd"),
    )
    cost = whole(found["known"]) if found["calls"] else 0
    return {
        "projects": count,
        "calls": found["calls"],
        "unknown_calls": found["unknown_calls"],
        "cost_usd": cost,
        "cost_per_project_usd": None if found["unknown_calls"] else _share(cost, count),
    }


def _by_task(lines: Lines, ids: list[UUID]) -> dict[UUID, dict[str, Mapping[str, Any]]]:
    found: dict[UUID, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    if ids:
        groups = sum_by(replace(lines, project_id=None), ["project", "task"])
        for group in groups.filter(project_id__in=ids):
            found[group["key_project"]][group["key_task"]] = group
    return found


def _row(project: Any, tasks: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:  # noqa: ANN401 annotated
    sums = list(tasks.values())
    unknown = sum(one["unknown_calls"] for one in sums)
    calls = sum(one["calls"] for one in sums)
    cost = _cost(sums)
    per_scene = None if unknown else _share(cost, project.scene_count)
    return {
        "project_id": project.pk,
        "project_title": project.title,
        "is_deleted": project.deleted_at is not None,
        "is_finished": project.is_finished,
        "scenes": project.scene_count,
        "locked_scenes": project.locked_count,
        "calls": calls,
        "unknown_calls": unknown,
        "tokens": _tokens(sums),
        "images": sum(int(one["pictures"]) for one in sums),
        "cost_usd": cost,
        "held_usd": sum(int(one["held_nusd"]) for one in sums),
        "cost_per_scene_usd": per_scene,
        "cost_by_task": _costs(tasks),
        "simulated": any(one["simulated_calls"] for one in sums),
    }


def _costs(tasks: Mapping[str, Mapping[str, Any]]) -> dict[str, int | None]:
    known = {name: _cost([tasks[name]] if name in tasks else []) for name in Task.values}
    rest = [one for name, one in tasks.items() if name not in known]
    return known | {OTHER: _cost(rest)}


def _cost(sums: Iterable[Mapping[str, Any]]) -> int | None:
    """Add up what is known: 0 without calls, None when no call has told."""
    with_calls = [whole(one["known_nusd"]) for one in sums if one["calls"]]
    told = [one for one in with_calls if one is not None]
    return sum(told) if told or not with_calls else None


def _tokens(sums: Iterable[Mapping[str, Any]]) -> int | None:
    figures = [one[name] for one in sums for name in ("prompt", "completion")]
    told = [int(one) for one in figures if one is not None]
    return sum(told) if told or not figures else None


def _share(nusd: int | None, among: int) -> int | None:
    """Divide to the nearest nano-dollar; None among none."""
    if nusd is None or among == 0:
        return None
    return int((Decimal(nusd) / among).to_integral_value(ROUND_HALF_UP))
