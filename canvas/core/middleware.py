"""The frame of this project's middleware: one class that serves sync and async stacks alike."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

Answer = HttpResponseBase | Awaitable[HttpResponseBase]


class Middleware(ABC):
    """Calls `answer` in a sync stack and `answer_async` in an async one."""

    sync_capable: ClassVar[bool] = True
    async_capable: ClassVar[bool] = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Answer:
        """Answer, or give the coroutine that will."""
        return self.answer_async(request) if self.is_async else self.answer(request)

    @abstractmethod
    def answer(self, request: HttpRequest) -> HttpResponseBase:
        """Answer under WSGI and the sync test client."""

    @abstractmethod
    async def answer_async(self, request: HttpRequest) -> HttpResponseBase:
        """Answer under ASGI."""
