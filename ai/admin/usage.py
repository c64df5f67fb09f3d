"""Who spent what on which model: one page for staff, with charts, tables and a CSV."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from ai.admin.usage_cells import cells, legend, tiles, usd
from ai.usage import charts
from ai.usage.board import Board, board_of, csv_pieces, offered_workspaces
from ai.usage.lines import Lines

DEFAULT_DAYS: Final = 30
LONGEST_DAYS: Final = 5 * 366
EARLIEST: Final = date(2020, 1, 1)
PERIODS: Final = (7, 30, 90, 365)
MONEY: Final = {"": None, "paid": False, "simulated": True}


class UsageForm(forms.Form):
    """What to show. Nothing chosen: the last days of every workspace."""

    first = forms.DateField(
        required=False, label="From", widget=forms.DateInput(attrs={"type": "date"})
    )
    last = forms.DateField(
        required=False, label="To", widget=forms.DateInput(attrs={"type": "date"})
    )
    workspace = forms.UUIDField(required=False)
    model = forms.CharField(required=False, max_length=200)
    money = forms.ChoiceField(
        required=False,
        choices=[("", "paid and simulated"), ("paid", "paid only"), ("simulated", "simulated")],
    )

    def clean(self) -> dict[str, Any]:
        """Fill in the period, and bound it."""
        found: dict[str, Any] = super().clean() or self.cleaned_data
        last = found.get("last") or timezone.now().date()
        if last < EARLIEST:
            raise forms.ValidationError(f"The last day is before {EARLIEST}.")
        first = found.get("first") or last - timedelta(days=DEFAULT_DAYS - 1)
        if first > last:
            raise forms.ValidationError("The first day is behind the last.")
        if (last - first).days > LONGEST_DAYS:
            raise forms.ValidationError("Five years at most.")
        return found | {"first": first, "last": last}

    def lines(self) -> Lines:
        """Give the lines that are asked for; of a wrong form, those of no form."""
        wanted = self.cleaned_data if self.is_valid() else _unasked()
        return Lines(
            workspace_id=wanted["workspace"],
            first_day=wanted["first"].isoformat(),
            last_day=wanted["last"].isoformat(),
            model_slug=wanted["model"] or None,
            simulated=MONEY[wanted["money"]],
        )


@require_safe
def usage_page(request: HttpRequest) -> HttpResponseBase:
    """Show the page, or its table as a CSV file."""
    if not request.user.has_perm("ai.view_upstreamcall"):
        raise PermissionDenied
    form = UsageForm(request.GET)
    lines = form.lines()
    if request.GET.get("format") == "csv" and form.is_valid():
        return StreamingHttpResponse(
            csv_pieces(lines),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="usage.csv"'},
        )
    context = _context(request, form, lines, board_of(lines))
    return TemplateResponse(request, "admin/usage.html", context)


def _context(request: HttpRequest, form: UsageForm, lines: Lines, board: Board) -> dict[str, Any]:
    place = "workspace" if lines.workspace_id is None else "person"
    asked = {"first": lines.first_day, "last": lines.last_day}
    chosen = {"workspace": lines.workspace_id, "model": lines.model_slug}
    kept = {name: str(value) for name, value in (asked | chosen).items() if value}
    money = request.GET.get("money", "")
    kept |= {"money": money} if form.is_valid() and money else {}
    return {
        **admin.site.each_context(request),
        "title": "Usage",
        "subtitle": None,
        "form": form,
        "asked": {"workspace": "", "model": "", "money": "", **kept},
        "workspaces": offered_workspaces(lines.workspace_id),
        "money": form.fields["money"].choices,  # type: ignore[attr-defined] # a choice field
        "periods": [_period(days, kept) for days in PERIODS],
        "csv": "?" + urlencode(kept | {"format": "csv"}),
        "tiles": tiles(board.total),
        "has_simulated": bool(board.total["simulated"]),
        "place": place,
        "over_time": charts.cost_bars(board.bars, board.series),
        "bars": [(name, usd(sum(map(sum, parts.values())))) for name, parts in board.bars],
        "legend": legend(board),
        "by_model": charts.cost_rows("models", "Cost by model", _costs(board.models, "model")),
        "by_place": charts.cost_rows("places", f"Cost by {place}", _costs(board.places, place)),
        "health": charts.health_rows(board.models),
        "models": [cells(row) for row in board.models],
        "rows": [cells(row) for row in board.rows],
        "has_more": board.has_more,
    }


def _costs(rows: list[dict[str, Any]], label: str) -> list[tuple[str, int, int]]:
    """Give (label, paid, simulated) of what has a known cost."""
    return [
        (row[label], row["cost_usd"] - (row["simulated_usd"] or 0), row["simulated_usd"] or 0)
        for row in rows
        if row["cost_usd"]
    ]


def _unasked() -> dict[str, Any]:
    today = timezone.now().date()
    first = today - timedelta(days=DEFAULT_DAYS - 1)
    return {"first": first, "last": today, "workspace": None, "model": "", "money": ""}


def _period(days: int, kept: Mapping[str, str]) -> tuple[int, str, bool]:
    last = timezone.now().date()
    first = last - timedelta(days=days - 1)
    found = {"first": first.isoformat(), "last": last.isoformat()}
    is_shown = found.items() <= kept.items()
    return days, "?" + urlencode({**kept, **found}), is_shown
