"""Times of the web app's documents: ISO texts in UTC with milliseconds, as JavaScript has them."""

import re
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

_ISO: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_EXAMPLE: Final = "2025-11-21T10:00:00.000Z"


def time_text(moment: datetime) -> str:
    """Write a time as `2025-11-21T10:00:00.000Z`; what is finer than a millisecond is cut off."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


def read_time(text: str) -> datetime:
    """Read a time of a document that passed `Time`."""
    return datetime.fromisoformat(text)


def _canonical(text: str) -> str:
    try:
        if _ISO.fullmatch(text):
            return time_text(datetime.fromisoformat(text))
    except (ValueError, OverflowError):  # the 31st of June; before the year 1 in UTC
        pass
    raise PydanticCustomError("not-a-time", f"This must be a time such as {_EXAMPLE}.")


Time = Annotated[
    str,
    AfterValidator(_canonical),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": [_EXAMPLE]}),
]
"""An ISO time with its offset, brought to UTC and milliseconds."""
