"""The ledger, summed: who spent what on which model, what a project cost, what another stack would.

Every member of a workspace may read it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar, Final

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from ai.api import usage_query as query
from ai.api.usage_shapes import (
    FinishedSerializer,
    ProjectUsagePageSerializer,
    ProjectUsageSerializer,
    UsagePageSerializer,
    UsageRowSerializer,
    UsageSumsSerializer,
    WhatIfSerializer,
)
from ai.models import Task
from ai.usage import pages, projects, sheet, tables, whatif
from ai.usage.lines import Lines
from ai.usage.pages import Cursor
from canvas.core.pagination import CursorPages
from canvas.core.serializers import camel, writer
from canvas.core.threads import close_idle_connections
from canvas.workspaces.access import Access
from canvas.workspaces.views import CanvasAPIView
from scenes.api.queries import choice

CSV: Final = "text/csv; charset=utf-8"
PLAN: Final = OpenApiParameter(
    "plan",
    {"type": "string", "minLength": 1, "maxLength": 40},
    description="The stack of this plan; default: of yours.",
)
MODELS: Final = [
    OpenApiParameter(
        task,
        {"type": "string", "minLength": 1, "maxLength": query.LONGEST_MODEL},
        description=f"A model for {Task(task).label}; stands over the plan's.",
    )
    for task in Task.values
]


class _AnyFormat(DefaultContentNegotiation):
    """Leaves `?format=` to the view: it is not the name of a renderer here."""

    def select_renderer(
        self, request: Request, renderers: Iterable[Any], format_suffix: str | None = None
    ) -> tuple[Any, str]:
        """Answer JSON, refusals included, whatever the caller accepts besides."""
        first = next(iter(renderers))
        return first, first.media_type


class UsageView(CanvasAPIView):
    """Sums of the ledger."""

    content_negotiation_class = _AnyFormat
    filters: ClassVar = query.of(
        query.BY, query.FILTERS, query.TASK, query.MODEL, query.ORDERING, query.FORMAT,
        query.LIMIT, query.CURSOR,
    )  # fmt: skip

    @extend_schema(
        operation_id="usage_list",
        parameters=filters,
        responses={
            (200, "application/json"): UsagePageSerializer,
            (200, "text/csv"): {"type": "string"},
        },
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Sum calls, money, tokens, pictures, failures and speed by what `by` names."""
        lines, by = query.lines_of(self), query.keys_of(self)
        order = pages.order_of(by, request.query_params.get("ordering"))
        limit, text = query.limit_of(self), request.query_params.get("cursor")
        cursor = pages.read_cursor(text, order) if text else None
        if choice(request, "format", ["json", "csv"]) == "csv":
            return as_file(csv_pieces(lines, by, order, self.access))
        page = pages.page_of(lines, by, order, limit=limit, cursor=cursor)
        rows = tables.table(lines, by, page.groups, access=self.access)
        write = writer(UsageRowSerializer)
        return Response(
            {
                "results": [write(row) for row in rows],
                "next": self._link(page.next, order),
                "previous": self._link(page.previous, order),
                "total": writer(UsageSumsSerializer)(tables.total_row(lines)),
            }
        )

    def _link(self, cursor: Cursor | None, order: Sequence[str]) -> str | None:
        if cursor is None:
            return None
        address = self.request.build_absolute_uri()
        return replace_query_param(address, "cursor", pages.write_cursor(cursor, order))


class ProjectUsageView(CanvasAPIView):
    """What projects cost."""

    ordering: ClassVar[list[str]] = ["-created_at"]
    filters: ClassVar = query.of(query.FILTERS)

    @extend_schema(
        operation_id="usage_projects_list",
        parameters=query.of(filters, query.LIMIT, query.CURSOR),
        responses=ProjectUsagePageSerializer,
    )
    def get(self, request: Request) -> Response:
        """Say what each project cost in all, by service and by scene; deleted ones included."""
        lines = query.lines_of(self, "limit", "cursor")
        rows = projects.list_projects(access=self.access)
        if lines.project_id is not None:
            rows = rows.filter(pk=lines.project_id)
        paged = CursorPages()
        shown = projects.project_rows(lines, paged.paginate_queryset(rows, request, self))
        write = writer(ProjectUsageSerializer)
        answer = paged.get_paginated_response([write(row) for row in shown])
        done = projects.finished(lines, access=self.access)
        answer.data["finished"] = writer(FinishedSerializer)(done)
        return answer


class WhatIfView(CanvasAPIView):
    """The same traffic on another stack."""

    filters: ClassVar = query.of(PLAN, MODELS, query.FILTERS)

    @extend_schema(operation_id="usage_what_if", parameters=filters, responses=WhatIfSerializer)
    def get(self, request: Request) -> Response:
        """Say what recorded tokens and pictures would have cost with other models."""
        lines = query.lines_of(self)
        plan = query.word(self, "plan", 40)
        named = {task: query.word(self, task, query.LONGEST_MODEL) for task in Task.values}
        chosen = {task: slug for task, slug in named.items() if slug is not None}
        if plan is None and not chosen:
            plan = self.access.workspace.plan_id
        stack = whatif.stack_of(plan) if plan is not None else {}
        return Response(writer(WhatIfSerializer)(whatif.compare(lines, stack | chosen)))


def as_file(pieces: Iterator[bytes]) -> StreamingHttpResponse:
    """Answer with a CSV file, piece by piece."""
    named = {"Content-Disposition": 'attachment; filename="usage.csv"'}
    return StreamingHttpResponse(pieces, content_type=CSV, headers=named)


def csv_pieces(
    lines: Lines, by: Sequence[str], order: Sequence[str], access: Access
) -> Iterator[bytes]:
    """Write the header and every row, a page at a time; no connection is held between pages."""
    names = [camel(name) for name in tables.members(by)]
    write = writer(UsageRowSerializer)
    head: list[Sequence[Any]] = [names]
    for page in pages.all_pages(lines, by, order):
        rows = [write(row) for row in tables.table(lines, by, page.groups, access=access)]
        piece = sheet.lines_of([*head, *([row[name] for name in names] for row in rows)])
        close_idle_connections()
        head = []
        yield piece
