"""What every admin page shares: readable JSON and money, light lists, acts row by row.

Law 2 holds here: a page shows, and every write goes through a service.
"""

import json
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, ClassVar, Final, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.auth import get_permission_codename
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models, transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from canvas.core.errors import DomainError, Malformed
from canvas.core.json import clean_query
from canvas.core.money import usd_text

M = TypeVar("M", bound=Model)
C = TypeVar("C", bound=Model)
P = TypeVar("P", bound=Model)
Column = Callable[[Any], str]

MOST_TOLD: Final = 50
_PRE: Final = '<pre style="margin: 0; white-space: pre-wrap; overflow-wrap: anywhere">{}</pre>'

admin.site.site_title = admin.site.site_header = admin.site.index_title = "Scene Canvas"


# --- what is shown --------------------------------------------------------------------------------


def as_written(text: str) -> SafeString | str:
    """Show a long text with its line breaks, escaped."""
    return format_html(_PRE, text) if text else "-"


def as_json(value: object) -> SafeString | str:
    """Show JSON indented, escaped."""
    return "-" if value is None else as_written(json.dumps(value, indent=2, ensure_ascii=False))


def _light(rows: QuerySet[M], shown: Iterable[object]) -> QuerySet[M]:
    """Leave the long columns that a list does not show in the table."""
    names = set(map(str, shown))
    long = (models.TextField, models.JSONField, models.BinaryField)
    columns = rows.model._meta.concrete_fields
    return rows.defer(*(c.name for c in columns if isinstance(c, long) and c.name not in names))


def link_to(page: str, text: str, *args: object, **filters: object) -> SafeString:
    """Link to a page of the admin, such as `ai_job_changelist`, with exact filters."""
    query = {name: str(value) for name, value in filters.items()}
    return format_html(
        '<a href="{}">{}</a>', reverse(f"admin:{page}", args=args, query=query), text
    )


@cache
def usd(name: str, unknown: str = "unknown") -> Column:
    """Make a column that shows nano-dollars as dollars; None is shown as `unknown`."""
    title = name.replace("_nusd", "").replace("_", " ")

    @admin.display(description=f"{title} (USD)", ordering=name)
    def column(row: Model) -> str:
        return usd_text(getattr(row, name)) or unknown

    column.__name__ = name.replace("_nusd", "_usd")
    return column


@cache
def _formatted(name: str, how: Callable[[Any], str]) -> Column:
    @admin.display(description=name.replace("_", " "))
    def column(row: Model) -> str:
        return how(getattr(row, name))

    column.__name__ = f"{name}_shown"
    return column


class _Shown(BaseModelAdmin[M]):
    """Shows each read-only column for people; see the module's docstring."""

    unknown_usd: ClassVar[str] = "unknown"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ANN401 a row, or an inline's parent
        """Name the columns that are shown only."""
        return [self._shown(name) for name in self._locked(request, obj)]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ANN401 as above
        """Lay out the page, each read-only column replaced by what shows it."""
        locked = set(self._locked(request, obj))
        only_seen = obj is not None and not self.has_change_permission(request, obj)
        names = [
            self._shown(name) if only_seen or name in locked else name
            for name in self.get_fields(request, obj)
        ]
        return [(None, {"fields": names})]

    def _locked(self, request: HttpRequest, obj: M | None) -> list[Any]:
        return list(super().get_readonly_fields(request, obj))

    def _shown(self, name: Any) -> Any:  # noqa: ANN401 a name or a column
        if not isinstance(name, str):
            return name
        if "_nusd" in name:
            return usd(name, self.unknown_usd)
        try:
            field = self.opts.get_field(name)
        except FieldDoesNotExist:
            return name
        if isinstance(field, models.JSONField):
            return _formatted(name, as_json)
        return _formatted(name, as_written) if isinstance(field, models.TextField) else name


