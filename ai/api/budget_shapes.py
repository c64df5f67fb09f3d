"""Budgets and own keys on the wire. Shape only: the rules are in ai.services."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ai.api.money import UsdField
from ai.ledger.warnings import levels
from ai.models import Payer
from ai.services.budgets import PurseState, WorkspaceBudget
from ai.services.keys import LONGEST, STATES, KeyState
from canvas.core.money import usd_text
from canvas.core.serializers import CamelSerializer, StrictCharField


class QuotaSerializer(CamelSerializer[Any]):
    """A plan's quota of one month; a limit of null is none."""

    limit = serializers.IntegerField(allow_null=True)
    used = serializers.IntegerField()
    held = serializers.IntegerField(help_text="Of calls that have not ended yet.")


class PurseSerializer(CamelSerializer[PurseState]):
    """One purse as it is now; a limit of null is none, and then nothing is left to tell."""

    period = serializers.CharField(source="purse.period", help_text="Month, day (UTC), or `all`.")
    limit_usd = UsdField(source="limit_nusd", allow_null=True)
    spent_usd = UsdField(source="row.spent_nusd")
    held_usd = UsdField(source="row.hold_nusd", help_text="What open calls may still cost.")
    left_usd = UsdField(source="left_nusd", allow_null=True)
    used_percent = serializers.SerializerMethodField(help_text="Of its fullest limit.")
    warning = serializers.BooleanField(help_text="Four fifths of a limit are used.")
    resets_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field({"type": ["integer", "null"]})
    def get_used_percent(self, state: PurseState) -> int | None:
        """Give the used part of the limit that is nearest to its end."""
        return max((one.percent for one in levels(state.purse, state.row)), default=None)


class MonthSerializer(PurseSerializer):
    """The month's purse, with the plan's quotas."""

    tokens = serializers.SerializerMethodField()
    images = serializers.SerializerMethodField(help_text="Pictures seen or made.")

    @extend_schema_field(QuotaSerializer)
    def get_tokens(self, state: PurseState) -> dict[str, Any]:
        """Give the tokens' quota."""
        row = state.row
        return {"limit": state.purse.most_tokens, "used": row.tokens, "held": row.hold_tokens}

    @extend_schema_field(QuotaSerializer)
    def get_images(self, state: PurseState) -> dict[str, Any]:
        """Give the pictures' quota; those of open calls count as used."""
        return {"limit": state.purse.most_images, "used": state.row.images, "held": 0}


class WorkspaceBudgetSerializer(CamelSerializer[WorkspaceBudget]):
    """What a workspace may spend: its own settings (null: the plan's), and the purses now."""

    payer = serializers.ChoiceField(choices=Payer.choices, read_only=True)
    month_usd = UsdField(source="workspace.budget_nusd_a_month", allow_null=True)
    day_usd = UsdField(source="workspace.budget_nusd_a_day", allow_null=True)
    plan_month_usd = UsdField(source="workspace.plan.budget_nusd_a_month", allow_null=True)
    plan_day_usd = UsdField(source="workspace.plan.budget_nusd_a_day", allow_null=True)
    month = MonthSerializer(read_only=True)
    day = PurseSerializer(read_only=True)


class NewWorkspaceBudgetSerializer(CamelSerializer[Any]):
    """What an owner sets; null goes back to the plan's."""

    month_usd = UsdField(source="month_nusd", required=False, allow_null=True)
    day_usd = UsdField(source="day_nusd", required=False, allow_null=True)


class NewProjectBudgetSerializer(CamelSerializer[Any]):
    """What an owner sets; null is no limit."""

    limit_usd = UsdField(source="limit_nusd", required=False, allow_null=True)


class OwnKeySerializer(CamelSerializer[KeyState]):
    """A workspace's own key, without the key. Everything is null while there is none."""

    state = serializers.ChoiceField(
        choices=[(name, name) for name in STATES],
        help_text="; ".join(f"`{name}`: {meaning}" for name, meaning in STATES.items()),
    )
    hint = serializers.CharField(
        source="row.hint", default=None, allow_null=True, help_text="Its last characters."
    )
    created_at = serializers.DateTimeField(source="row.created_at", default=None, allow_null=True)
    budget_usd = serializers.SerializerMethodField(help_text="A month; null is no limit.")
    refused_since = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField(help_text="What OpenRouter said; blank while it works.")
    checked_at = serializers.DateTimeField(allow_null=True)
    spent_usd = UsdField(source="spent_nusd", help_text="This month, with own keys.")
    held_usd = UsdField(source="held_nusd")

    def get_budget_usd(self, state: KeyState) -> str | None:
        """Write the month's limit."""
        return usd_text(state.row.budget_nusd_a_month) if state.row else None


class NewOwnKeySerializer(CamelSerializer[Any]):
    """A key to use from now on. It is never shown again."""

    key = StrictCharField(max_length=LONGEST, write_only=True, trim_whitespace=False)
    budget_usd = UsdField(
        source="budget_nusd", required=False, allow_null=True, help_text="A month; null: no limit."
    )


class OwnKeyBudgetSerializer(CamelSerializer[Any]):
    """What a month may cost with the key; null is no limit."""

    budget_usd = UsdField(source="budget_nusd", required=False, allow_null=True)
