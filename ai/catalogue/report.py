"""What a sync did, for people: one line of sums, then a line for each change."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from ai.catalogue import prices
from ai.models import CatalogueChange

WORDS: Final = ("new", "back", "repriced", "changed", "gone")
MOST_LINES: Final = 500
MOST_PROBLEMS: Final = 500
LISTED: Final = "listed"
_PLURALS: Final = {"model": "models", "provider": "providers", "endpoint": "endpoints"}
_UNITS: Final = {
    "image": (prices.PIECES, "a thousand pictures seen"),
    "image_output": (prices.PIECES, "a thousand pictures made"),
    "request": (prices.PIECES, "a thousand requests"),
    "web_search": (prices.PIECES, "a thousand searches"),
}
_TOKENS: Final = (prices.TOKENS, "a million tokens")


@dataclass(slots=True)
class Tally:
    """What changed, counted by table, with the rows of history."""

    counts: dict[str, Counter[str]] = field(
        default_factory=lambda: {kind: Counter() for kind in _PLURALS}
    )
    changes: list[CatalogueChange] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def count(self, kind: str, word: str) -> None:
        """Count one row of a table."""
        self.counts[kind][word] += 1

    def note(self, kind: str, key: str, name: str, before: Any, after: Any) -> None:  # noqa: ANN401 JSON
        """Add a line of history."""
        self.changes.append(
            CatalogueChange(kind=kind, key=key, field=name, before=before, after=after)
        )

    def shown(self, *, refused: int) -> dict[str, Any]:
        """Give the sums as a sync keeps them: models at the top, the other tables by name."""
        of = {kind: {word: sums[word] for word in WORDS} for kind, sums in self.counts.items()}
        return of["model"] | {
            "refused": refused,
            "providers": of["provider"],
            "endpoints": of["endpoint"],
        }


def headline(counts: dict[str, Any]) -> str:
    """Say it in a few words: `3 new, 2 repriced, 1 gone; providers: 1 new`."""
    others = {name: _sums(counts.get(name, {})) for name in ("providers", "endpoints")}
    parts = [sums] if (sums := _sums(counts)) else []
    parts += [f"{name}: {sums}" for name, sums in others.items() if sums]
    parts = parts or ["nothing changed"]
    if refused := counts.get("refused"):
        parts.append(f"{refused} records refused")
    return "; ".join(parts)


def write(
    counts: dict[str, Any], changes: Sequence[CatalogueChange], problems: Sequence[str]
) -> str:
    """Write the whole report."""
    lines = [headline(counts), *_cut([told(change) for change in changes], MOST_LINES)]
    if problems:
        lines += ["", "Not read as it came:"]
        lines += _cut([f"- {problem}" for problem in problems], MOST_PROBLEMS)
    return "\n".join(lines)


def told(change: CatalogueChange) -> str:
    """Say one change in words."""
    whose = change.key if change.kind == "model" else f"{change.kind} {change.key}"
    if change.field == LISTED:
        word = "gone" if not change.after else "new" if change.before is None else "back"
        return f"{word}: {whose}"
    if change.field.startswith("pricing."):
        unit = change.field.removeprefix("pricing.")
        units, words = _UNITS.get(unit, _TOKENS)
        before, after = (_usd(price, units) for price in (change.before, change.after))
        return f"repriced: {whose}: {unit} {before} → {after} USD {words}"
    if isinstance(change.before, list) and isinstance(change.after, list):
        return f"changed: {whose}: {change.field} {_names(change.before, change.after)}"
    return f"changed: {whose}: {change.field} {_word(change.before)} → {_word(change.after)}"


def _usd(price: str | None, units: int) -> str:
    return "unknown" if price is None else prices.exact(Decimal(price) * units)


def _names(before: list[str], after: list[str]) -> str:
    added = [f"+{name}" for name in after if name not in before]
    dropped = [f"-{name}" for name in before if name not in after]
    return " ".join([*added, *dropped]) or "in another order"


def _word(value: Any) -> str:  # noqa: ANN401 JSON
    return "unknown" if value is None or value == "" else prices.shown(value).strip("'")


def _sums(counts: dict[str, Any]) -> str:
    return ", ".join(f"{counts[word]} {word}" for word in WORDS if counts.get(word))


def _cut(lines: list[str], most: int) -> list[str]:
    return lines if len(lines) <= most else [*lines[:most], f"… and {len(lines) - most} more"]
