"""Readers of feeds that break off, come back, and compare what they have with the table."""

import random
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Final

import httpx

from chaos.outcome import Outcome
from chaos.service import Service
from chaos.tables import key_of

PAUSE_S: Final = 0.1
_SILENCE_S: Final = 3.0
_END_S: Final = 30.0


class Reader(threading.Thread):
    """Follows one project's feed, breaks off at random, and goes on after what it has."""

    def __init__(self, service: Service, project: str, seed: int) -> None:
        super().__init__(daemon=True)
        self.project = project
        self.seen: list[tuple[int, str]] = []
        self.last = -1  # -1: not known yet
        self.connections = 0
        self._url = f"{service.stack.base_url}/api/v1/projects/{project}/events/"
        self._token = service.account["token"]
        self._chance = random.Random(seed)  # noqa: S311 moments, not secrets

    def run(self) -> None:
        """Read until the feed's last event is here."""
        while not self._has_all():
            self.connections += 1
            try:
                for number, event in enumerate(self._events()):
                    self.seen.append(event)
                    if self._has_all() or self._chance.random() < number / 200:
                        break
            except httpx.HTTPError:
                time.sleep(PAUSE_S)

    def _has_all(self) -> bool:
        reached = self.seen[-1][0] if self.seen else 0
        return self.last >= 0 and reached >= self.last

    def _events(self) -> Iterator[tuple[int, str]]:
        headers = {"Authorization": f"Bearer {self._token}"}
        if self.seen:
            headers["Last-Event-ID"] = str(self.seen[-1][0])
        timeout = httpx.Timeout(5.0, read=_SILENCE_S)
        with httpx.stream(
            "GET", self._url, headers=headers, timeout=timeout, trust_env=False
        ) as answer:
            answer.raise_for_status()
            seq = 0
            for line in answer.iter_lines():
                name, _, value = line.partition(": ")
                if name == "id":
                    seq = int(value)
                elif name == "event":
                    yield seq, value


def judge(service: Service, readers: Sequence[Reader], outcome: Outcome) -> None:
    """Tell each reader where its feed ends, wait for it, and compare."""
    missed = doubled = 0
    for reader in readers:
        reader.last = _truth(service, reader.project)[-1][0]
    deadline = time.monotonic() + _END_S
    for reader in readers:
        reader.join(max(deadline - time.monotonic(), 0.1))
        reader.last = 0  # whoever is late stops here
        truth = _truth(service, reader.project)
        missed += len(set(truth) - set(reader.seen))
        doubled += len(reader.seen) - len(set(reader.seen))
        has = f"a reader has {len(reader.seen)} of {len(truth)} events"
        outcome.require(reader.seen == truth, has)
    outcome.measured |= {
        "events read": sum(len(reader.seen) for reader in readers),
        "connections": sum(reader.connections for reader in readers),
        "missed": missed,
        "doubled": doubled,
    }


def _truth(service: Service, project: str) -> list[tuple[int, str]]:
    found = service.tables.rows(
        "SELECT seq, name FROM scenes_event WHERE project_id = ? ORDER BY seq", key_of(project)
    )
    return [(row["seq"], row["name"]) for row in found]
