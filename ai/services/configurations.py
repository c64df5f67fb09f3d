"""What a workspace or a project wants of the director: edited with history, read at each call."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db import transaction

from ai.models import CatalogueEntry, Configuration, Revision, Stack, Task
from ai.models.stack import EFFORTS
from ai.routing import efforts_of, entry_of, preferences
from ai.routing.fitness import fit
from ai.routing.scope import Written, configurations_of
from ai.services import revisions
from canvas.core.edits import edit_row
from canvas.core.errors import Fault, Invalid
from canvas.core.patch import merge_patch
from canvas.workspaces.models import Workspace

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from scenes.models import Project

HOTTEST: Final = 2.0
LONGEST_PROMPT: Final = 20_000
MODELS: Final = {
    "chat_model": Task.CHAT,
    "outline_model": Task.OUTLINE,
    "vision_model": Task.VISION,
    "image_model": Task.IMAGE,
}
# Members on the wire that are not called like their column.
_POINTERS: Final = {
    "chat_model": "/textModel",
    "outline_model": "/outlineModel",
    "vision_model": "/visionModel",
    "image_model": "/imageModel",
    "extra_prompt": "/extraPrompt",
    "override_prompt": "/overridePrompt",
}
_BLANKS: Final[dict[str, Any]] = {
    **dict.fromkeys(MODELS, ""),
    "reasoning_effort": "",
    "temperature": None,
    "extra_prompt": "",
    "override_prompt": "",
    "provider": {},
}


@dataclass(frozen=True, slots=True)
class Effective:
    """A value that counts, and the scope that it comes from; None: nobody says anything."""

    value: Any
    source: str | None


def configuration_of(*, workspace: Workspace, project: "Project | None" = None) -> Configuration:
    """Give what is written for a scope; a blank row at version 0 when nothing ever was."""
    found = _row(workspace, project)
    return found or _blank(workspace, project)


def edit_configuration(
    *,
    workspace: Workspace,
    project: "Project | None" = None,
    user_id: UUID | None = None,
    expected_version: int | None = None,
    note: str = "",
    **changes: Any,  # noqa: ANN401 columns
) -> Configuration:
    """Change what a scope wants and keep the change; it counts from the next call on.

    Args:
        workspace: whose; without a project it is the workspace's own configuration.
        project: one of the workspace's.
        user_id: who does it.
        expected_version: the version that the caller has seen; None is any.
        note: why, for the history.
        changes: new values of columns, None as in the scope above; `provider` is a merge patch.

    Raises:
        Invalid: a model that cannot do the task, or a value out of range; nothing is changed.
        Stale: not at the expected version.
    """
    with transaction.atomic():
        row = _row(workspace, project, lock=True) or _add(workspace, project)
        values = _checked(row, workspace, _filled(row, changes))
        before = values_of(row)
        edited = edit_row(row, expected_version=expected_version, **values)
        revisions.record(
            subject=revisions.CONFIGURATION,
            subject_id=edited.pk,
            before=before,
            after=values_of(edited),
            user_id=user_id,
            note=note,
        )
    return edited


def roll_back(
    *,
    workspace: Workspace,
    project: "Project | None" = None,
    number: int,
    user_id: UUID | None = None,
    expected_version: int | None = None,
) -> Configuration:
    """Give a scope the values of one of its revisions; that is a new revision.

    Raises:
        Missing: `revision-missing`.
        Invalid: a model of then cannot do the task any more.
        Stale: not at the expected version.
    """
    with transaction.atomic():
        row = _row(workspace, project, lock=True) or _blank(workspace, project)
        found = revisions.get_revision(
            subject=revisions.CONFIGURATION, subject_id=row.pk, number=number
        )
        values = {**_BLANKS, **found.values}
        forgotten = dict.fromkeys(row.provider)
        return edit_configuration(
            workspace=workspace,
            project=project,
            user_id=user_id,
            expected_version=expected_version,
            note=f"Back to revision {number}",
            **{**values, "provider": {**forgotten, **values["provider"]}},
        )


def checked(*, workspace: Workspace, project: "Project | None", **changes: Any) -> dict[str, Any]:  # noqa: ANN401 columns
    """Say what columns would be set to, without setting them; `provider` is meant whole.

    Raises:
        Invalid: as `edit_configuration` would.
    """
    row = configuration_of(workspace=workspace, project=project)
    row.provider = {}
    return _checked(row, workspace, _filled(row, changes))


def column_of(pointer: str) -> str:
    """Name the column that a fault's pointer is about."""
    first = pointer.split("/")[1]
    columns = {name: column for column, name in _POINTERS.items()}
    known = {"/reasoningEffort": "reasoning_effort"}
    return known.get(f"/{first}") or columns.get(f"/{first}") or first


def history_of(row: Configuration) -> "QuerySet[Revision]":
    """List the revisions of a configuration, newest first."""
    return revisions.history(subject=revisions.CONFIGURATION, subject_id=row.pk)


