"""What editors and operators see of the AI's work: one page a table."""

from ai.admin import calls, health, jobs, messages, outlines, stacks

__all__ = ["calls", "health", "jobs", "messages", "outlines", "stacks"]
