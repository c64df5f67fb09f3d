"""A script of faults, consumed by the requests it matches."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final

from ai.simulator.brains.vocabulary import words
from ai.simulator.errors import Refusal
from ai.simulator.wire import Json

KINDS: Final = words(
    "status error_in_200 choice_error html cut stall no_finish no_done mid_stream_error "
    "empty refusal malformed_json wrong_schema wrong_tool slow no_usage late_usage "
    "ending generation_404"
)
HEADER: Final = "x-sim-fault"

_SUFFIX: Final = re.compile(r"^(?P<kind>[a-z0-9_]+?)(?:_(?P<number>\d+))?$")
_MATCH_KEYS: Final = frozenset({"model", "endpoint", "contains", "nth"})
_NUMBER_MEANS: Final = {"status": "status", "ending": "ending", "cut": "events", "stall": "events"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a fault may be matched with: the model, the endpoint's name and the raw body."""

    model: str
    endpoint: str
    text: str


@dataclass(slots=True)
class Fault:
    """One scripted misbehaviour, how often it is left, and how many requests it has seen."""

    kind: str
    params: dict[str, Json] = field(default_factory=dict)
    match: dict[str, Json] = field(default_factory=dict)
    times: int | None = 1
    seen: int = 0

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
        if self.times == 0 or not self._fits(asked):
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

    def add(self, entries: Json) -> int:
        """Append faults as the control door receives them; return how many are waiting.

        Raises:
            Refusal: 400 naming the entry that is not a fault.
        """
        if not isinstance(entries, list):
            raise Refusal(400, "faults must be a list")
        self._faults.extend([read_fault(entry) for entry in entries])
        return len(self._faults)

    def take(self, asked: Asked, *, kinds: Iterable[str] = KINDS) -> Fault | None:
        """Return the first waiting fault for this request and use it up once, or None."""
        allowed = frozenset(kinds)
        return next((f for f in self._faults if f.kind in allowed and f.takes(asked)), None)

    def clear(self) -> None:
        """Forget the script."""
        self._faults.clear()


def read_fault(entry: Json) -> Fault:
    """Read one fault: `{match, times, kind, ...params}`.

    Raises:
        Refusal: 400 when the kind or a match key is unknown.
    """
    if not isinstance(entry, dict) or entry.get("kind") not in KINDS:
        raise Refusal(400, f"not a fault: {str(entry)[:100]}; kinds are {', '.join(sorted(KINDS))}")
    match = entry.get("match") or {}
    if unknown := set(match) - _MATCH_KEYS:
        raise Refusal(400, f"unknown match keys: {', '.join(sorted(unknown))}")
    params = {k: v for k, v in entry.items() if k not in ("kind", "match", "times")}
    times = entry.get("times", 1)
    return Fault(entry["kind"], params, match, None if times is None else int(times))


def read_header(value: str) -> Fault:
    """Read the fault a request carries in its own header.

    Raises:
        Refusal: 400 when it is not JSON or not a fault.
    """
    try:
        entry = json.loads(value)
    except ValueError as exc:
        raise Refusal(400, "X-Sim-Fault must be JSON") from exc
    return read_fault(entry)


def split_model(model: str) -> tuple[str, Fault | None]:
    """Split `author/slug~stall` or `author/slug~status-503` into the slug and its fault."""
    slug, _, suffix = model.rpartition("~")
    found = _SUFFIX.match(suffix.replace("-", "_")) if slug else None
    if found is None:
        return model, None
    if suffix.replace("-", "_") in KINDS:
        return slug, Fault(suffix.replace("-", "_"))
    kind, number = found["kind"], found["number"]
    if kind not in KINDS:
        raise Refusal(400, f"unknown fault kind in model suffix: {suffix}")
    params = {_NUMBER_MEANS.get(kind, "seconds"): int(number)} if number else {}
    return slug, Fault(kind, params)
