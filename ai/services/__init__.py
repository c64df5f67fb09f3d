"""What people ask of the AI: chat, outlines, picture analyses. One verb, one function."""

from ai.jobs.registry import register as _register
from ai.models import JobKind
from ai.services import chat, outlines, vision


def register() -> None:
    """Let the runner find the work of each kind."""
    _register(JobKind.CHAT, chat.answer)
    _register(JobKind.OUTLINE, outlines.draft)
    _register(JobKind.VISION, vision.analyze)
