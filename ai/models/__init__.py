"""The tables of everything that talks to a model, one noun a file."""

from ai.models.catalogue import CatalogueEntry, Stack, Task
from ai.models.health import ModelHealth
from ai.models.job import Job, JobKind, JobStatus, JobStep
from ai.models.message import ChatMessage, MessageRole, MessageStatus
from ai.models.outline import Outline, OutlineStatus
from ai.models.upstream import Budget, CallStatus, UpstreamCall

__all__ = [
    "Budget",
    "CallStatus",
    "CatalogueEntry",
    "ChatMessage",
    "Job",
    "JobKind",
    "JobStatus",
    "JobStep",
    "MessageRole",
    "MessageStatus",
    "ModelHealth",
    "Outline",
    "OutlineStatus",
    "Stack",
    "Task",
    "UpstreamCall",
]
