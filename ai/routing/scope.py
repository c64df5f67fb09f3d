"""Who asks, and what stands written about models for them: read afresh at each call."""

from dataclasses import dataclass
from typing import Final, Self
from uuid import UUID

from django.db.models import Q

from ai.models import Configuration, Job, Stack, Task
from ai.routing.preferences import NONE, Preferences, stored
from canvas.core.prepared import Select
from canvas.workspaces.models import Workspace

_NO_PROJECT: Final = UUID(int=0)
_MODEL_COLUMN: Final = {
    Task.CHAT: "chat_model",
    Task.OUTLINE: "outline_model",
    Task.VISION: "vision_model",
    Task.IMAGE: "image_model",
}
_stack: Final = Select(
    # By the workspace and not by its plan: a change of plan counts from the next call on.
    lambda workspace, task: Stack.objects.filter(plan__workspaces=workspace, task=task).order_by()[
        :1
    ],
    workspace=UUID,
    task=str,
)
_configurations: Final = Select(
    lambda workspace, project: Configuration.objects.filter(
        Q(workspace_id=workspace, project=None) | Q(workspace_id=workspace, project_id=project)
    ).order_by(),
    workspace=UUID,
    project=UUID,
)


@dataclass(frozen=True, slots=True)
class Scope:
    """Who asks: a workspace, perhaps for one of its projects, perhaps with a model of its own."""

    workspace: Workspace
    project_id: UUID | None = None
    asked: str = ""

    @classmethod
    def of_job(cls, job: Job) -> Self:
        """Read the scope of a job; `model` of what was asked stands over everything."""
        asked = job.payload.get("model")
        return cls(job.workspace, job.project_id, asked if isinstance(asked, str) else "")


@dataclass(frozen=True, slots=True)
class Written:
    """The stack of the plan and the configurations of project and workspace, for one task."""

    task: str
    stack: Stack | None
    project: Configuration | None
    workspace: Configuration | None

    @property
    def scopes(self) -> tuple[tuple[str, Configuration], ...]:
        """The configurations that are there, the narrower one first."""
        both = (("project", self.project), ("workspace", self.workspace))
        return tuple((name, row) for name, row in both if row is not None)

    def models(self) -> list[tuple[str, str]]:
        """List who chose which model, first to last."""
        column = _MODEL_COLUMN[Task(self.task)]
        chosen = [(name, getattr(row, column)) for name, row in self.scopes]
        return [(name, slug) for name, slug in [*chosen, *self.models_of_plan()] if slug]

    def models_of_plan(self) -> list[tuple[str, str]]:
        """List the models of the plan's stack, first to last."""
        if self.stack is None:
            return []
        others = enumerate(self.stack.fallback_slugs, start=1)
        return [("plan", self.stack.model_slug), *((f"fallback {at}", slug) for at, slug in others)]

    def temperature(self) -> float | None:
        """The director's temperature, or the stack's; None when nothing is said."""
        if self.task == Task.CHAT:
            for _, row in self.scopes:
                if row.temperature is not None:
                    return row.temperature
        return self.stack.temperature if self.stack else None

    def reasoning_effort(self) -> str:
        """The director's effort, or the stack's; blank when nothing is said."""
        own = [row.reasoning_effort for _, row in self.scopes] if self.task == Task.CHAT else []
        return next(filter(None, own), self.stack.reasoning_effort if self.stack else "")

    def prompt(self, column: str) -> str:
        """The `extra_prompt` or `override_prompt` of the narrowest scope that has one."""
        return next(filter(None, (getattr(row, column) for _, row in self.scopes)), "")

    def provider(self) -> Preferences:
        """The wishes for providers of all scopes, merged."""
        wishes = stored(self.stack.provider) if self.stack else NONE
        for _, row in reversed(self.scopes):
            wishes = wishes.under(stored(row.provider))
        return wishes


def configurations_of(
    workspace: Workspace, project_id: UUID | None
) -> tuple[Configuration | None, Configuration | None]:
    """Read the configurations of a project and of its workspace, in one statement."""
    found = _configurations.all(workspace=workspace.pk, project=project_id or _NO_PROJECT)
    return (
        next((row for row in found if row.project_id is not None), None),
        next((row for row in found if row.project_id is None), None),
    )


def written(workspace: Workspace, project_id: UUID | None, task: str) -> Written:
    """Read what counts for a task now, in two statements."""
    of_project, of_workspace = configurations_of(workspace, project_id)
    stack = _stack.first(workspace=workspace.pk, task=task)
    return Written(task, stack, of_project, of_workspace)
