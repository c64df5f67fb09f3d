"""F12: writers and readers of feeds while the web process is killed again and again."""

import threading
import time
from typing import Final

import httpx

from chaos.feeds import PAUSE_S, Reader, judge
from chaos.lab import Lab
from chaos.outcome import Outcome
from chaos.service import Service

PROJECTS: Final = 3


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
            Reader(service, projects[n % PROJECTS], lab.chance.randrange(10**6))
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
        judge(service, eyes, outcome)
        written = sum(pen.written for pen in pens)
        scenes = int(service.tables.one("SELECT count(*) FROM scenes_scene"))
        outcome.measured["scenes"] = scenes
        outcome.require(scenes >= written, f"{written - scenes} scenes that were told are missing")
        outcome.broken += service.come_to_rest()
    return outcome


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
