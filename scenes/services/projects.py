"""Writing projects: made within the plan's limit, deleted into a bin for 30 days."""

from collections.abc import Mapping
from typing import Any

from canvas.core.errors import Conflict, Unaffordable
from canvas.core.patch import merge_patch
from canvas.workspaces.models import Workspace
from scenes.models import Project
from scenes.services.changes import Actor, recording
from scenes.services.feed import open_feed
from scenes.services.locks import lock_project


def add_project(*, workspace: Workspace, by: Actor, title: str, **values: Any) -> Project:  # noqa: ANN401 columns
    """Start a project.

    Raises:
        Unaffordable: `quota-exhausted`, the plan's projects are used up.
        Invalid: a value breaks its rule.
    """
    style = merge_patch({}, values.pop("global_style", {}))
    project = Project(workspace=workspace, title=title, global_style=style, **values)
    with recording(project_id=project.pk, by=by, summary=f"Started “{title}”") as act:
        refuse_over_quota(workspace)
        act.add(project)
        open_feed(project.pk)
    return project


def edit_project(
    *,
    project: Project,
    by: Actor,
    expected: int | None = None,
    style_patch: Mapping[str, Any] | None = None,
    **values: Any,  # noqa: ANN401 columns
) -> Project:
    """Change a project; taking it out of the archive counts against the plan again.

    Args:
        project: its row is locked.
        by: who changes it.
        expected: the version of the caller's If-Match; None when there was none.
        style_patch: a merge patch of its global style.
        values: new column values.

    Raises:
        Stale: not at the expected version.
        Unaffordable: `quota-exhausted`.
    """
    with recording(project_id=project.pk, by=by, summary=f"Edited “{project.title}”") as act:
        row = lock_project(project.pk)
        if row.is_archived and values.get("is_archived") is False:
            refuse_over_quota(row.workspace)
        if style_patch is not None:
            values["global_style"] = merge_patch(row.global_style, style_patch)
        return act.edit(row, values, expected)


def remove_project(*, project: Project, by: Actor, expected: int | None = None) -> None:
    """Delete a project into the bin.

    Raises:
        Stale: not at the expected version.
    """
    with recording(project_id=project.pk, by=by, summary=f"Deleted “{project.title}”") as act:
        act.remove(lock_project(project.pk), expected)


def restore_project(*, project: Project, by: Actor) -> Project:
    """Take a project out of the bin, or else out of the archive; any other stays as it is.

    Raises:
        Unaffordable: `quota-exhausted`.
        Conflict: `client-key-taken`, a newer project has the same key of the web app.
    """
    with recording(project_id=project.pk, by=by, summary=f"Restored “{project.title}”") as act:
        row = Project.objects.select_for_update(of=("self",), no_key=True).get(pk=project.pk)
        if row.deleted_at is None:
            return edit_project(project=row, by=by, is_archived=False)
        refuse_over_quota(row.workspace)
        taken = Project.objects.alive().filter(
            workspace=row.workspace, client_key=row.client_key, client_key__isnull=False
        )
        if taken.exists():
            raise Conflict("A newer project stands in its place.", code="client-key-taken")
        return act.edit(row, {"deleted_at": None})


def refuse_over_quota(workspace: Workspace) -> None:
    """Count the living, unarchived projects under the workspace's lock.

    Raises:
        Unaffordable: `quota-exhausted`, one more is too many.
    """
    locked = Workspace.objects.select_for_update(of=("self",), no_key=True).select_related("plan")
    plan = locked.get(pk=workspace.pk).plan
    most = plan.max_projects
    present = Project.objects.alive().filter(workspace=workspace, is_archived=False).count()
    if most is not None and present >= most:
        raise Unaffordable(
            f"The {plan.name} plan holds {most} projects. "
            "Archive or delete one, or move the workspace to a larger plan.",
            code="quota-exhausted",
            extra={"limit": most, "quota": "projects"},
        )
