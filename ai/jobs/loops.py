"""Threads that do one thing again and again for as long as the process lives."""

import logging
import threading
from collections.abc import Callable

from django.db import connections

logger = logging.getLogger(__name__)


def start(name: str, act: Callable[[], object], *, every_s: float) -> threading.Thread:
    """Do the act now, then every so many seconds; what it raises is logged, and it goes on."""
    thread = threading.Thread(target=_go_on, args=(name, act, every_s), name=name, daemon=True)
    thread.start()
    return thread


def once(name: str, act: Callable[[], object]) -> None:
    """Do the act; whatever it raises is logged. For steps that must not keep others from theirs."""
    try:
        act()
    except Exception:
        logger.exception("%s: failed this time", name)


def _go_on(name: str, act: Callable[[], object], every_s: float) -> None:
    pause = threading.Event()
    while True:
        try:
            once(name, act)
        finally:
            connections.close_all()
        pause.wait(every_s)
