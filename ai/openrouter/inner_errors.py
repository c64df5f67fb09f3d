"""Errors inside a reply: where they hide, and the one kind that is none."""

import re
from typing import Final

from ai.openrouter.errors import ModerationError, OpenRouterError, RateLimitedError
from ai.openrouter.wire import Json

_BAD_REQUEST: Final = 400
_TOKEN_LIMIT: Final = re.compile(r"(?i)token[ _]limit|max(imum)?[ _](output[ _])?tokens")


def error_in(chunk: Json, choice: Json) -> object:
    """Return the error a chunk carries, in whatever place and shape; None when there is none."""
    places = (chunk, choice, choice.get("delta"), choice.get("message"))
    told = (place.get("error") for place in places if isinstance(place, dict))
    return next(filter(None, told), None) or _bare_error(chunk)


def repeats_the_limit(error: OpenRouterError) -> bool:
    """Tell whether an error that follows `length` says only once more why the reply ended."""
    if isinstance(error, ModerationError | RateLimitedError):
        return False
    return error.status == _BAD_REQUEST or bool(_TOKEN_LIMIT.search(error.message))


def _bare_error(chunk: Json) -> Json | None:
    """Return a chunk that is itself an error object, as some servers behind the service send."""
    names = (chunk.get("type"), chunk.get("object"))
    is_error = {"code", "message"} <= chunk.keys() or "error" in names
    return chunk if is_error and "choices" not in chunk else None
