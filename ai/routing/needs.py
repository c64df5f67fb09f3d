"""What a request needs of a model, and why a model cannot give it."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.utils import timezone

from ai.models import CatalogueEntry, Task
from ai.routing.preferences import MaxPrice

_NUSD: Final = 1_000_000_000
_SHAPED: Final = frozenset({"structured_outputs", "response_format"})


@dataclass(frozen=True, slots=True)
class Needs:
    """What a request cannot do without. `context_tokens` is what it surely takes up."""

    tools: bool = False
    image: bool = False
    picture: bool = False
    structured: bool = False
    context_tokens: int = 0


# What each task asks of any model that shall serve it.
OF_TASK: Final = {
    Task.CHAT: Needs(tools=True),
    Task.OUTLINE: Needs(),
    Task.VISION: Needs(image=True),
    Task.IMAGE: Needs(picture=True),
}


def why_not(entry: CatalogueEntry | None, needs: Needs, price: MaxPrice | None = None) -> str:
    """Say why a model cannot serve; blank if it can.

    A model that is not in the catalogue is tried: its refusal is an answer, too. What is not
    known of one that is there does not speak against it, except that a price has to be known
    when there is a highest one.
    """
    return "; ".join(_faults(entry, needs, price)) if entry else ""


def has_shapes(entry: CatalogueEntry | None) -> bool:
    """Say whether a model is known to answer in a given shape."""
    return entry is not None and bool(_SHAPED.intersection(entry.supported_parameters))


def _faults(entry: CatalogueEntry, needs: Needs, price: MaxPrice | None) -> Iterator[str]:
    if entry.gone_at is not None:
        yield f"gone since {entry.gone_at:%Y-%m-%d}"
    elif entry.expires_at is not None and entry.expires_at <= timezone.now():
        yield f"ended on {entry.expires_at:%Y-%m-%d}"
    if needs.tools and "tools" not in entry.supported_parameters:
        yield "cannot call tools"
    if needs.image and "image" not in entry.input_modalities:
        yield "cannot see pictures"
    if needs.picture and "image" not in entry.output_modalities:
        yield "cannot make pictures"
    if not needs.picture and entry.output_modalities and "text" not in entry.output_modalities:
        yield "does not write text"
    if entry.context_length is not None and needs.context_tokens > entry.context_length:
        yield f"{needs.context_tokens} tokens do not fit its {entry.context_length}"
    if price is not None:
        yield from _too_dear(entry, price)


def _too_dear(entry: CatalogueEntry, price: MaxPrice) -> Iterator[str]:
    """Hold the model's prices against the highest that is allowed, unit by unit."""
    columns = (
        ("prompt", price.prompt, entry.prompt_nusd_per_m, 1),
        ("completion", price.completion, entry.completion_nusd_per_m, 1),
        ("request", price.request, entry.request_nusd_per_k, 1000),
        ("image", price.image, entry.image_nusd_per_k, 1000),
    )
    for name, most_usd, nusd, units in columns:
        if most_usd is None:
            continue
        if nusd is not None and Decimal(nusd) > most_usd * _NUSD * units:
            yield f"its {name} price is over {most_usd.normalize():f} USD"
        elif nusd is None and name in {"prompt", "completion"}:
            yield f"its {name} price is not known"
