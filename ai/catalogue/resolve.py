"""Which model a name means: its id, a dated or other name, a routing shortcut, or a mistake."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from django.db.models import Q

from ai.models import AliasKind, CatalogueAlias, CatalogueEntry
from ai.openrouter.slugs import suggest_model
from canvas.core.errors import Fault, Invalid

Kind = Literal["exact", "dated", "alias", "shortcut"]
WRONG_ID: Final = "wrong-model-id"
LONGEST_SLUG: Final = 200
# Not models of their own: the same model, chosen by another rule. `:free` and the like are models.
SHORTCUTS: Final[Mapping[str, str]] = {
    "nitro": "the fastest provider first",
    "floor": "the cheapest provider first",
    "exacto": "providers with the best tool calls first",
    "online": "with a web search",
}


@dataclass(frozen=True, slots=True)
class Resolved:
    """The model that a name means. `note` says how it was found; blank for its own id.

    `variant` is the routing shortcut that was asked for, without its colon; `name` is the name.
    """

    slug: str
    kind: Kind = "exact"
    note: str = ""
    variant: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A name that means no model. `right` is what was probably meant; blank: nothing is near."""

    right: str
    detail: str


def resolve(slug: str, *, pointer: str = "/model") -> Resolved:
    """Say which model of the catalogue a name means; it may be one that is gone.

    Raises:
        Invalid: no model, or a common mistake; its fault stands at `pointer` and names the right
            id, as `suggestion` does in the problem.
    """
    return resolve_all([slug], pointer=pointer)[slug]


def resolve_all(slugs: Sequence[str], *, pointer: str = "/models") -> dict[str, Resolved]:
    """Resolve many names in a number of statements that does not grow with them.

    Raises:
        Invalid: with a fault for each name that means no model.
    """
    found = look_up(slugs)
    wrong = {slug: one for slug, one in found.items() if isinstance(one, Unknown)}
    if wrong:
        faults = [Fault(pointer, WRONG_ID, one.detail) for one in wrong.values()]
        extra = {"suggestion": next(iter(wrong.values())).right or None}
        raise Invalid(faults[0].detail, code=WRONG_ID, faults=faults, extra=extra)
    return {slug: one for slug, one in found.items() if isinstance(one, Resolved)}


def look_up(slugs: Iterable[str]) -> dict[str, Resolved | Unknown]:
    """Say of each name what it means, or that it means nothing."""
    asked = list(dict.fromkeys(slugs))
    book = _Book({name for slug in asked for name in (slug, _parts(slug)[0])})
    found = {slug: book.find(slug) for slug in asked}
    missing = [slug for slug, one in found.items() if one is None]
    known = _live_slugs() if missing else []
    return {slug: _suggestion(slug, known) if one is None else one for slug, one in found.items()}


class _Book:
    """What the catalogue knows of some names: one statement for ids, one for other names."""

    def __init__(self, names: set[str]) -> None:
        names = {name for name in names if len(name) <= LONGEST_SLUG}
        rows = CatalogueEntry.objects.filter(Q(slug__in=names) | Q(canonical_slug__in=names))
        pairs = sorted(rows.values_list("slug", "canonical_slug"), key=_plain_first)
        self._slugs = {slug for slug, _ in pairs}
        self._dated = {dated: slug for slug, dated in reversed(pairs) if dated}
        left = names - self._slugs
        aliases = CatalogueAlias.objects.filter(alias__in=left) if left else ()
        self._aliases = {row.alias: row for row in aliases}
        targets = {row.slug for row in self._aliases.values()} - self._slugs
        if targets:
            there = CatalogueEntry.objects.filter(slug__in=targets)
            self._slugs |= set(there.values_list("slug", flat=True))

    def find(self, slug: str) -> Resolved | Unknown | None:
        """Say what a name means; None when nothing here knows it."""
        found = self._found(slug)
        return replace(found, name=slug) if isinstance(found, Resolved) else found

    def _found(self, slug: str) -> Resolved | Unknown | None:
        base, variant = _parts(slug)
        found = self._one(slug)
        if found is None and variant in SHORTCUTS:
            found = self._one(base)
            if isinstance(found, Resolved):
                return _by_shortcut(found, variant)
        return found

    def _one(self, slug: str) -> Resolved | Unknown | None:
        if slug in self._slugs:
            return Resolved(slug)
        alias = self._aliases.get(slug)
        if alias is not None and alias.slug in self._slugs:
            return _by_alias(alias)
        if slug in self._dated:
            right = self._dated[slug]
            return Resolved(right, "dated", f"{slug} is the dated id of {right}.")
        return None


def _by_alias(alias: CatalogueAlias) -> Resolved | Unknown:
    if alias.kind == AliasKind.MISTAKE:
        return _mistake(alias.alias, alias.slug, alias.note)
    kind: Kind = "dated" if alias.kind == AliasKind.DATED else "alias"
    word = "the dated id" if kind == "dated" else "another name"
    return Resolved(alias.slug, kind, alias.note or f"{alias.alias} is {word} of {alias.slug}.")


def _by_shortcut(found: Resolved, variant: str) -> Resolved:
    said = f":{variant} is a routing shortcut: {SHORTCUTS[variant]}; the model is {found.slug}."
    return replace(found, kind="shortcut", note=f"{found.note} {said}".strip(), variant=variant)


def _mistake(slug: str, right: str, note: str = "") -> Unknown:
    said = f"{slug} is not a model id: the right one is {right}."
    return Unknown(right, f"{said} {note}".strip())


def _suggestion(slug: str, known: Sequence[str]) -> Unknown:
    short = slug[:LONGEST_SLUG]
    right = _longer(short, known) or (suggest_model(short, known) if known else None)
    hint = f"Did you mean {right}?" if right else "A model id reads author/model."
    return Unknown(right or "", f"The catalogue has no model {short}. {hint}")


def _longer(slug: str, known: Sequence[str]) -> str | None:
    """Give the shortest id that goes on where this one ends: `-preview` is left out often."""
    start = slug.strip().lower()
    ends = tuple(f"{start}{mark}" for mark in "-.:")
    more = [one for one in known if one.lower().startswith(ends)] if "/" in start else []
    return min(more, key=lambda one: (":" in one, len(one), one), default=None)


def _live_slugs() -> list[str]:
    return list(CatalogueEntry.objects.filter(gone_at=None).values_list("slug", flat=True))


def _parts(slug: str) -> tuple[str, str]:
    base, _, variant = slug.rpartition(":")
    return (base, variant) if base else (slug, "")


def _plain_first(pair: tuple[str, str]) -> tuple[bool, str]:
    """Put a model before its variants, which may share its dated id."""
    return ":" in pair[0], pair[0]
