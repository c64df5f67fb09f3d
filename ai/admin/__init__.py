"""What editors and operators see of the AI's work: one page a table."""

from ai.admin import calls, jobs, messages, outlines, stacks

__all__ = ["calls", "jobs", "messages", "outlines", "stacks"]
