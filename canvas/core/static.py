"""Static files without a thread per request.

WhiteNoise's middleware is sync only, and one sync link turns every middleware outside of it sync
under ASGI: waiting would hold threads. This one looks the path up in memory and goes on.
"""

from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, ClassVar, cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest
from django.http.response import HttpResponseBase, StreamingHttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware  # type: ignore[import-untyped]

from canvas.core.middleware import Answer


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc] # it has no types
    """WhiteNoise for sync and async stacks."""

    sync_capable: ClassVar[bool] = True
    async_capable: ClassVar[bool] = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        super().__init__(get_response)
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Answer:
        """Answer, or give the coroutine that will."""
        if self.is_async:
            return self.answer_async(request)
        answer: HttpResponseBase = super().__call__(request)
        return answer

    async def answer_async(self, request: HttpRequest) -> HttpResponseBase:
        """Serve a known file; pass everything else on without leaving the event loop."""
        if self.autorefresh:
            file = await sync_to_async(self.find_file)(request.path_info)
        else:
            file = self.files.get(request.path_info)
        if file is None:
            passed: HttpResponseBase = await self.get_response(request)
            return passed
        served: HttpResponseBase = await sync_to_async(self.serve)(file, request)
        if isinstance(served, StreamingHttpResponse):
            served.streaming_content = _chunks(cast("Iterable[bytes]", served.streaming_content))
        return served


async def _chunks(content: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in content:
        yield chunk
