"""Query parameters of lists: read strictly, described for the OpenAPI document."""

from collections.abc import Sequence
from typing import Any, Final

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from canvas.core.errors import Fault, Malformed

LONGEST_SEARCH: Final = 200
SEARCH: Final = OpenApiParameter(
    "search", {"type": "string", "maxLength": LONGEST_SEARCH}, description="A part of the texts."
)
_FLAGS: Final = {"true": True, "false": False}


def choices(name: str, values: Sequence[str], description: str) -> OpenApiParameter:
    """Describe a filter that takes one of a few values."""
    return OpenApiParameter(name, str, enum=list(values), description=description)


def flags(name: str, description: str) -> OpenApiParameter:
    """Describe a filter that takes true or false."""
    return OpenApiParameter(name, bool, description=description)


def flag(request: Request, name: str) -> bool | None:
    """Read `true` or `false`; None when the parameter is not there.

    Raises:
        Malformed: anything else.
    """
    value = choice(request, name, list(_FLAGS))
    return None if value is None else _FLAGS[value]


def choice(request: Request, name: str, values: Sequence[str]) -> str | None:
    """Read one of a few values; None when the parameter is not there.

    Raises:
        Malformed: anything else.
    """
    value: str | None = request.query_params.get(name)
    if value is None or value in values:
        return value
    raise _wrong(name, f"One of {', '.join(values)}.")


def search_text(request: Request) -> str:
    """Read what to search for; "" when the parameter is not there.

    Raises:
        Malformed: too long a text.
    """
    text: Any = request.query_params.get("search", "")
    if len(text) > LONGEST_SEARCH:
        raise _wrong("search", f"At most {LONGEST_SEARCH} characters.")
    return str(text).strip()


def _wrong(name: str, detail: str) -> Malformed:
    fault = Fault(f"?{name}", "wrong-parameter", detail)
    return Malformed(f"The parameter {name} is wrong. {detail}", faults=[fault])
