"""A key that must be nowhere: a canary in the place of OPENROUTER_API_KEY, and who looks for it.

Watched are log records of every logger at DEBUG, what is handed to Celery, every answer of the test
clients, and every row of every table.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery.signals import before_task_publish
from django.apps import apps
from django.core.handlers.base import BaseHandler
from django.db.models import Model

CANARY_KEY = "sk-or-v1-canary-5d1e0b7a9c"
SECRET_PART = CANARY_KEY[-18:]  # a masked key may show how it begins
APPS = ("workspaces", "scenes", "ai", "sessions", "admin")


class Finds(list[str]):
    """Where the key was seen."""

    def look(self, where: str, seen: Any) -> None:
        """Note the place if the key is in what was seen there."""
        text = seen.decode("utf-8", "replace") if isinstance(seen, bytes) else str(seen)
        if SECRET_PART in text:
            self.append(where)


class _Ear(logging.Handler):
    def __init__(self, finds: Finds) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(message)s"))
        self.finds = finds

    def emit(self, record: logging.LogRecord) -> None:
        """Look at the whole record: message, arguments, traceback and what is attached to it."""
        seen = f"{self.format(record)} {record.exc_text} {record.__dict__!r}"
        self.finds.look(f"log of {record.name}", seen)


@contextmanager
def watching(monkeypatch: Any) -> Iterator[Finds]:
    """Watch logs, messages to Celery and answers for as long as the block lasts."""
    finds = Finds()

    def published(body: Any = None, headers: Any = None, **_: Any) -> None:
        finds.look("task", f"{body!r} {headers!r}")

    before_task_publish.connect(published)
    _watch_answers(monkeypatch, finds)
    try:
        with _all_at_debug(_Ear(finds)):
            yield finds
    finally:
        before_task_publish.disconnect(published)


def look_at_rows(finds: Finds) -> None:
    """Look at every column of every row."""
    for label in APPS:
        for model in apps.get_app_config(label).get_models():
            _look_at(model, finds)


def _look_at(model: type[Model], finds: Finds) -> None:
    for row in model._default_manager.values():
        for column, value in row.items():
            finds.look(f"{model._meta.label}.{column}", value)


def _watch_answers(monkeypatch: Any, finds: Finds) -> None:
    real, real_async = BaseHandler.get_response, BaseHandler.get_response_async

    def seen(request: Any, response: Any) -> Any:
        finds.look(f"headers of {request.path}", dict(response.headers))
        if not response.streaming:
            finds.look(f"answer of {request.path}", response.content)
        return response

    async def answer_async(self: Any, request: Any) -> Any:
        return seen(request, await real_async(self, request))

    monkeypatch.setattr(BaseHandler, "get_response", lambda s, r: seen(r, real(s, r)))
    monkeypatch.setattr(BaseHandler, "get_response_async", answer_async)


@contextmanager
def _all_at_debug(ear: logging.Handler) -> Iterator[None]:
    """Turn every logger to DEBUG, those included that were told to be quieter."""
    root = logging.getLogger()
    named = [one for one in root.manager.loggerDict.values() if isinstance(one, logging.Logger)]
    levels = {one: one.level for one in [root, *named]}
    for one in levels:
        one.setLevel(logging.DEBUG)
    deaf = [one for one in named if not one.propagate]
    for one in [root, *deaf]:
        one.addHandler(ear)
    try:
        yield
    finally:
        for one in [root, *deaf]:
            one.removeHandler(ear)
        for one, level in levels.items():
            one.setLevel(level)
