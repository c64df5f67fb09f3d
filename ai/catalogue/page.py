"""One model with everything that is known of it."""

from dataclasses import dataclass, field
from typing import Final

from ai.catalogue.resolve import WRONG_ID, Resolved, Unknown, look_up
from ai.models import CatalogueAlias, CatalogueChange, CatalogueEndpoint, CatalogueEntry
from canvas.core.errors import Fault, Missing

MOST_CHANGES: Final = 100


@dataclass(frozen=True, slots=True)
class ModelPage:
    """A model, who serves it, what else it is called, and what changed of it, newest first.

    `history_goes_on` says that there are older changes than these.
    """

    entry: CatalogueEntry
    found: Resolved
    endpoints: list[CatalogueEndpoint] = field(default_factory=list)
    aliases: list[CatalogueAlias] = field(default_factory=list)
    history: list[CatalogueChange] = field(default_factory=list)
    history_goes_on: bool = False


def get_model_page(*, name: str) -> ModelPage:
    """Read a model by its id or by another name of it; one that is gone can be read, too.

    Raises:
        Missing: no model has this name; the fault says which was probably meant.
    """
    found = look_up([name])[name]
    if isinstance(found, Unknown):
        fault = Fault("/slug", WRONG_ID, found.detail)
        extra = {"suggestion": found.right or None}
        raise Missing(found.detail, code=WRONG_ID, faults=[fault], extra=extra)
    entry = CatalogueEntry.objects.get(pk=found.slug)
    endpoints = entry.endpoints.select_related("provider").defer("wire", "provider__wire")
    changes = CatalogueChange.objects.filter(kind="model", key=entry.pk)[: MOST_CHANGES + 1]
    history = list(changes)
    return ModelPage(
        entry=entry,
        found=found,
        endpoints=sorted(endpoints, key=lambda one: (one.gone_at is not None, one.key)),
        aliases=list(CatalogueAlias.objects.filter(slug=entry.pk)),
        history=history[:MOST_CHANGES],
        history_goes_on=len(history) > MOST_CHANGES,
    )