def values_of(row: Configuration) -> dict[str, Any]:
    """Give what a revision keeps of a configuration."""
    return {name: getattr(row, name) for name in _BLANKS}


def effective(*, workspace: Workspace, project: "Project | None" = None) -> dict[str, Effective]:
    """Say for each column what counts for the next call, and where it comes from."""
    found = _written(workspace, project)
    chat = found[Task.CHAT]
    values = {}
    for column, task in MODELS.items():
        named = found[task].models()
        source, slug = named[0] if named else (None, None)
        values[column] = Effective(slug, source)
    effort = chat.reasoning_effort() or None
    values["reasoning_effort"] = Effective(
        effort, _source(chat, "reasoning_effort") if effort else None
    )
    values["temperature"] = Effective(chat.temperature(), _source(chat, "temperature"))
    for column in ("extra_prompt", "override_prompt"):
        text = chat.prompt(column) or None
        values[column] = Effective(text, _source(chat, column) if text else None)
    wishes = chat.provider().kept()
    values["provider"] = Effective(wishes, _source(chat, "provider") if wishes else None)
    return values


def _source(found: Written, column: str) -> str | None:
    for name, row in found.scopes:
        if getattr(row, column) not in ("", None, {}):
            return name
    return "plan" if found.stack is not None else None


def _written(workspace: Workspace, project: "Project | None") -> dict[Task, Written]:
    """Read what counts for every task, in two statements."""
    of_project, of_workspace = configurations_of(workspace, project.pk if project else None)
    stacks = {row.task: row for row in Stack.objects.filter(plan_id=workspace.plan_id)}
    return {
        task: Written(task, stacks.get(task), of_project, of_workspace) for task in MODELS.values()
    }


def _row(
    workspace: Workspace, project: "Project | None", *, lock: bool = False
) -> Configuration | None:
    rows = Configuration.objects.filter(workspace=workspace, project=project)
    return (rows.select_for_update(of=("self",)) if lock else rows).first()


def _blank(workspace: Workspace, project: "Project | None") -> Configuration:
    """Make the row that is not there yet; its id is its scope's, so that its ETag is known."""
    scope: Any = project or workspace
    return Configuration(id=scope.pk, version=0, workspace=workspace, project=project)


def _add(workspace: Workspace, project: "Project | None") -> Configuration:
    """Add the row, or find the one that somebody else has added in this moment."""
    Configuration.objects.bulk_create([_blank(workspace, project)], ignore_conflicts=True)
    row = _row(workspace, project, lock=True)
    assert row is not None  # noqa: S101 it was added, by us or by somebody else
    return row


def _filled(row: Configuration, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Turn None into each column's blank, and a patch of `provider` into the whole."""
    wrong = set(changes) - set(_BLANKS)
    if wrong:
        raise TypeError(f"a configuration has no {', '.join(sorted(wrong))}")
    values = {n: _BLANKS[n] if value is None else value for n, value in changes.items()}
    if changes.get("provider") is not None:
        values["provider"] = merge_patch(row.provider, changes["provider"])
    return values


def _checked(row: Configuration, workspace: Workspace, values: dict[str, Any]) -> dict[str, Any]:
    for column, task in MODELS.items():
        if values.get(column):
            values[column] = fit(values[column], task, pointer=_POINTERS[column])
    temperature = values.get("temperature")
    if temperature is not None and not 0 <= temperature <= HOTTEST:
        raise _wrong("/temperature", "out-of-range", f"A temperature is from 0 to {HOTTEST:g}.")
    for column in ("extra_prompt", "override_prompt"):
        if len(values.get(column, "")) > LONGEST_PROMPT:
            said = f"At most {LONGEST_PROMPT:,} characters."
            raise _wrong(_POINTERS[column], "too-long", said)
    if "provider" in values:
        values["provider"] = preferences.read(values["provider"]).kept()
    if values.get("reasoning_effort"):
        _refuse_effort(row, workspace, values)
    return values


def _refuse_effort(row: Configuration, workspace: Workspace, values: Mapping[str, Any]) -> None:
    """Refuse an effort that the model in use does not know, and name those that it does."""
    effort = values["reasoning_effort"]
    known = efforts_of(_chat_entry(row, workspace, values)) or EFFORTS
    if effort not in known:
        detail = f"The model knows these efforts: {', '.join(known)}."
        raise _wrong("/reasoningEffort", "unsupported-effort", detail)


def _chat_entry(
    row: Configuration, workspace: Workspace, values: Mapping[str, Any]
) -> CatalogueEntry | None:
    own = values.get("chat_model", row.chat_model)
    if own:
        return entry_of(own)
    above = _written(workspace, None)[Task.CHAT]
    scopes = above.models() if row.project_id is not None else above.models_of_plan()
    return entry_of(scopes[0][1]) if scopes else None


def _wrong(pointer: str, code: str, detail: str) -> Invalid:
    return Invalid(detail, code=code, faults=[Fault(pointer, code, detail)])
