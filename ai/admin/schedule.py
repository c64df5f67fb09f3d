"""What happens by the clock: when it is due, and how it went the last time."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from ai.jobs import schedule
from ai.models import Schedule
from canvas.core.admin import ReadOnlyAdmin, on_each


@admin.register(Schedule)
class ScheduleAdmin(ReadOnlyAdmin[Schedule]):
    """A worker does what is due; `do now` makes an act due at once."""

    list_display = ["name", "due_at", "began_at", "ended_at", "note"]
    search_fields = ["name"]
    actions = ["do_now"]

    @admin.action(description="Do as soon as a worker looks", permissions=["act"])
    def do_now(self, request: HttpRequest, rows: QuerySet[Schedule]) -> HttpResponse | None:
        """Make the chosen acts due."""
        return on_each(self, request, rows, lambda row: schedule.make_due(row.name))
