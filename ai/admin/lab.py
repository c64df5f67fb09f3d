"""Lab runs for staff: models side by side, case by case, and the act that follows from it."""

from typing import Any, Final

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ai.lab.selectors import results_of
from ai.lab.summary import Row, side_by_side
from ai.models import LabResult, LabRun
from ai.services.lab import promote
from canvas.core.admin import ReadOnlyAdmin, link_to, on_each
from canvas.core.money import usd_text
from canvas.workspaces.admin import acting_in, person
from canvas.workspaces.models import Plan

_HEADS: Final = (
    "model", "wording", "valid", "repaired", "score", "calls right", "p50 s", "first token s",
    "USD", "of the baseline: cost", "latency",
)  # fmt: skip


class PromoteForm(forms.Form):
    """Which model of a run becomes the first of which plan."""

    model = forms.ChoiceField()
    plan = forms.ModelChoiceField(
        Plan.objects.all(), help_text="Its stack for the run's task gets the model."
    )
    force = forms.BooleanField(
        required=False, label="Although it was valid less often than the baseline"
    )

    def __init__(self, run: LabRun, data: Any = None) -> None:  # noqa: ANN401 a form's data
        super().__init__(data, initial={"plan": run.workspace.plan_id})
        model = self.fields["model"]
        assert isinstance(model, forms.ChoiceField)  # noqa: S101 as declared above
        model.choices = [(slug, slug) for slug in run.model_slugs]


@admin.register(LabRun)
class LabRunAdmin(ReadOnlyAdmin[LabRun]):
    """Comparisons: asked for over the API, done by a job, read here."""

    list_display = [
        "created_at", "name", "task", "workspace", "baseline", "status", "promoted_at",
    ]  # fmt: skip
    list_display_links = ["created_at", "name"]
    list_filter = ["task", ("promoted_at", admin.EmptyFieldListFilter)]
    list_select_related = ["workspace", "job"]
    search_fields = ["name", "=id", "workspace__name", "baseline"]
    ordering = ["-created_at", "-id"]
    date_hierarchy = "created_at"
    actions = ["promote"]
    fields = [
        "name", "task", "status", "baseline", "frozen_set", "matrix", "by_case", "workspace",
        "project", "job", "promoted_at", "wordings", "cases", "id", "created_at",
    ]  # fmt: skip

    def has_promote_permission(self, request: HttpRequest) -> bool:
        """Let those promote who may edit stacks."""
        return self.has_act_permission(request) and request.user.has_perm("ai.change_stack")

    @admin.display(description="status")
    def status(self, row: LabRun) -> str:
        """Read the job's."""
        return row.job.status if row.job else "-"

    @admin.display(description="frozen set")
    def frozen_set(self, row: LabRun) -> str:
        """Name the set that the cases are of."""
        own = row.cases["set"]
        return f"version {own['version']}, {own['digest']}" if own else "brought along"

    @admin.display(description="side by side")
    def matrix(self, row: LabRun) -> SafeString:
        """Show a line for each model and wording."""
        rows = side_by_side(row, results_of(row))
        lines = format_html_join("", "<tr>{}</tr>", ((_line(one),) for one in rows))
        return _table(_HEADS, lines)

    @admin.display(description="case by case")
    def by_case(self, row: LabRun) -> SafeString:
        """Show a line for each case, a column for each model; cells lead to their results."""
        names = [one["name"] for one in row.wordings] or [""]
        columns = [(slug, name) for slug in row.model_slugs for name in names]
        found = {(one.case, one.model_slug, one.wording): one for one in results_of(row)}
        heads = ["case", *(f"{slug} {name}".strip() for slug, name in columns)]
        lines = format_html_join(
            "",
            "<tr><th>{}</th>{}</tr>",
            (
                (case["key"], _cells(_cell(found.get((case["key"], *one))) for one in columns))
                for case in row.cases["cases"]
            ),
        )
        return _table(heads, lines)

    @admin.action(permissions=["promote"], description="Promote a model of this run …")
    def promote(self, request: HttpRequest, rows: QuerySet[LabRun]) -> HttpResponse | None:
        """Ask which model and which plan, then make it the plan's first choice for the task."""
        chosen = list(rows.select_related("workspace")[:2])
        if len(chosen) != 1:
            self.message_user(request, "Choose one run.", "ERROR")
            return None
        form = PromoteForm(chosen[0], request.POST if "model" in request.POST else None)
        if not form.is_valid():
            return self._ask(request, chosen[0], form)
        given = form.cleaned_data

        def act(row: LabRun) -> str:
            promote(
                access=acting_in(row.workspace, request),
                run=row,
                model=given["model"],
                plan=given["plan"].pk,
                user=person(request),
                force=given["force"],
            )
            return f"{given['model']} is the first model of {given['plan']} for {row.task} now"

        return on_each(self, request, chosen, act)

    def _ask(self, request: HttpRequest, run: LabRun, form: PromoteForm) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"Promote a model of {run}",
            "opts": self.opts,
            "form": form,
            "run": run,
            "back": request.POST.get("back", ""),
            "matrix": self.matrix(run),
        }
        return TemplateResponse(request, "admin/lab_promote.html", context)


