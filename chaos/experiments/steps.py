"""F3: the worker dies at each named step of a job."""

import signal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from ai.jobs.steps import NAMES
from chaos.lab import Lab
from chaos.outcome import Outcome
from chaos.service import PATIENCE_S, Service, process_of, until

WORDS: Final = "Create a scene titled “Bus Stop” at the Quay with Mara."


def run(lab: Lab) -> Outcome:
    """Kill at every step, with outlines and turns of the director in flight."""
    times = lab.size(1, 50)
    outcome = Outcome(
        key="F3",
        title="exit at each named step, embedded",
        size=f"{len(NAMES)} steps x {times}, 2 outlines and 2 turns each",
    )
    with lab.embedded() as service, TemporaryDirectory(prefix="canvas-chaos-") as folder:
        service.start(workers=0)
        for number in range(times):
            for step in NAMES:
                _die_at(service, step, Path(folder) / f"{step}-{number}", outcome)
        outcome.broken += service.come_to_rest(60)
        done = service.count("status = 'succeeded'")
        scenes = int(service.tables.one("SELECT count(*) FROM scenes_scene"))
        turns = service.count("kind = 'chat'")
        outcome.measured |= {"jobs": service.count("1 = 1"), "succeeded": done, "scenes": scenes}
        outcome.measured["crashed"] = service.count("crashes > 0")
        outcome.require(done == service.count("1 = 1"), "not every job succeeded")
        outcome.require(scenes == turns, f"{turns} turns made {scenes} scenes")
    return outcome


def _die_at(service: Service, step: str, died: Path, outcome: Outcome) -> None:
    for _ in range(2):
        service.outline(service.project())
        service.say(service.project(), WORDS)
    dying = service.start_worker({"CANVAS_DIE_AT": step, "CANVAS_DIED_FILE": str(died)})
    ended = process_of(dying).wait(PATIENCE_S)
    service.workers.remove(dying)
    outcome.require(ended == -signal.SIGKILL and died.exists(), f"no worker died at {step}")
    healthy = service.start_worker()
    try:
        until(lambda: not service.open_jobs(), f"the jobs that were open at {step}")
    except TimeoutError as exc:
        outcome.broken.append(str(exc))
    if step != NAMES[-1]:
        service.signal(healthy, signal.SIGKILL)
