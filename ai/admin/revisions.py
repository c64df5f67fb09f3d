"""The history of stacks and configurations, to read, and the way back."""

from collections.abc import Mapping
from typing import Any, Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ai.models import Configuration, Revision, Stack
from ai.services import configurations, revisions, stacks
from canvas.core.admin import ReadOnlyAdmin, link_to, on_each
from canvas.core.errors import Missing
from canvas.workspaces.admin import person

LONGEST_VALUE: Final = 80
MOST_SHOWN: Final = 20


@admin.register(Revision)
class RevisionAdmin(ReadOnlyAdmin[Revision]):
    """Past and present states; going back to one is a new one."""

    list_display = ["created_at", "subject", "subject_id", "number", "note"]
    list_filter = ["subject"]
    search_fields = ["=subject_id", "note"]
    ordering = ["-created_at", "-number"]
    date_hierarchy = "created_at"
    actions = ["go_back"]

    @admin.action(description="Go back to this", permissions=["act"])
    def go_back(self, request: HttpRequest, rows: QuerySet[Revision]) -> HttpResponse | None:
        """Give each subject the values of this revision."""

        def act(row: Revision) -> str:
            now = _go_back(row, request)
            return f"its values count again: {now}"

        return on_each(self, request, rows, act)


def history_table(subject: str, subject_id: Any) -> SafeString | str:  # noqa: ANN401 an id
    """Show the newest revisions: when, why, and what each changed."""
    rows = list(revisions.history(subject=subject, subject_id=subject_id)[: MOST_SHOWN + 1])
    if not rows:
        return "It was never edited."
    lines = [
        (
            link_to("ai_revision_change", f"#{row.number}", row.pk),
            f"{row.created_at:%Y-%m-%d %H:%M}",
            row.note,
            _difference(rows[place + 1].values if place + 1 < len(rows) else {}, row.values),
        )
        for place, row in enumerate(rows[:MOST_SHOWN])
    ]
    body = format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", lines)
    head = "<tr><th>revision</th><th>when (UTC)</th><th>why</th><th>changed</th></tr>"
    return format_html("<table>{}{}</table>", SafeString(head), body)


def _go_back(row: Revision, request: HttpRequest) -> Stack | Configuration:
    user_id = person(request).pk
    if row.subject == revisions.STACK:
        stack = Stack.objects.filter(pk=row.subject_id).first()
        if stack is None:
            raise Missing("The stack is gone.")
        return stacks.go_back(stack=stack, number=row.number, user_id=user_id)
    found = Configuration.objects.select_related("workspace", "project").filter(pk=row.subject_id)
    configuration = found.first()
    if configuration is None:
        raise Missing("The configuration is gone.")
    return configurations.roll_back(
        workspace=configuration.workspace,
        project=configuration.project,
        number=row.number,
        user_id=user_id,
    )


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    return "; ".join(
        f"{name}: {_short(value)}"
        for name, value in after.items()
        if value != before.get(name) and (before or value)
    )


def _short(value: object) -> str:
    text = "-" if value in ("", None, [], {}) else str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
