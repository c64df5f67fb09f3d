"""Faults on request: a script, a header, or a suffix of the model's name."""

import json
import math
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final

from ai.simulator.errors import Refusal
from ai.simulator.kinds import KINDS, Kind
from ai.simulator.wire import Json

HEADER: Final = "x-sim-fault"

_OF_THE_SCRIPT: Final = frozenset({"kind", "match", "times", "lasts_s"})
_MATCH_KEYS: Final = frozenset({"model", "endpoint", "contains", "nth"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a fault may be matched with: the model, the endpoint's name and the raw body."""

    model: str
    endpoint: str
    text: str


@dataclass(slots=True)
class Fault:
    """One misbehaviour, how often it is left, and how many requests it has seen."""

    kind: str
    params: dict[str, Json] = field(default_factory=dict)
    match: dict[str, Json] = field(default_factory=dict)
    times: int | None = 1
    until: float = math.inf
    """When it is over by the monotonic clock, however often it has acted."""
    seen: int = 0

    @property
    def how(self) -> str:
        """The way in which it happens, "" where there is only one."""
        ways = KINDS[self.kind].ways
        return str(self.params.get("how") or (ways[0] if ways else ""))

    def number(self, name: str, default: float) -> float:
        """Return a numeric parameter."""
        value = self.params.get(name, default)
        return float(value) if isinstance(value, int | float) else default

    def count(self, name: str) -> int | None:
        """Return a whole-number parameter, None when it was not given."""
        value = self.params.get(name)
        return int(value) if isinstance(value, int | float) else None

    def word(self, name: str, default: str) -> str:
        """Return a text parameter."""
        return str(self.params.get(name, default))

    def takes(self, asked: Asked) -> bool:
        """Tell whether this request is one the fault waits for, and count it."""
        if self.times == 0 or time.monotonic() > self.until or not self._fits(asked):
            return False
        self.seen += 1
        nth = self.match.get("nth")
        if nth is not None and self.seen != nth:
            return False
        if self.times is not None:
            self.times -= 1
        return True

    def _fits(self, asked: Asked) -> bool:
        """Compare model (a glob), endpoint and contained text."""
        match = self.match
        return (
            fnmatchcase(asked.model, match.get("model") or "*")
            and match.get("endpoint") in (None, asked.endpoint)
            and (match.get("contains") or "") in asked.text
        )


class Script:
    """The faults still to come, in the order in which they were given."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._held: dict[str, Fault] = {}

    def add(self, entries: Json) -> int:
        """Append faults as the control door receives them; return how many are waiting.

        Raises:
            Refusal: 400 naming the entry that is not a fault.
        """
        if not isinstance(entries, list):
            raise Refusal(400, "faults must be a list")
        self._faults.extend([read_fault(entry) for entry in entries])
        return sum(fault.times != 0 for fault in self._faults)

    def take(self, asked: Asked, *, kinds: Iterable[str] = KINDS) -> Fault | None:
        """Return the first waiting fault for this request and use it up once, or None."""
        allowed = frozenset(kinds)
        return next((f for f in self._faults if f.kind in allowed and f.takes(asked)), None)

    def pick(self, asked: Asked, *brought: str, kinds: Iterable[str] = KINDS) -> Fault | None:
        """Return the fault of a request: one that it brings along, else one of the script.

        Raises:
            Refusal: 400 when what it brings is not a fault.
        """
        for text in filter(None, brought):
            if fault := self._brought(text, asked):
                return fault
        return self.take(asked, kinds=kinds)

    def _brought(self, text: str, asked: Asked) -> Fault | None:
        """Return the fault that a request brings along, as often as it says; None when used up.

        Raises:
            Refusal: 400 when the text is not a fault.
        """
        if text not in self._held:
            self._held[text] = read_text(text)
        fault = self._held[text]
        return fault if fault.takes(asked) else None

    def clear(self) -> None:
        """Forget the script."""
        self._faults.clear()
        self._held.clear()


def read_fault(entry: Json) -> Fault:
    """Read one fault: `{match, times, lasts_s, kind, how, ...params}`.

    Raises:
        Refusal: 400 when the kind, its way or what it waits for is unknown.
    """
    kind = KINDS.get(str(entry.get("kind"))) if isinstance(entry, dict) else None
    if kind is None:
        raise Refusal(400, f"not a fault: {str(entry)[:100]}; kinds are {', '.join(sorted(KINDS))}")
    match = entry.get("match") or {}
    _check_match(match)
    _check_way(kind, entry.get("how"))
    params = {k: v for k, v in entry.items() if k not in _OF_THE_SCRIPT}
    times = entry.get("times", 1)
    if times is not None and (isinstance(times, bool) or not isinstance(times, int)):
        raise Refusal(400, "times must be a whole number, or null for always")
    return Fault(kind.name, params, match, times, _until(entry.get("lasts_s")))


def read_text(text: str) -> Fault:
    """Read a fault as headers and model suffixes carry it: JSON, or `status-429;retry_after=7`.

    It acts on every request that carries it unless it says `times`.

    Raises:
        Refusal: 400 when it is neither.
    """
    if text.lstrip().startswith("{"):
        try:
            entry = json.loads(text)
        except ValueError as exc:
            raise Refusal(400, "X-Sim-Fault must be JSON or kind-number;name=value") from exc
        return read_fault({"times": None} | entry)
    name, *pairs = text.strip().split(";")
    entry = _read_name(name.replace("-", "_"))
    for pair in pairs:
        key, _, value = pair.partition("=")
        entry[key.strip()] = _value(value.strip())
    return read_fault({"times": None} | entry)


def split_model(model: str) -> tuple[str, str]:
    """Split `author/slug~stall` into the slug and the text of its fault, "" where it has none."""
    slug, _, text = model.rpartition("~")
    return (slug, text) if slug else (model, "")


def _read_name(name: str) -> dict[str, Json]:
    """Read `kind`, `kind_number` or `kind_way`."""
    if name in KINDS:
        return {"kind": name}
    for kind in KINDS.values():
        rest = name.removeprefix(f"{kind.name}_")
        if rest == name:
            continue
        if rest in kind.ways:
            return {"kind": kind.name, "how": rest}
        if rest.isdigit() and kind.number:
            return {"kind": kind.name, kind.number: int(rest)}
    raise Refusal(400, f"not a fault: {name[:100]}; kinds are {', '.join(sorted(KINDS))}")


def _until(lasts_s: Json) -> float:
    """Say when a fault that lasts so many seconds from now on is over."""
    if lasts_s is None:
        return math.inf
    if isinstance(lasts_s, bool) or not isinstance(lasts_s, int | float):
        raise Refusal(400, "lasts_s must be a number of seconds")
    return time.monotonic() + lasts_s


def _check_match(match: Json) -> None:
    """Check what a fault waits for."""
    if not isinstance(match, dict):
        raise Refusal(400, "match must be an object")
    if unknown := set(match) - _MATCH_KEYS:
        raise Refusal(400, f"unknown match keys: {', '.join(sorted(unknown))}")
    if any(not isinstance(value, int if key == "nth" else str) for key, value in match.items()):
        raise Refusal(400, "match takes texts, and a whole number for nth")


def _check_way(kind: Kind, how: Json) -> None:
    """Check that a fault happens in a way that its kind knows."""
    if how is not None and how not in kind.ways:
        known = ", ".join(kind.ways) or "none"
        raise Refusal(400, f"{kind.name} knows no {how!r}; ways are {known}")


def _value(text: str) -> Json:
    """Read a parameter: JSON where it is, else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text
