"""What ids of the ledger are called, for people: one statement for each kind of id."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from ai.usage.keys import NOBODY, PREFIX
from canvas.workspaces.access import Access
from canvas.workspaces.models import ApiToken, User, Workspace
from scenes.selectors import list_projects


@dataclass(frozen=True, slots=True)
class Names:
    """Names by id. An id without one is of a row that is gone for good."""

    projects: Mapping[UUID, tuple[str, bool]] = field(default_factory=dict)
    """Title, and whether it is in the bin."""
    people: Mapping[UUID, str] = field(default_factory=dict)
    tokens: Mapping[UUID, str] = field(default_factory=dict)


def names_of(groups: Iterable[Mapping[str, Any]], *, access: Access) -> Names:
    """Name what these groups are told apart by; nothing is read for keys that they lack."""
    rows = list(groups)
    return Names(
        projects=_projects(_ids(rows, "project"), access),
        people=people(_ids(rows, "person")),
        tokens=_tokens(_ids(rows, "token"), access),
    )


def people(ids: Iterable[UUID]) -> dict[UUID, str]:
    """Name persons: by their full name, or by the one that they log in with."""
    wanted = set(ids)
    found = User.objects.filter(pk__in=wanted).only("first_name", "last_name", "username")
    return {one.pk: one.get_full_name() or one.username for one in found} if wanted else {}


def workspaces(ids: Iterable[UUID]) -> dict[UUID, str]:
    """Name workspaces, for the operator's own pages."""
    return dict(Workspace.objects.filter(pk__in=set(ids)).values_list("pk", "name"))


def _projects(ids: set[UUID], access: Access) -> dict[UUID, tuple[str, bool]]:
    if not ids:
        return {}
    rows = list_projects(access=access, deleted=None).filter(pk__in=ids)
    return {row.pk: (row.title, row.deleted_at is not None) for row in rows}


def _tokens(ids: set[UUID], access: Access) -> dict[UUID, str]:
    if not ids:
        return {}
    rows = ApiToken.objects.filter(workspace_id=access.workspace.pk, pk__in=ids)
    return dict(rows.values_list("pk", "name"))


def _ids(rows: Iterable[Mapping[str, Any]], name: str) -> set[UUID]:
    found = {row.get(PREFIX + name, NOBODY) for row in rows}
    return found - {NOBODY}
