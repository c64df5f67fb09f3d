"""Values of a stranger's record, each read by itself: what cannot be read is told, not guessed.

Absent and null are "not told" and no problem. Whatever is odd becomes a problem in words, and the
caller keeps what was known before.
"""

import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from ai.catalogue import prices
from ai.catalogue.prices import shown
from ai.openrouter.text import clean

Json = dict[str, Any]

LARGEST: Final = 2**31 - 1
LONGEST_NAME: Final = 80
MOST_NAMES: Final = 200
_DEEPEST: Final = 20
_DIGITS: Final = re.compile(r"[0-9]{1,15}")
_UNIT: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")
MOST_UNITS: Final = 50
_MODALITY: Final = re.compile(r"(?P<inputs>[^>]*)->(?P<outputs>.*)")


@dataclass(slots=True)
class Reader:
    """One JSON object of a record, and what was wrong with it."""

    record: Json
    problems: list[str] = field(default_factory=list)
    path: str = ""
    partial: dict[str, str] = field(default_factory=dict)
    """Lists of names of which some could not be read, each with its problem in words."""

    def odd(self, name: str, why: str) -> None:
        """Note a value that could not be read: what was known stays."""
        self.note(name, f"{why}; kept as it was")

    def note(self, name: str, why: str) -> None:
        """Note what was taken, but not as it came."""
        self.problems.append(f"{self.path}{name}: {why}")

    def inside(self, name: str) -> "Reader":
        """Give the object under a name; an empty one when there is none."""
        value = self.record.get(name)
        if value is not None and not isinstance(value, dict):
            self.odd(name, f"{shown(value)} is no object")
        inner = value if isinstance(value, dict) else {}
        return Reader(inner, self.problems, f"{self.path}{name}.", self.partial)

    def text(self, name: str, most: int) -> str | None:
        """Read a text, cleaned and cut."""
        value = self.record.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            self.odd(name, f"{shown(value)} is no text")
            return None
        cleaned = clean(value).strip()
        if len(cleaned) > most:
            self.note(name, f"cut from {len(cleaned)} to {most} characters")
        return cleaned[:most] or None

    def count(self, name: str) -> int | None:
        """Read a number of tokens, days or pictures; 0 is not told."""
        value = self.record.get(name)
        if value is None:
            return None
        number = _whole(value)
        if number is None or not 0 <= number <= LARGEST:
            self.odd(name, f"{shown(value)} is no count")
            return None
        return number or None

    def number(self, name: str, *, most: float) -> float | None:
        """Read a finite number from 0 to `most`."""
        value = self.record.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            self.odd(name, f"{shown(value)} is no number")
            return None
        if not 0 <= value <= most:
            self.odd(name, f"{shown(value)} is not within 0 and {most:g}")
            return None
        return float(value)

    def flag(self, name: str) -> bool | None:
        """Read true or false, and nothing that looks like it."""
        value = self.record.get(name)
        if value is None or isinstance(value, bool):
            return value
        self.odd(name, f"{shown(value)} is neither true nor false")
        return None

    def names(self, name: str) -> list[str] | None:
        """Read a list of short names; those that are none are left out, and `partial` says so."""
        value = self.record.get(name)
        if value is None:
            return None
        if not isinstance(value, list):
            self.odd(name, f"{shown(value)} is no list")
            return None
        read = [clean(item).strip() for item in value if isinstance(item, str)]
        read = [item for item in read if item and len(item) <= LONGEST_NAME]
        good = list(dict.fromkeys(read))
        lost = len(value) - len(read) + len(good[MOST_NAMES:])
        why = f"{lost} of {len(value)} names could not be read"
        if lost and not good:
            self.odd(name, why)
            return None
        if lost:
            self.partial[name] = f"{self.path}{name}: {why}"
        return good[:MOST_NAMES]

    def moment(self, name: str) -> datetime | None:
        """Read a time: seconds since 1970, or a date as ISO 8601 writes it; UTC if not said."""
        value = self.record.get(name)
        if value is None:
            return None
        try:
            if isinstance(value, str):
                found = datetime.fromisoformat(value)
                return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
            if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
                return datetime.fromtimestamp(float(value), UTC)
        except (ValueError, OverflowError, OSError):
            pass
        self.odd(name, f"{shown(value)} is no time")
        return None

    def prices(self) -> tuple[dict[str, str], set[str]]:
        """Read every price of this object: exact texts by unit, and the units that vary."""
        found: dict[str, str] = {}
        varies: set[str] = set()
        for written, value in self.record.items():
            unit = "web_search" if written == "webSearch" else str(written)
            if value is None or unit in prices.NO_PRICES:
                continue
            if not _UNIT.fullmatch(unit):
                self.odd(shown(unit), "is no name of a price")
                continue
            try:
                price = prices.read(value, unit=unit)
            except ValueError as exc:
                if unit in prices.KNOWN:
                    self.odd(unit, str(exc))
                continue
            if price == prices.VARIES:
                varies.add(unit)
            else:
                found[unit] = prices.exact(price)
        return self._few(found), varies

    def _few(self, found: dict[str, str]) -> dict[str, str]:
        """Keep as many prices as a row can bear, those first that are reckoned with."""
        more = len(found) - MOST_UNITS
        if more <= 0:
            return found
        where = self.path.removesuffix(".")
        self.problems.append(f"{where}: {more} prices are more than can be kept; kept as it was")
        first = sorted(found, key=lambda unit: unit not in prices.KNOWN)[:MOST_UNITS]
        return {unit: found[unit] for unit in first}


def modalities(text: object) -> tuple[list[str], list[str]] | None:
    """Read `text+image->text`, as records without lists write it."""
    found = _MODALITY.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    inputs, outputs = (
        [name for name in clean(found[side]).split("+") if name] for side in ("inputs", "outputs")
    )
    return (inputs, outputs) if inputs and outputs else None


def storable(value: Any, depth: int = 0) -> Any:  # noqa: ANN401 any JSON value
    """Return a JSON value that every database takes: clean texts, finite numbers, not too deep."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Decimal | float):
        return _plain(Decimal(str(value)))
    if isinstance(value, int):
        return value if abs(value) < 2**63 else str(value)
    if isinstance(value, list):
        return [storable(item, depth + 1) for item in value] if depth < _DEEPEST else None
    if isinstance(value, dict) and depth < _DEEPEST:
        return {clean(str(key)): storable(item, depth + 1) for key, item in value.items()}
    return None


def _plain(number: Decimal) -> float | str:
    """Give the number that JSON writes the same way, else its digits."""
    near = float(number) if number.is_finite() else math.inf
    return near if math.isfinite(near) and Decimal(repr(near)) == number else str(number)


def _whole(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        return int(value) if _DIGITS.fullmatch(value) else None
    if isinstance(value, Decimal) and value.is_finite() and abs(value) <= LARGEST:
        return int(value) if value == int(value) else None
    return None
