"""What people ask of the AI: chat, outlines, picture analyses, lab runs. One verb, one function."""

from ai.catalogue import sync as _catalogue
from ai.jobs import dates as _dates
from ai.jobs.registry import register as _register
from ai.ledger import audit as _audit
from ai.models import JobKind
from ai.services import chat, exports, lab, outlines, vision
from canvas.core import secrets as _secrets


def register() -> None:
    """Let the runner find the work of each kind."""
    _register(JobKind.CHAT, chat.answer)
    _register(JobKind.OUTLINE, outlines.draft)
    _register(JobKind.VISION, vision.analyze)
    _register(JobKind.EXPORT, exports.make)
    _register(JobKind.LAB, lab.do_run)
    _catalogue.schedule()
    _audit.schedule()
    _dates.schedule()
    _secrets.check()
