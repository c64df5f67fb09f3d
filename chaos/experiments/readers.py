"""F12: writers and readers of feeds while the web process is killed again and again."""

import random
import threading
import time
from collections.abc import Iterator
from typing import Final

import httpx

from chaos.lab import Lab
from chaos.outcome import Outcome
from chaos.service import Service
from chaos.tables import key_of

PROJECTS: Final = 3
PAUSE_S: Final = 0.1
_SILENCE_S: Final = 3.0
_END_S: Final = 30.0


def run(lab: Lab) -> Outcome:
    """Let everybody run, kill web, and compare what each reader has with the table."""
    writers, readers, kills = lab.size(4, 12), lab.size(12, 50), lab.size(3, 10)
    outcome = Outcome(
        key="F12",
        title="readers reconnect with Last-Event-ID, web SIGKILLed",
        size=f"{writers} writers, {readers} readers, {kills} kills, embedded",
    )
    with lab.embedded() as service:
        service.start(workers=0)
        projects = [service.project() for _ in range(PROJECTS)]
        is_over = threading.Event()
        pens = [_Writer(service, projects[n % PROJECTS], is_over) for n in range(writers)]
        eyes = [
            _Reader(service, projects[n % PROJECTS], lab.chance.randrange(10**6))
            for n in range(readers)
        ]
        for thread in [*pens, *eyes]:
            thread.start()
        for _ in range(kills):
            time.sleep(lab.chance.uniform(1.0, 3.0))
            service.restart_web()
            service.await_web()
        time.sleep(1.0)
        is_over.set()
        for pen in pens:
            pen.join()
        _judge(service, eyes, outcome)
        written = sum(pen.written for pen in pens)
        scenes = int(service.tables.one("SELECT count(*) FROM scenes_scene"))
        outcome.measured["scenes"] = scenes
        outcome.require(scenes >= written, f"{written - scenes} scenes that were told are missing")
        outcome.broken += service.come_to_rest()
    return outcome


def _judge(service: Service, eyes: "list[_Reader]", outcome: Outcome) -> None:
    """Tell each reader where its feed ends, wait for it, and compare."""
    missed = doubled = 0
    for eye in eyes:
        eye.last = _truth(service, eye.project)[-1][0]
    deadline = time.monotonic() + _END_S
    for eye in eyes:
        eye.join(max(deadline - time.monotonic(), 0.1))
        eye.last = 0  # whoever is late stops here
        truth = _truth(service, eye.project)
        missed += len(set(truth) - set(eye.seen))
        doubled += len(eye.seen) - len(set(eye.seen))
        outcome.require(eye.seen == truth, f"a reader has {len(eye.seen)} of {len(truth)} events")
    connections = sum(eye.connections for eye in eyes)
    events = sum(len(eye.seen) for eye in eyes)
    outcome.measured |= {"events read": events, "connections": connections}
    outcome.measured |= {"missed": missed, "doubled": doubled}


def _truth(service: Service, project: str) -> list[tuple[int, str]]:
    found = service.tables.rows(
        "SELECT seq, name FROM scenes_event WHERE project_id = ? ORDER BY seq", key_of(project)
    )
    return [(row["seq"], row["name"]) for row in found]


class _Writer(threading.Thread):
    """Adds scenes, whatever happens; counts those that it was told of."""

    def __init__(self, service: Service, project: str, is_over: threading.Event) -> None:
        super().__init__(daemon=True)
        self.written = 0
        self._service, self._project, self._is_over = service, project, is_over

    def run(self) -> None:
        """Write until it is over."""
        path = f"/projects/{self._project}/scenes/"
        while not self._is_over.wait(PAUSE_S):
            try:
                self._service.call("POST", path, json={"title": "A scene"})
            except httpx.HTTPError:
                continue
            self.written += 1


class _Reader(threading.Thread):
    """Follows one feed, breaks off at random, and goes on after what it has."""

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
