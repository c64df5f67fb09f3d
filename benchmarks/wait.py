"""S7: what the way through a job adds to one question that is answered whole.

An outline of a short text is asked for with `Prefer: wait`; the upstream itself and two gateways
that keep nothing are asked the very same question. Each caller asks again at once.
"""

import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Final

from benchmarks.figures import REPEATS, Figure, ms
from benchmarks.peers.environment import PeerError
from benchmarks.peers.litellm import LiteLLM
from benchmarks.peers.portkey import Portkey
from benchmarks.processes import family_bytes
from benchmarks.readers import Reading
from benchmarks.replay import Speed
from benchmarks.service import Service
from benchmarks.ways import ThroughService, Way, direct, through

SPEED: Final = Speed(first_token_s=0.1)
CALLS: Final = {1: 10, 50: 4, 200: 2}
MEGABYTE: Final = 1_000_000
WARM_CALLERS: Final = 10
LITELLM: Final = "LiteLLM"
PORTKEY: Final = "Portkey"
# By callers: what may be added, and how much faster answers are to come, against each peer.
ADDED: Final = {(50, LITELLM): 0.2, (200, LITELLM): 0.2, (200, PORTKEY): 1.0}
RATE: Final = {(50, LITELLM): 3.0, (200, LITELLM): 3.0}


@dataclass(frozen=True, slots=True)
class Round:
    """One repeat: the median answer in ms, answers a second, and memory in MB afterwards."""

    answer_ms: float
    rate: float
    memory_mb: float


@dataclass(slots=True)
class Found:
    """All repeats by way and number of callers; and why a way could not be measured."""

    of: dict[tuple[str, int], list[Round]] = field(default_factory=dict)
    failures: dict[tuple[str, int], str] = field(default_factory=dict)

    def values(self, way: str, count: int, name: str) -> list[float]:
        """Give one value of each repeat."""
        return [getattr(each, name) for each in self.of.get((way, count), ())]

    def added(self, way: str, count: int) -> list[float]:
        """Give what each repeat added to the direct way's median."""
        straight = self.values("direct", count, "answer_ms")
        own = statistics.median(straight) if straight else 0.0
        return [each - own for each in self.values(way, count, "answer_ms")] if straight else []

    def failure(self, count: int, *ways: str) -> str:
        """Say what could not be measured of these ways."""
        return "; ".join(self.failures[way, count] for way in ways if (way, count) in self.failures)


@dataclass(frozen=True, slots=True)
class Asked:
    """A way, and how to see what it holds in memory."""

    way: Way
    memory_bytes: Callable[[], int]


def measure() -> Iterator[Figure]:
    """Measure one caller, fifty, and two hundred, on each way in turns."""
    found = Found()
    with ExitStack() as stack:
        service = stack.enter_context(Service.as_given(SPEED))
        ours = ThroughService(service)
        with Reading(ours.calls(1, 1)) as warm:
            warm.heard()
        ways = _ways(stack, service, ours, found)
        for name, asked in ways.items():  # a first request loads much, of a peer above all
            _note(Found(), name, asked, count=WARM_CALLERS, times=2)
        for count, times in CALLS.items():
            print(f"    {count} callers", file=sys.stderr, flush=True)
            for _ in range(REPEATS):
                for name, asked in ways.items():
                    _note(found, name, asked, count=count, times=times)
                service.notes()
        where = service.where
    for count in CALLS:
        yield from _figures(found, count, where)


def _ways(
    stack: ExitStack, service: Service, ours: ThroughService, found: Found
) -> dict[str, Asked]:
    """Start the peers; one that does not run fails all its figures."""
    assert service.upstream is not None  # noqa: S101 started
    body, url = service.upstream.last_request(), service.upstream.base_url
    ways = {
        "service": Asked(ours, lambda: sum(family_bytes(pid)[0] for pid in service.pids[:2])),
        "direct": Asked(direct(service), lambda: 0),
    }
    for name, peer in ((LITELLM, LiteLLM(url, body["model"])), (PORTKEY, Portkey(url))):
        try:
            ways[name] = _started(stack, peer, body)
        except PeerError as exc:
            found.failures |= {(name, count): f"peer did not run: {exc}" for count in CALLS}
    return ways


def _started(stack: ExitStack, peer: LiteLLM | Portkey, body: dict[str, Any]) -> Asked:
    stack.enter_context(peer)
    return Asked(through(peer, body), lambda: peer.memory_bytes()[0])


def _note(found: Found, name: str, asked: Asked, *, count: int, times: int) -> None:
    """Measure one round, unless this way has failed with so many callers before."""
    if (name, count) in found.failures:
        return
    try:
        with Reading(asked.way.calls(count, times)) as reading:
            told = reading.heard()
    except (RuntimeError, OSError) as exc:
        found.failures[name, count] = f"{asked.way.name}: {exc}"
        return
    found.of.setdefault((name, count), []).append(
        Round(
            answer_ms=ms(statistics.median(told["times"])),
            rate=len(told["times"]) / told["spent"],
            memory_mb=asked.memory_bytes() / MEGABYTE,
        )
    )


def _figures(found: Found, count: int, where: str) -> Iterator[Figure]:
    callers = "1 caller" if count == 1 else f"{count} callers"
    yield Figure(
        key="S7", name=f"the upstream's own answer, {callers}", unit="ms",
        values=found.values("direct", count, "answer_ms"), failure=found.failure(count, "direct"),
    )  # fmt: skip
    for peer in (LITELLM, PORTKEY):
        failure = found.failure(count, "service", "direct", peer)
        yield Figure(
            key="S7", name=f"Prefer: wait, added: {callers} ({where})", unit="ms",
            values=found.added("service", count), target_ratio=ADDED.get((count, peer)),
            peer=peer, peer_values=found.added(peer, count), failure=failure,
        )  # fmt: skip
        yield Figure(
            key="S7", name=f"Prefer: wait, answers a second: {callers} ({where})", unit="/s",
            values=found.values("service", count, "rate"), at_least=True,
            target_ratio=RATE.get((count, peer)), peer=peer,
            peer_values=found.values(peer, count, "rate"), failure=failure,
        )  # fmt: skip
        if count == max(CALLS):
            yield Figure(
                key="S7", name=f"memory after {callers}, web and worker ({where})", unit="MB",
                values=found.values("service", count, "memory_mb"), peer=peer,
                peer_values=found.values(peer, count, "memory_mb"), failure=failure,
            )  # fmt: skip
