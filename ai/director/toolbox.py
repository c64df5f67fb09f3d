"""Carrying out a tool call: its arguments pass their contract, or the model reads what is wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from django.db import transaction

from ai.contracts.arguments import ToolArguments
from ai.openrouter.wire import ToolCall
from ai.structured import schema
from ai.structured.arguments import ArgumentsError, tool_arguments
from canvas.core.errors import DomainError
from scenes.services.changes import Actor

Effect = Literal["read", "write", "propose"]


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a tool may act: project and actor come from the job, never from the model."""

    project: Any
    by: Actor
    linked_scene_id: UUID | None


@dataclass(frozen=True, slots=True)
class Done:
    """What a tool did: `said` is what the model reads; the rest is for the canvas."""

    said: str
    change_id: UUID | None = None
    outline_id: UUID | None = None


Act = Callable[[Any, Scope], Done]


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool. Its function's name and docstring are what the model reads."""

    act: Act
    contract: type[ToolArguments]
    effect: Effect

    @property
    def name(self) -> str:
        """The name that the model calls."""
        return self.act.__name__

    def wire(self, dialect: schema.Dialect) -> dict[str, Any]:
        """Describe the tool in OpenRouter's shape."""
        return {
            "type": "function",
            "function": {
                "name": self.name,
                "description": " ".join((self.act.__doc__ or "").split()),
                "parameters": schema.wire_schema(self.contract, dialect),
            },
        }


@dataclass(frozen=True, slots=True)
class Performed:
    """One carried-out or refused call. A refused one has changed nothing."""

    status: Literal["done", "refused"]
    done: Done


def perform(tools: dict[str, Tool], call: ToolCall, scope: Scope) -> Performed:
    """Carry out one call of the model; a refusal is an answer to the model, not an error.

    Runs inside the round's transaction, in a savepoint of its own: a refused call changes nothing.
    """
    tool = tools.get(call.name)
    if tool is None:
        names = ", ".join(sorted(tools))
        return refused(f"Nothing was done. There is no tool {call.name!r}. There are: {names}.")
    arguments = tool_arguments(call.arguments, tool.contract)
    if isinstance(arguments, ArgumentsError):
        return refused(arguments.as_text())
    try:
        with transaction.atomic():
            return Performed("done", tool.act(arguments, scope))
    except DomainError as exc:
        return refused(f"Nothing was done. {exc.detail}")


def refused(text: str) -> Performed:
    """Answer a call with why nothing was done."""
    return Performed("refused", Done(text))
