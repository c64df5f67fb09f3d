"""S3, S4, S5: what a stream of events adds to the upstream's own first and later words.

A browser listens to a project's events and posts a message; its first words are timed from the
POST, so everything is in it: the request, the job, the ledger, the upstream, the feed. Direct
readers, a bare relay and LiteLLM are asked the very same question. Streams go on until all have
spoken and a window has passed in which every one runs. In it, later words are timed token by token,
from leaving the upstream to being read, and processor time is counted.
"""

import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Final

from benchmarks.figures import REPEATS, Figure, ms, percentile
from benchmarks.peers.environment import PeerError
from benchmarks.peers.litellm import LiteLLM
from benchmarks.peers.relay import Relay
from benchmarks.reader.plan import OPENED, TALKING
from benchmarks.readers import Reading
from benchmarks.replay import Speed
from benchmarks.service import Service
from benchmarks.ways import ThroughService, Way, direct, through

# A token is one piece of about four characters, as real models stream; ten a second and stream.
SPEED: Final = Speed(first_token_s=0.3, tokens_per_second=10, is_endless=True)
SETTLE_S: Final = 0.5
WINDOW_S: Final = 2.0
LITELLM: Final = "LiteLLM"
RELAY: Final = "bare relay"
# What LiteLLM is asked: at 500 it would take minutes.
_MOST_OF_PEERS: Final = 200


@dataclass(frozen=True, slots=True)
class Case:
    """So many streams, and what their first words are to reach: in ms, and against LiteLLM."""

    count: int
    target_ms: float
    target_ratio: float | None = None
    spread_s: float = 0.0

    @property
    def name(self) -> str:
        """The case in words."""
        streams = "1 stream" if self.count == 1 else f"{self.count} streams"
        return f"{streams}, asked within {self.spread_s:g} s" if self.spread_s else streams


CASES: Final = (
    Case(1, 15.0, 0.6),
    Case(50, 20.0, 0.1, spread_s=2.5),
    Case(50, 20.0, 0.1),
    Case(200, 60.0, 0.1),
    Case(500, 250.0),
)
WARM_UP: Final = Case(10, 0.0)
# Median and p99 of later words, in ms.
LATER: Final = {50: (3.0, 15.0), 500: (100.0, 300.0)}


@dataclass(frozen=True, slots=True)
class Round:
    """One repeat: medians in ms; the processor time between, in ms per 1,000 tokens.

    Without delays when the way passed no names on, so that no piece can be recognised.
    """

    first_ms: float
    delay_ms: float | None
    delay_p99_ms: float | None
    cpu_ms: float