@admin.register(LabResult)
class LabResultAdmin(ReadOnlyAdmin[LabResult]):
    """How one model did one case: the answer, what was expected, what it cost."""

    list_display = [
        "created_at", "run", "case", "model_slug", "wording", "is_valid", "score", "tries",
        "latency_s", "cost_nusd", "simulated",
    ]  # fmt: skip
    list_select_related = ["run"]
    list_filter = ["is_valid", "simulated", "run__task"]
    search_fields = ["case", "model_slug", "prompt_digest", "=id", "=run__id"]
    ordering = ["-created_at", "-id"]
    date_hierarchy = "created_at"
    fields = [
        "run", "case", "model_slug", "model_served", "wording", "prompt_digest", "is_valid",
        "score", "expectations", "repairs", "tries", "latency_s", "first_token_s",
        "prompt_tokens", "completion_tokens", "cost_nusd", "simulated", "call", "answer", "error",
        "id", "created_at",
    ]  # fmt: skip


def _line(row: Row) -> SafeString:
    ratios = row.ratios
    called = "-" if row.calls_right is None else f"{row.calls_right} of {row.calls_expected}"
    return _cells(
        (
            f"{row.model}{' (baseline)' if row.is_baseline else ''}",
            row.wording or "shipped",
            f"{row.valid} of {row.cases}",
            str(row.repaired),
            _share(row.score),
            called,
            _figure(row.p50_latency_s),
            _figure(row.p50_first_token_s),
            usd_text(row.cost_nusd) or "unknown",
            f"{ratios.cost}x" if ratios and ratios.cost else "-",
            f"{ratios.latency}x" if ratios and ratios.latency else "-",
        )
    )


def _cell(result: LabResult | None) -> SafeString | str:
    if result is None:
        return "-"
    verdict = {True: "valid", False: "invalid", None: "no answer"}[result.is_valid]
    cost = usd_text(result.cost_nusd)
    figures = [
        _share(result.score),
        f"{_figure(result.latency_s)} s",
        "cost unknown" if cost is None else f"{cost} USD",
    ]
    told = link_to("ai_labresult_change", verdict, result.pk)
    return format_html("{}<br>{}", told, ", ".join(figures))


def _table(heads: Any, lines: SafeString) -> SafeString:  # noqa: ANN401 texts
    head = format_html_join("", "<th>{}</th>", ((one,) for one in heads))
    return format_html(
        '<div style="overflow-x: auto"><table class="lab"><tr>{}</tr>{}</table></div>', head, lines
    )


def _cells(values: Any) -> SafeString:  # noqa: ANN401 texts
    return format_html_join("", "<td>{}</td>", ((one,) for one in values))


def _share(value: float | None) -> str:
    return "no score" if value is None else f"{value:.0%}"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
