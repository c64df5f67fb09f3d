"""Own keys, what OpenRouter says of keys, and how the ledger compares with other books."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from ai.models import AccountState, LedgerCheck, OwnKey
from ai.services import keys
from canvas.core.admin import ReadOnlyAdmin, on_each
from canvas.core.errors import Conflict
from canvas.workspaces.admin import acting_in


@admin.register(OwnKey)
class OwnKeyAdmin(ReadOnlyAdmin[OwnKey]):
    """Who has brought a key along; the key itself is shown to nobody."""

    unknown_usd = "no limit"
    list_display = [
        "workspace", "hint", "budget_nusd_a_month", "created_by", "created_at", "revoked_at",
    ]  # fmt: skip
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["workspace", "created_by"]
    search_fields = ["workspace__name", "=workspace__id"]
    fields = [
        "id", "workspace", "hint", "budget_nusd_a_month", "created_by", "created_at",
        "modified_at", "revoked_at", "version",
    ]  # fmt: skip
    actions = ["remove"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[OwnKey]:
        """Leave the secret in the table."""
        return super().get_queryset(request).defer("secret")

    @admin.action(permissions=["act"], description="Remove: back to the operator's key")
    def remove(self, request: HttpRequest, rows: QuerySet[OwnKey]) -> HttpResponse | None:
        """Retire keys that are in use."""

        def act(row: OwnKey) -> str:
            if row.revoked_at is not None:
                raise Conflict("This key is not in use any more.")
            keys.remove_key(access=acting_in(row.workspace, request), expected_version=row.version)
            return "removed"

        return on_each(self, request, rows, act)


@admin.register(AccountState)
class AccountStateAdmin(ReadOnlyAdmin[AccountState]):
    """What OpenRouter last said of each key."""

    unknown_usd = "no limit"
    list_display = [
        "account", "label", "is_free_tier", "limit_left_nusd", "free_a_day", "refused_since",
        "reason", "checked_at",
    ]  # fmt: skip
    list_filter = ["is_free_tier", ("refused_since", admin.EmptyFieldListFilter)]
    search_fields = ["account", "label"]


@admin.register(LedgerCheck)
class LedgerCheckAdmin(ReadOnlyAdmin[LedgerCheck]):
    """Our ledger against other books, and our counters against our rows."""

    list_display = ["created_at", "kind", "account", "day", "is_ok", "ours_nusd", "theirs_nusd"]
    list_filter = ["kind", "is_ok"]
    search_fields = ["account", "=day"]
    ordering = ["-created_at", "-id"]
    date_hierarchy = "created_at"