@dataclass(slots=True)
class Rounds:
    """All repeats of one case by the way's name; and why a way could not be measured."""

    of: dict[str, list[Round]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def values(self, way: str, name: str) -> list[float]:
        """Give one value of each repeat."""
        found = (getattr(each, name) for each in self.of.get(way, ()))
        return [value for value in found if value is not None]

    def added(self, way: str, name: str) -> list[float]:
        """Give what each repeat added to the direct way's median."""
        straight = self.values("direct", name)
        own = statistics.median(straight) if straight else 0.0
        return [value - own for value in self.values(way, name)] if straight else []


def measure() -> Iterator[Figure]:
    """Measure every case on one service, with its peers in turns."""
    with ExitStack() as stack:
        service = stack.enter_context(Service.as_given(SPEED))
        assert service.upstream is not None  # noqa: S101 started
        body = service.upstream.last_request()
        ways: dict[str, Way | str] = {
            "service": ThroughService(service),
            "direct": direct(service),
            RELAY: _started(stack, Relay(service.upstream.port), body),
            LITELLM: _started(stack, LiteLLM(service.upstream.base_url, body["model"]), body),
        }
        _measure(service, ways, WARM_UP)  # a first request loads much, of a peer above all
        found = [(case, _measure(service, ways, case)) for case in CASES]
        where = service.where
    for case, rounds in found:
        yield from _first(case, rounds, where)
    for case, rounds in found:
        if not case.spread_s:
            yield from _later(case, rounds, where)
    yield from _cost(found, where)


def _started(stack: ExitStack, peer: LiteLLM | Relay, body: dict[str, Any]) -> Way | str:
    """Start a peer, or say why it did not run."""
    try:
        stack.enter_context(peer)
    except PeerError as exc:
        return f"peer did not run: {exc}"
    return through(peer, body)


def _measure(service: Service, ways: dict[str, Way | str], case: Case) -> Rounds:
    """Repeat on each way, in turns. A way that fails is left, and the figure says so."""
    rounds = Rounds()
    print(f"    {case.name}", file=sys.stderr, flush=True)
    for _ in range(REPEATS):
        for name, way in ways.items():
            if isinstance(way, str):
                rounds.failures[name] = way
            elif name not in rounds.failures and _is_asked(name, case):
                try:
                    rounds.of.setdefault(name, []).append(_round(service, way, case))
                except (RuntimeError, OSError) as exc:
                    rounds.failures[name] = f"{way.name}: {exc}"
                    _quieten(service)
    return rounds


def _is_asked(name: str, case: Case) -> bool:
    return name != LITELLM or case.count <= _MOST_OF_PEERS


def _quieten(service: Service) -> None:
    """Let what still talks end, and forget it."""
    assert service.upstream is not None  # noqa: S101 started
    service.upstream.end_streams()
    time.sleep(WINDOW_S)
    service.notes()


def _round(service: Service, way: Way, case: Case) -> Round:
    assert service.upstream is not None  # noqa: S101 started
    names, plan = way.streams(case.count, case.spread_s)
    with Reading(plan) as reading:
        reading.heard(OPENED)
        reading.heard(TALKING)
        time.sleep(SETTLE_S)
        used_s, start = way.cpu_s(), time.monotonic()
        time.sleep(WINDOW_S)
        used_s, end = way.cpu_s() - used_s, time.monotonic()
        service.upstream.end_streams()
        seen = reading.heard()
    return _summed(service.notes(), names, seen, (start, end), used_s)


def _summed(
    notes: dict[str, Any],
    names: list[str],
    seen: dict[str, Any],
    window: tuple[float, float],
    used_s: float,
) -> Round:
    firsts = [
        pieces[0][0] - asked for asked, pieces in zip(seen["asked"], seen["pieces"], strict=True)
    ]
    tokens = sum(_tokens(note["pieces"], window) for note in notes.values())
    if not tokens:
        raise RuntimeError("no token left the upstream in the window")
    delays = _delays_ms(notes, names, seen["pieces"], window)
    return Round(
        first_ms=ms(statistics.median(firsts)),
        delay_ms=percentile(delays, 50) if delays else None,
        delay_p99_ms=percentile(delays, 99) if delays else None,
        cpu_ms=ms(used_s) / (tokens / 1_000),
    )


def _delays_ms(
    notes: dict[str, Any],
    names: list[str],
    read: list[list[tuple[float, int]]],
    window: tuple[float, float],
) -> list[float]:
    if not notes.keys() >= set(names):
        return []
    return [
        ms(delay)
        for name, pieces in zip(names, read, strict=True)
        for left_at, delay in delays_s(notes[name]["pieces"], pieces)
        if window[0] <= left_at <= window[1]
    ]


def delays_s(
    sent: list[tuple[float, int, int]], read: list[tuple[float, int]]
) -> Iterator[tuple[float, float]]:
    """Give when each piece left the upstream, and how long it took to be read whole.

    Raises:
        RuntimeError: not everything that was sent was read, or more.
    """
    if not read or read[-1][1] != sent[-1][1]:
        raise RuntimeError(f"{sent[-1][1]} characters were sent, read were {read[-1:]}")
    place = 0
    for left_at, said, _ in sent:
        while read[place][1] < said:
            place += 1
        yield left_at, read[place][0] - left_at


def _tokens(sent: list[tuple[float, int, int]], window: tuple[float, float]) -> int:
    """Count the tokens that left the upstream within the window."""
    said = [tokens for left_at, _, tokens in sent if left_at <= window[1]]
    before = [tokens for left_at, _, tokens in sent if left_at < window[0]]
    return max(said, default=0) - max(before, default=0)


def _failure(rounds: Rounds, *ways: str) -> str:
    return "; ".join(rounds.failures[way] for way in ways if way in rounds.failures)


def _first(case: Case, rounds: Rounds, where: str) -> Iterator[Figure]:
    peer = LITELLM if case.target_ratio else "direct, whole"
    yield Figure(
        key="S3", name=f"first words, added: {case.name} ({where})", unit="ms",
        values=rounds.added("service", "first_ms"), target=case.target_ms,
        target_ratio=case.target_ratio, peer=peer,
        peer_values=rounds.added(LITELLM, "first_ms")
        if case.target_ratio else rounds.values("direct", "first_ms"),
        failure=_failure(rounds, "service", "direct", *([LITELLM] if case.target_ratio else [])),
    )  # fmt: skip
    yield Figure(
        key="S3", name=f"the bare relay's: {case.name}", unit="ms",
        values=rounds.added(RELAY, "first_ms"), peer="direct, whole",
        peer_values=rounds.values("direct", "first_ms"), failure=_failure(rounds, RELAY, "direct"),
    )  # fmt: skip


def _later(case: Case, rounds: Rounds, where: str) -> Iterator[Figure]:
    half, most = LATER.get(case.count, (None, None))
    for words, value, target in (("median", "delay_ms", half), ("p99", "delay_p99_ms", most)):
        yield Figure(
            key="S4", name=f"later words, added, {words}: {case.name} ({where})", unit="ms",
            values=rounds.added("service", value), target=target,
            peer=f"{RELAY}, added", peer_values=rounds.added(RELAY, value),
            failure=_failure(rounds, "service", "direct", RELAY),
        )  # fmt: skip


def _cost(found: list[tuple[Case, Rounds]], where: str) -> Iterator[Figure]:
    rounds = next(each for case, each in found if case.count == 50 and not case.spread_s)  # noqa: PLR2004 as the target says
    yield Figure(
        key="S5", name=f"CPU of web, worker and bus per 1,000 tokens, 50 streams ({where})",
        unit="ms", values=rounds.values("service", "cpu_ms"), target=200.0,
        target_ratio=0.2, peer=LITELLM, peer_values=rounds.values(LITELLM, "cpu_ms"),
        failure=_failure(rounds, "service", LITELLM),
    )  # fmt: skip