class ShownAdmin(_Shown[M], admin.ModelAdmin[M]):
    """The base of every page: one query whatever the number of rows, acts as buttons."""

    show_full_result_count = False
    list_per_page = 50
    change_form_template = "admin/change_form_acts.html"
    list_reads: ClassVar[tuple[str, ...]] = ()
    """Long columns that the list needs, besides those it names."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        """Read a list without raw answers, payloads and other long columns."""
        rows = super().get_queryset(request)
        match = request.resolver_match
        is_list = match is not None and str(match.url_name).endswith("_changelist")
        if request.method != "GET" or not is_list:
            return rows
        return _light(rows, [*self.list_display, *self.list_reads])

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """List money as dollars."""
        names = super().get_list_display(request)
        return [self._shown(name) if "_nusd" in str(name) else name for name in names]

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        *args: Any,  # noqa: ANN401 Django's shape
        **kwargs: Any,  # noqa: ANN401 Django's shape
    ) -> HttpResponse:
        """Offer the list's acts on the page of one row as well."""
        context["acts"] = self.get_action_choices(request, [])
        return super().render_change_form(request, context, *args, **kwargs)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list; of an address with texts that no table can hold, the list as it is."""
        try:
            clean_query(request.GET)
        except Malformed as exc:
            self.message_user(request, exc.faults[0].detail, messages.ERROR)
            return HttpResponseRedirect(request.path)
        return super().changelist_view(request, extra_context)

    def response_action(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 Django's shape
        """Act; an id that is none is said to be so."""
        try:
            return super().response_action(request, *args, **kwargs)
        except ValidationError as exc:
            self.message_user(request, " ".join(exc.messages), messages.ERROR)
            return None

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Let acts be done by whoever may change rows of this table."""
        codename = get_permission_codename("change", self.opts)
        return request.user.has_perm(f"{self.opts.app_label}.{codename}")


class ReadOnlyAdmin(ShownAdmin[M]):
    """A table that is history: read by people, written by services only."""

    def get_fields(self, request: HttpRequest, obj: M | None = None) -> Any:  # noqa: ANN401 Django's shape
        """Show every column, unless the class names some."""
        return self.fields or [field.name for field in self.opts.concrete_fields]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds a row by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        """Nobody edits a row."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        """Nobody deletes a row."""
        return False


class ReadOnlyInline(_Shown[C], admin.TabularInline[C, P]):
    """Rows of another table on a page, to read and to follow."""

    extra = 0
    can_delete = False
    show_change_link = True

    def _locked(self, request: HttpRequest, obj: Any) -> list[Any]:  # noqa: ANN401 an inline's parent
        return list(self.fields or ())

    def get_queryset(self, request: HttpRequest) -> QuerySet[C]:
        """Read the columns that are shown."""
        return _light(super().get_queryset(request), self.fields or ())

    def has_add_permission(self, request: HttpRequest, obj: P | None = None) -> bool:
        """Nobody adds a row here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ANN401 parent or child
        """Nobody edits a row here."""
        return False


# --- what is done ---------------------------------------------------------------------------------


def on_each(
    page: admin.ModelAdmin[M],
    request: HttpRequest,
    rows: Iterable[M],
    act: Callable[[M], str],
) -> HttpResponse | None:
    """Act on each row by itself, and say of each what happened; a refusal stops no other row.

    Args:
        page: the admin page, which logs what was done.
        request: the person's; its `back` asks to return to the page of the one row.
        rows: what was selected.
        act: calls one service and returns what to say of it. May raise DomainError.
    """
    told = 0
    for row in rows:
        try:
            with transaction.atomic():
                said = act(row)
                page.log_change(request, row, said)
            level = messages.SUCCESS
        except DomainError as exc:
            said, level = f"{exc.detail} ({exc.code})", messages.ERROR
        told += 1
        if told <= MOST_TOLD or level == messages.ERROR:
            page.message_user(request, f"{row}: {said}", level)
    if told > MOST_TOLD:
        page.message_user(request, f"{told} rows in all; successes past {MOST_TOLD} are not named.")
    back = request.POST.get("back")
    address = f"admin:{page.opts.app_label}_{page.opts.model_name}_change"
    return HttpResponseRedirect(reverse(address, args=[back])) if back else None


# --- the tenant's pages ---------------------------------------------------------------------------
