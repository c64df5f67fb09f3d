"""Which providers may serve: a closed shape, checked at every door, kept as JSON.

A narrower scope stands over a wider one key by key. What protects cannot be loosened: `deny` and
`zdr` stay once they are asked for, and of two highest prices the lower one counts.

Source: https://openrouter.ai/docs/guides/routing/provider-selection
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.functional_validators import BeforeValidator

from ai.openrouter.wire import ProviderPreferences
from canvas.core.errors import Fault, Invalid
from canvas.core.serializers import camel

MOST_PROVIDERS: Final = 50
MOST_PRICE_USD: Final = 1_000_000
Quantization = Literal[
    "int4", "int8", "fp4", "mxfp4", "nvfp4", "fp6", "fp8", "mxfp8", "fp16", "bf16", "fp32",
    "unknown",
]  # fmt: skip
Sort = Literal["price", "throughput", "latency", "exacto"]


def _exact(value: object) -> object:
    """Take prices as text or whole numbers: a float has lost what was written."""
    if isinstance(value, bool | float):
        raise ValueError("Write the price as text, such as “0.25”.")  # noqa: TRY004 pydantic's way
    return value


PROVIDER_PATTERN: Final = r"^[a-z0-9][a-z0-9._-]*(/[a-z0-9._-]+)*$"
Provider = Annotated[str, StringConstraints(pattern=PROVIDER_PATTERN, max_length=120)]
Providers = Annotated[tuple[Provider, ...], Field(max_length=MOST_PROVIDERS)]
Price = Annotated[
    Decimal,
    BeforeValidator(_exact),
    Field(ge=0, le=MOST_PRICE_USD, decimal_places=9, allow_inf_nan=False),
]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MaxPrice(_Closed):
    """The most that may be paid, in USD: a million tokens, one request, one picture."""

    prompt: Price | None = None
    completion: Price | None = None
    request: Price | None = None
    image: Price | None = None

    def lowest(self, other: Self) -> Self:
        """Take the lower of each two prices."""
        prices = {
            name: min(known)
            for name in type(self).model_fields
            if (known := [p for p in (getattr(self, name), getattr(other, name)) if p is not None])
        }
        return type(self)(**prices)


class Preferences(_Closed):
    """Wishes for the choice of a provider; None is no wish."""

    order: Providers | None = None
    only: Providers | None = None
    ignore: Providers | None = None
    allow_fallbacks: bool | None = None
    data_collection: Literal["allow", "deny"] | None = None
    zdr: bool | None = None
    quantizations: Annotated[tuple[Quantization, ...], Field(max_length=12)] | None = None
    sort: Sort | None = None
    max_price: MaxPrice | None = None

    @property
    def is_strict(self) -> bool:
        """Say whether prompts must not be kept or learnt from."""
        return self.data_collection == "deny" or self.zdr is True

    def under(self, narrower: "Preferences") -> "Preferences":
        """Put the wishes of a narrower scope over these."""
        merged = dict(self) | {name: value for name, value in narrower if value is not None}
        if "deny" in {self.data_collection, narrower.data_collection}:
            merged["data_collection"] = "deny"
        merged["zdr"] = True if self.zdr or narrower.zdr else merged["zdr"]
        if self.max_price is not None and narrower.max_price is not None:
            merged["max_price"] = self.max_price.lowest(narrower.max_price)
        return Preferences.model_construct(**merged)

    def ignoring(self, providers: Iterable[str]) -> Self:
        """Leave out some providers more."""
        more = [one for one in providers if one not in (self.ignore or ())]
        return self.model_copy(update={"ignore": (*(self.ignore or ()), *more)}) if more else self

    def trying_first(self, provider: str) -> Self:
        """Ask one provider before all others."""
        rest = [one for one in self.order or () if one != provider]
        return self.model_copy(update={"order": (provider, *rest)})

    def may_serve(self, provider: str) -> bool:
        """Say whether a provider, named by its base slug, is within these wishes."""
        named = {one.partition("/")[0] for one in self.only or ()}
        return provider not in (self.ignore or ()) and (not named or provider in named)

    def kept(self) -> dict[str, Any]:
        """Give the JSON that tables keep; prices are texts."""
        return self.model_dump(mode="json", exclude_none=True)

    def wire(self) -> ProviderPreferences | None:
        """Write the `provider` of a request; None when nothing is wished."""
        wishes = self.kept()
        if not wishes.get("max_price", True):
            del wishes["max_price"]
        return ProviderPreferences(**wishes) if wishes else None


NONE: Final = Preferences()


def read(value: object, *, pointer: str = "/provider") -> Preferences:
    """Read preferences that come through a door.

    Raises:
        Invalid: `wrong-provider`, with a pointer to each wrong place.
    """
    try:
        return Preferences.model_validate(value or {})
    except ValidationError as exc:
        faults = [
            Fault(_pointer(pointer, error["loc"]), "wrong-provider", error["msg"])
            for error in exc.errors(include_url=False, include_input=False)
        ]
        raise Invalid(faults[0].detail, code="wrong-provider", faults=faults) from exc


def stored(value: Mapping[str, Any]) -> Preferences:
    """Read preferences that were checked before they were kept.

    Raises:
        Invalid: somebody wrote around the doors; nothing is sent without the wished protection.
    """
    return read(value) if value else NONE


def _pointer(start: str, places: Iterable[int | str]) -> str:
    return "/".join([start, *(camel(str(place)) for place in places)])
