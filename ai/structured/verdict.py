"""Say what is wrong with an answer, in words that a model can act on."""

import json
from collections.abc import Sequence
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

MAX_ERRORS: Final = 12
MAX_SHOWN_CHARS: Final = 80


def errors_of(failure: ValidationError) -> tuple[str, ...]:
    """Return each error as `path: message (you wrote ...)`, the first dozen of them."""
    lines = [_line(error) for error in failure.errors(include_url=False)]
    if len(lines) > MAX_ERRORS:
        lines[MAX_ERRORS:] = [f"and {len(lines) - MAX_ERRORS} more of this kind"]
    return tuple(lines)


def _line(error: ErrorDetails) -> str:
    path = path_of(error["loc"]) or "the answer"
    kind, wrote, limits = error["type"], error["input"], error.get("ctx", {})
    if kind == "missing":
        return f"{path}: is missing"
    if kind == "extra_forbidden":
        return f"{path}: there is no such key"
    message = error["msg"].removeprefix("Value error, ")
    if kind in {"too_short", "too_long"} and isinstance(wrote, str):
        bound = "at least" if kind == "too_short" else "at most"
        limit = limits.get("min_length", limits.get("max_length"))
        message = f"Text should have {bound} {limit} characters"
    return f"{path}: {message} (you wrote {_shown(wrote)})"


def path_of(loc: Sequence[int | str]) -> str:
    """Write a place in a document as `scenes[2].duration_s`."""
    path = ""
    for part in loc:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= MAX_SHOWN_CHARS else f"{text[:MAX_SHOWN_CHARS]}…"


def correction(errors: Sequence[str]) -> str:
    """Return the message that asks a model again and says exactly what was wrong."""
    listed = "\n".join(f"- {error}" for error in errors)
    return (
        "Your answer was not accepted, because:\n"
        f"{listed}\n"
        "Keep what was right, change only what is listed, and invent nothing to fill a gap.\n"
        "Return the whole answer again as one JSON object, with no text before or after it."
    )
