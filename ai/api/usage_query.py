"""What `/usage/` is asked: read strictly out of the query, described for the OpenAPI document."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from drf_spectacular.utils import OpenApiParameter

from ai.api.answers import PROJECT_ID, id_in_query
from ai.models import Payer, Task
from ai.usage.keys import KEYS
from ai.usage.lines import Lines
from ai.usage.pages import LARGEST_PAGE, MEASURED
from canvas.core.cursors import wrong
from canvas.core.errors import Fault, Malformed
from canvas.core.pagination import DEFAULT_LIMIT
from canvas.workspaces.views import CanvasAPIView
from scenes.api.queries import choice, choices, flag, flags

LONGEST_MODEL: Final = 200
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TOLD: Final = 20

BY: Final = OpenApiParameter(
    "by",
    {"type": "string", "default": "day", "examples": ["day,model"]},
    description=f"One or several of {', '.join(KEYS)}, with commas; a group for each combination.",
)
FORMAT: Final = choices("format", ["json", "csv"], "`csv`: every row at once, as a file.")
ORDERING: Final = OpenApiParameter(
    "ordering",
    {"type": "string", "examples": ["-costUsd"]},
    description=f"A key of `by`, or one of {', '.join(MEASURED)}; `-` is descending.",
)
LIMIT: Final = OpenApiParameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": DEFAULT_LIMIT},
    description="Rows a page.",
)
CURSOR: Final = OpenApiParameter("cursor", str, description="Where to go on; taken from `next`.")
_DATE: Final = {"type": "string", "format": "date"}
PERIOD: Final = [
    OpenApiParameter("from", _DATE, description="The first day, UTC."),
    OpenApiParameter("to", _DATE, description="The last day, UTC."),
]
MODEL: Final = OpenApiParameter(
    "model",
    {"type": "string", "minLength": 1, "maxLength": LONGEST_MODEL},
    description="Only this one, as asked.",
)
FILTERS: Final = [
    *PERIOD,
    PROJECT_ID,
    choices("payer", Payer.values, "Whose key paid: the operator's, or your own."),
    flags("simulated", "Only calls to the simulator, or only the others."),
]
TASK: Final = choices("task", Task.values, "Only this service.")


def lines_of(view: CanvasAPIView, *also: str) -> Lines:
    """Read which calls are meant; always those of the caller's workspace.

    Args:
        view: whose `filters` it knows.
        also: further parameters that something else reads.

    Raises:
        Malformed: a parameter is wrong, or unknown here.
    """
    refuse_unknown(view, *also)
    first, last = _day(view, "from"), _day(view, "to")
    if first is not None and last is not None and first > last:
        raise wrong("to", "Not before `from`.")
    return Lines(
        workspace_id=view.access.workspace.pk,
        first_day=first,
        last_day=last,
        project_id=id_in_query(view, "projectId"),
        task=choice(view.request, "task", Task.values),
        model_slug=word(view, "model", LONGEST_MODEL),
        payer=choice(view.request, "payer", Payer.values),
        simulated=flag(view.request, "simulated"),
    )


def keys_of(view: CanvasAPIView) -> tuple[str, ...]:
    """Read `by`.

    Raises:
        Malformed: an unknown key, or one twice.
    """
    found = tuple(view.request.query_params.get("by", "day").split(","))
    if not set(found) <= set(KEYS) or len(set(found)) != len(found):
        raise wrong("by", f"Some of {', '.join(KEYS)}, with commas, each once.")
    return found


def limit_of(view: CanvasAPIView) -> int:
    """Read `limit`.

    Raises:
        Malformed: not a whole number from 1 to LARGEST_PAGE.
    """
    text = view.request.query_params.get("limit", str(DEFAULT_LIMIT))
    if re.fullmatch(r"[0-9]{1,4}", text) and 1 <= int(text) <= LARGEST_PAGE:
        return int(text)
    raise wrong("limit", f"A whole number from 1 to {LARGEST_PAGE}.")


def word(view: CanvasAPIView, name: str, longest: int) -> str | None:
    """Read a text; None when the parameter is not there.

    Raises:
        Malformed: blank, or too long.
    """
    text: str | None = view.request.query_params.get(name)
    if text is None or 0 < len(text) <= longest:
        return text
    raise wrong(name, f"From 1 to {longest} characters.")


def refuse_unknown(view: CanvasAPIView, *also: str) -> None:
    """Refuse what is no parameter of this view: a filter spelled wrongly would show everything.

    Raises:
        Malformed: naming each.
    """
    known = [*(one.name for one in view.filters), *also]
    unknown = [name for name in view.request.query_params if name not in known]
    if unknown:
        detail = f"This address knows {', '.join(known)}."
        raise Malformed(
            f"There is no parameter {unknown[0]} here. {detail}",
            faults=[Fault(f"?{name}", "unknown-parameter", detail) for name in unknown[:_TOLD]],
        )


def of(*groups: Any) -> Sequence[OpenApiParameter]:  # noqa: ANN401 parameters, and lists of them
    """Make one flat list of parameters."""
    return [one for group in groups for one in (group if isinstance(group, list) else [group])]


def _day(view: CanvasAPIView, name: str) -> str | None:
    text: str | None = view.request.query_params.get(name)
    if text is None:
        return None
    try:
        return date.fromisoformat(text if _DAY.fullmatch(text) else "").isoformat()
    except ValueError as exc:
        raise wrong(name, "A day as YYYY-MM-DD.") from exc
