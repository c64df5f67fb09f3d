"""Lists in pages: keyset cursors that neither skip nor repeat a row while others write."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from canvas.core import cursors
from canvas.core.cursors import wrong
from canvas.core.errors import Fault, Malformed

DEFAULT_LIMIT: Final = 50
LARGEST_LIMIT: Final = 200
MOST_TOLD: Final = 20


class CursorPages(BasePagination):
    """Pages through a queryset in the order of `view.ordering`, ties broken by the id.

    A view may set `ordering` (columns, "-" for descending; default: the queryset's own order) and
    `ordering_fields`, a mapping of what `?ordering=` accepts to columns. No column may be null.
    Its `filters` are its further query parameters; what is in none of these is refused, because a
    filter that is spelled wrongly would else show everything.
    """

    def paginate_queryset(  # type: ignore[override] # querysets only
        self,
        queryset: QuerySet[Any],
        request: Request,
        view: Any = None,  # noqa: ANN401 any view
    ) -> list[Any]:
        """Fetch one page."""
        self._request = request
        _refuse_unknown(request, view)
        limit = _limit(request)
        order = _order(queryset, request, view)
        cursor = request.query_params.get("cursor")
        values, backward = cursors.read(cursor, order) if cursor else (None, False)
        rows = _fetch(queryset, _reversed(order) if backward else order, values, limit + 1)
        more = len(rows) > limit
        rows = rows[:limit]
        if backward:
            rows.reverse()
        has_next = more or backward
        has_previous = more if backward else values is not None
        first, last = (rows[0], rows[-1]) if rows else (None, None)
        self._next = self._link(last, order, backward=False) if has_next else None
        self._previous = self._link(first, order, backward=True) if has_previous and rows else None
        return rows

    def get_paginated_response(self, data: Any) -> Response:  # noqa: ANN401 serialized rows
        """Wrap one serialized page."""
        return Response({"results": data, "next": self._next, "previous": self._previous})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe a page; written for OpenAPI 3.1, where null is a type."""
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["results", "next", "previous"],
            "properties": {"results": schema, "next": link, "previous": link},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:  # noqa: ANN401 any view
        """Describe the query parameters."""
        size = {"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT, "default": DEFAULT_LIMIT}
        found = [
            _parameter("limit", size, "Rows a page."),
            _parameter("cursor", {"type": "string"}, "Where to go on; taken from `next`."),
        ]
        if fields := getattr(view, "ordering_fields", None):
            names = [sign + name for name in fields for sign in ("", "-")]
            found.append(
                _parameter("ordering", {"type": "string", "enum": names}, "`-` is descending.")
            )
        return found

    def _link(self, row: Model | None, order: Sequence[str], *, backward: bool) -> str:
        address = self._request.build_absolute_uri()
        if row is None:  # stepped back past the first row: start again
            return remove_query_param(address, "cursor")
        return replace_query_param(address, "cursor", _write_cursor(row, order, backward=backward))


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def _refuse_unknown(request: Request, view: Any) -> None:  # noqa: ANN401 any view
    known = ["limit", "cursor", *(one.name for one in getattr(view, "filters", ()))]
    if getattr(view, "ordering_fields", None):
        known.append("ordering")
    if unknown := [name for name in request.query_params if name not in known]:
        detail = f"This list knows {', '.join(known)}."
        raise Malformed(
            f"There is no parameter {unknown[0]} here. {detail}",
            faults=[Fault(f"?{name}", "unknown-parameter", detail) for name in unknown[:MOST_TOLD]],
        )


def _limit(request: Request) -> int:
    text = request.query_params.get("limit")
    if text is None:
        return DEFAULT_LIMIT
    if text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= LARGEST_LIMIT:  # noqa: PLR2004 digits
        return int(text)
    raise wrong("limit", f"A whole number from 1 to {LARGEST_LIMIT}.")


def _order(queryset: QuerySet[Any], request: Request, view: Any) -> list[str]:  # noqa: ANN401 any view
    asked = request.query_params.get("ordering")
    allowed: Mapping[str, str] = getattr(view, "ordering_fields", None) or {}
    if asked is not None and allowed:
        if asked.removeprefix("-") not in allowed:
            raise wrong("ordering", f"One of {', '.join(allowed)}, or one with - before it.")
        sign = "-" if asked.startswith("-") else ""
        column = allowed[asked.removeprefix("-")]
        chosen = [sign + column]
    else:
        chosen = _own_order(queryset, view)
    if not any(name.lstrip("-") in {"id", "pk"} for name in chosen):
        chosen.append("-id" if chosen and chosen[-1].startswith("-") else "id")
    return chosen


def _own_order(queryset: QuerySet[Any], view: Any) -> list[str]:  # noqa: ANN401 any view
    declared = queryset.model._meta.ordering
    own = getattr(view, "ordering", None) or queryset.query.order_by or declared or []
    return [own] if isinstance(own, str) else [str(name) for name in own]


def _reversed(order: Sequence[str]) -> list[str]:
    return [name[1:] if name.startswith("-") else f"-{name}" for name in order]


def _fetch(
    queryset: QuerySet[Any], order: Sequence[str], values: Sequence[Any] | None, count: int
) -> list[Any]:
    if values is not None:
        try:
            queryset = queryset.filter(_after(order, values))
        except (ValidationError, ValueError, TypeError) as exc:
            raise wrong("cursor", "Not a cursor of this list.") from exc
    return list(queryset.order_by(*order)[:count])


def _after(order: Sequence[str], values: Sequence[Any]) -> Q:
    """Build the condition for rows behind these values, in this order of columns."""
    condition = Q()
    equal: dict[str, Any] = {}
    for name, value in zip(order, values, strict=True):
        column = name.removeprefix("-")
        comparison = "lt" if name.startswith("-") else "gt"
        condition |= Q(**equal, **{f"{column}__{comparison}": value})
        equal[column] = value
    return condition


def _write_cursor(row: Model, order: Sequence[str], *, backward: bool) -> str:
    values = [_text(_value(row, name.removeprefix("-"))) for name in order]
    return cursors.write(order, values, backward=backward)


def _value(row: Any, column: str) -> Any:  # noqa: ANN401 any column of any row
    for part in column.split("__"):
        row = getattr(row, part)
    return row


def _text(value: Any) -> str:  # noqa: ANN401 any column
    return value.isoformat() if isinstance(value, datetime | date) else str(value)
