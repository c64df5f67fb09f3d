"""What editors and operators see of the AI's work: one page a table."""

from ai.admin import (
    calls,
    catalogue,
    catalogue_edits,
    configurations,
    health,
    jobs,
    keys,
    lab,
    messages,
    outlines,
    revisions,
    schedule,
    stacks,
)

__all__ = [
    "calls",
    "catalogue",
    "catalogue_edits",
    "configurations",
    "health",
    "jobs",
    "keys",
    "lab",
    "messages",
    "outlines",
    "revisions",
    "schedule",
    "stacks",
]
