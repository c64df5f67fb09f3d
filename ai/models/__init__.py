"""The tables of everything that talks to a model, one noun a file."""

from ai.models.catalogue import (
    AliasKind,
    CatalogueAlias,
    CatalogueChange,
    CatalogueEndpoint,
    CatalogueEntry,
    CatalogueProvider,
    CatalogueSync,
    PriceTier,
    Source,
    SyncStatus,
)
from ai.models.health import AccountState, ModelHealth, RateWindow
from ai.models.job import Job, JobKind, JobStatus, JobStep
from ai.models.key import OwnKey
from ai.models.lab import LabResult, LabRun
from ai.models.message import ChatMessage, MessageRole, MessageStatus
from ai.models.outline import Outline, OutlineStatus
from ai.models.schedule import Schedule
from ai.models.stack import Configuration, Revision, Stack, Task
from ai.models.upstream import Budget, CallStatus, CheckKind, LedgerCheck, Payer, UpstreamCall

__all__ = [
    "AccountState",
    "AliasKind",
    "Budget",
    "CallStatus",
    "CatalogueAlias",
    "CatalogueChange",
    "CatalogueEndpoint",
    "CatalogueEntry",
    "CatalogueProvider",
    "CatalogueSync",
    "ChatMessage",
    "CheckKind",
    "Configuration",
    "Job",
    "JobKind",
    "JobStatus",
    "JobStep",
    "LabResult",
    "LabRun",
    "LedgerCheck",
    "MessageRole",
    "MessageStatus",
    "ModelHealth",
    "Outline",
    "OutlineStatus",
    "OwnKey",
    "Payer",
    "PriceTier",
    "RateWindow",
    "Revision",
    "Schedule",
    "Source",
    "Stack",
    "SyncStatus",
    "Task",
    "UpstreamCall",
]
