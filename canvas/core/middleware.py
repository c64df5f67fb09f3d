"""The frame of this project's middleware. It is sync: see `canvas.core.handler`."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase


class Middleware(ABC):
    """Calls `answer` with each request; `get_response` is the rest of the chain."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer."""
        return self.answer(request)

    @abstractmethod
    def answer(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, or have the rest of the chain answer."""
