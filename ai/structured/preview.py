"""A look at an answer while it is still being written. For display only: nothing here is judged."""

import re
from typing import Any, Final

from pydantic_core import from_json

_START: Final = re.compile(r"[{\[]")
_REASONING: Final = re.compile(r"\A\s*<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL)


def preview(raw_so_far: str) -> Any | None:  # noqa: ANN401 JSON edge
    """Return what can be read of a growing answer, or None if there is nothing to show yet."""
    text = _REASONING.sub("", raw_so_far, count=1)
    start = _START.search(text)
    if start is None:
        return None
    try:
        return from_json(text[start.start() :], allow_partial="trailing-strings")
    except ValueError:
        return None
