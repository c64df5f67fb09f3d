"""What editors write in the catalogue: other names of models, and the scale of prices."""

from decimal import Decimal
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from ai.catalogue import editing, prices
from ai.models import CatalogueAlias, PriceTier
from canvas.core.admin import ShownAdmin
from canvas.core.errors import DomainError
from canvas.core.money import usd_text

_MOST_USD: Final = Decimal(1_000_000)


class AliasForm(forms.ModelForm[CatalogueAlias]):
    """Another name of a model."""

    class Meta:
        model = CatalogueAlias
        fields = ["alias", "slug", "kind", "note"]

    def clean(self) -> dict[str, Any]:
        """Refuse names that would hide a model or lead nowhere."""
        sent: dict[str, Any] = super().clean() or {}
        alias = sent.get("alias") or self.instance.alias
        try:
            editing.check_alias(alias=alias, slug=sent.get("slug", ""))
        except DomainError as exc:
            for fault in exc.faults:
                self.add_error(fault.pointer.strip("/"), fault.detail)
        return sent


@admin.register(CatalogueAlias)
class CatalogueAliasAdmin(ShownAdmin[CatalogueAlias]):
    """Other names, dated ids and common mistakes, and the model each leads to."""

    form = AliasForm
    list_display = ["alias", "slug", "kind", "note"]
    list_filter = ["kind"]
    search_fields = ["alias", "slug", "note"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ANN401 Django's shape
        """Keep a name that is there: it is what the row is found by."""
        return ["alias"] if obj is not None else []

    def save_model(
        self,
        request: HttpRequest,
        obj: CatalogueAlias,
        form: Any,  # noqa: ANN401 Django's shape
        change: bool,  # noqa: FBT001 Django's shape
    ) -> None:
        """Save by the service."""
        editing.save_alias(row=obj)

    def delete_model(self, request: HttpRequest, obj: CatalogueAlias) -> None:
        """Delete by the service."""
        editing.remove_alias(row=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[CatalogueAlias]) -> None:
        """Delete each by the service."""
        for row in queryset:
            editing.remove_alias(row=row)


class TierForm(forms.ModelForm[PriceTier]):
    """A step of the scale; its end is typed in dollars."""

    most_usd = forms.DecimalField(
        label="Up to (USD a million tokens)", required=False, min_value=0, max_value=_MOST_USD,
        decimal_places=9, help_text="Of three tokens read to one written; blank has no end.",
    )  # fmt: skip

    class Meta:
        model = PriceTier
        fields = ["key", "name", "order", "note"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 Django's shape
        super().__init__(*args, **kwargs)
        most = usd_text(self.instance.most_nusd_per_m)
        self.initial.setdefault("most_usd", most)

    def clean(self) -> dict[str, Any]:
        """Read the end in whole nano-dollars, and refuse one that is taken."""
        sent: dict[str, Any] = super().clean() or {}
        most: Decimal | None = sent.get("most_usd")
        self.instance.most_nusd_per_m = None if most is None else prices.nusd(most, 1)
        try:
            editing.check_tier(
                key=sent.get("key") or self.instance.key,
                most_nusd_per_m=self.instance.most_nusd_per_m,
            )
        except DomainError as exc:
            self.add_error("most_usd", exc.detail)
        return sent


@admin.register(PriceTier)
class PriceTierAdmin(ShownAdmin[PriceTier]):
    """The scale of prices: a model belongs to the first step whose end it does not pass."""

    form = TierForm
    list_display = ["name", "key", "order", "most_nusd_per_m"]
    search_fields = ["key", "name"]
    unknown_usd = "no end"
    fields = ["key", "name", "order", "most_usd", "note"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ANN401 Django's shape
        """Keep the key of a step that is there: filters name it."""
        return ["key"] if obj is not None else []

    def save_model(
        self,
        request: HttpRequest,
        obj: PriceTier,
        form: Any,  # noqa: ANN401 Django's shape
        change: bool,  # noqa: FBT001 Django's shape
    ) -> None:
        """Save by the service."""
        editing.save_tier(row=obj)

    def delete_model(self, request: HttpRequest, obj: PriceTier) -> None:
        """Delete by the service."""
        editing.remove_tier(row=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[PriceTier]) -> None:
        """Delete each by the service."""
        for row in queryset:
            editing.remove_tier(row=row)
