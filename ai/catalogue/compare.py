"""Models against a baseline: what they cost and hold as ratios, and one sentence for each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from ai.catalogue import ratios
from ai.catalogue.ratios import Ratio
from ai.catalogue.resolve import Resolved, look_up, resolve_all
from ai.models import CatalogueEntry, Stack
from canvas.core.money import DIGITS

_ABLE: Final = {
    "in:image": "reads pictures",
    "in:audio": "reads audio",
    "in:video": "reads video",
    "in:file": "reads files",
    "out:text": "writes text",
    "out:image": "makes pictures",
    "can:tools": "tools",
    "can:structured_outputs": "structured output",
    "can:reasoning": "reasoning",
}


@dataclass(frozen=True, slots=True)
class Figures:
    """Ratios of a model. Prices are USD a million tokens, or a thousand pictures."""

    input: Ratio
    output: Ratio
    image: Ratio
    image_output: Ratio
    context: Ratio


@dataclass(frozen=True, slots=True)
class Abilities:
    """What both can, and what only the model, or only the baseline, is known to."""

    same: tuple[str, ...]
    more: tuple[str, ...]
    less: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One model against the baseline. `asked` is the name that it was asked for by."""

    entry: CatalogueEntry
    asked: Resolved
    figures: Figures
    abilities: Abilities
    sentence: str


def compare(
    *, baseline: str, models: Sequence[str] = ()
) -> tuple[CatalogueEntry, list[Comparison]]:
    """Compare models to a baseline, in the order they are named; a model named twice comes once.

    Without names it compares the models that plans use, those left out that nobody knows.

    Raises:
        Invalid: a name that means no model.
    """
    base = resolve_all([baseline], pointer="?baseline")[baseline]
    named = resolve_all(models, pointer="?models") if models else _in_use()
    found = {one.slug: one for one in named.values()}
    entries = CatalogueEntry.objects.defer("wire").in_bulk([base.slug, *found])
    mark = entries[base.slug]
    return mark, [against(entries[slug], mark, asked) for slug, asked in found.items()]


def against(entry: CatalogueEntry, mark: CatalogueEntry, asked: Resolved) -> Comparison:
    """Compare one model to the baseline `mark`."""

    def price(column: str) -> Ratio:
        return ratios.of_prices(_usd(getattr(entry, column)), _usd(getattr(mark, column)))

    figures = Figures(
        input=price("prompt_nusd_per_m"),
        output=price("completion_nusd_per_m"),
        image=price("image_nusd_per_k"),
        image_output=price("image_output_nusd_per_k"),
        context=ratios.of_sizes(_size(entry), _size(mark)),
    )
    abilities = _shared(_abilities(entry), _abilities(mark))
    sentence = _sentence(entry, mark, figures, abilities)
    return Comparison(entry, asked, figures, abilities, sentence)


def _in_use() -> dict[str, Resolved]:
    stacks = Stack.objects.values_list("model_slug", "fallback_slugs")
    slugs = dict.fromkeys(slug for first, others in stacks for slug in (first, *others))
    found = look_up(sorted(slugs))
    return {name: one for name, one in found.items() if isinstance(one, Resolved)}


def _sentence(
    entry: CatalogueEntry, mark: CatalogueEntry, figures: Figures, abilities: Abilities
) -> str:
    if entry.pk == mark.pk:
        return f"{entry.name} is the baseline."
    parts = [
        _price("input", figures.input, "a million tokens"),
        _price("output", figures.output, "a million tokens"),
        _price("pictures read", figures.image, "a thousand"),
    ]
    if figures.image_output.ours is not None:
        parts.append(_price("pictures made", figures.image_output, "a thousand"))
    parts.append(_context(figures.context))
    if abilities.more:
        parts.append(f"it adds: {', '.join(abilities.more)}")
    if abilities.less:
        parts.append(f"it lacks: {', '.join(abilities.less)}")
    gone = "" if entry.gone_at is None else " It is not listed any more."
    return f"{entry.name} against {mark.name}: {'; '.join(parts)}.{gone}"


def _price(what: str, figure: Ratio, unit: str) -> str:
    if figure.ours is None or figure.baseline is None:
        return _unknown(f"price of {what}", figure, lambda usd: f"{_dollars(usd)} {unit}")
    prices = f"{_dollars(figure.ours)} vs {_dollars(figure.baseline)} {unit}"
    return f"{figure.words} on {what} ({prices})"


def _context(figure: Ratio) -> str:
    if figure.ours is None or figure.baseline is None:
        return _unknown("context", figure, lambda size: f"{size:,} tokens")
    sizes = f"{figure.ours:,} vs {figure.baseline:,} tokens"
    words = f"{figure.words} the" if figure.words.endswith("x") else figure.words
    return f"{words} context ({sizes})"


def _unknown(what: str, figure: Ratio, told: Callable[[Decimal], str]) -> str:
    known = figure.baseline if figure.ours is None else figure.ours
    if known is None:
        return f"neither {what} is known"
    whose = "its" if figure.ours is None else "the baseline's"
    return f"{whose} {what} is unknown (the other: {told(known)})"


def _dollars(usd: Decimal) -> str:
    """Write dollars with cents at least: $0.60, $3.613."""
    text = ratios.plain(usd)
    whole, _, cents = text.partition(".")
    return f"${whole}.{cents.ljust(2, '0')}" if cents else f"${whole}"


def _usd(nusd: int | None) -> Decimal | None:
    return None if nusd is None else Decimal(nusd).scaleb(-DIGITS)


def _size(entry: CatalogueEntry) -> Decimal | None:
    return None if entry.context_length is None else Decimal(entry.context_length)


def _abilities(entry: CatalogueEntry) -> list[str]:
    has = set(entry.abilities.split())
    return [words for name, words in _ABLE.items() if name in has]


def _shared(ours: list[str], theirs: list[str]) -> Abilities:
    """Sort abilities; of a model that none are known of, nobody knows what it lacks."""
    return Abilities(
        same=tuple(name for name in ours if name in theirs),
        more=tuple(name for name in ours if name not in theirs) if theirs else (),
        less=tuple(name for name in theirs if name not in ours) if ours else (),
    )
