"""One model to try, and how to ask it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ai.models import CatalogueEntry
from ai.routing.preferences import NONE, Preferences

# Routing shortcuts name a model that the catalogue lists without them.
_SHORTCUTS: Final = frozenset({"nitro", "floor", "exacto", "online"})
# From the least thought to the most, as the service knows them.
_EFFORTS: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


@dataclass(frozen=True, slots=True)
class Choice:
    """One model to try, with how to ask it. `entry` is None when the catalogue lacks it."""

    slug: str
    entry: CatalogueEntry | None
    max_output_tokens: int
    temperature: float
    reasoning_effort: str
    chosen_as: str = ""
    provider: Preferences = NONE
    extra_prompt: str = ""
    override_prompt: str = ""

    @property
    def parameters(self) -> frozenset[str]:
        """What the model's entry says it supports; empty when it is not in the catalogue."""
        return frozenset(self.entry.supported_parameters if self.entry else ())


def catalogue_slug(slug: str) -> str:
    """Name the model as the catalogue lists it: without a routing shortcut such as `:nitro`."""
    base, _, variant = slug.partition(":")
    return base if variant in _SHORTCUTS else slug


def efforts_of(entry: CatalogueEntry | None) -> tuple[str, ...]:
    """Name the efforts that a model knows, least first; empty when that is not known."""
    known = _reasoning(entry).get("supported_efforts")
    named = set(map(str, known)) if isinstance(known, list) else set()
    if _reasoning(entry).get("mandatory") is True:
        named.discard("none")
    return tuple(effort for effort in _EFFORTS if effort in named)


def snapped(effort: str, entry: CatalogueEntry | None) -> str:
    """Give the effort nearest to the wished one that the model knows; the lesser of two.

    The service refuses an effort that a model does not know. Source: `reasoning` of GET /models.
    """
    known = efforts_of(entry)
    if not effort or not known or effort in known or effort not in _EFFORTS:
        return effort
    wished = _EFFORTS.index(effort)
    return min(known, key=lambda one: abs(_EFFORTS.index(one) - wished))


def _reasoning(entry: CatalogueEntry | None) -> Mapping[str, Any]:
    if entry is None:
        return {}
    found = entry.reasoning or entry.wire.get("reasoning")
    return found if isinstance(found, dict) else {}
