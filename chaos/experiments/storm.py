"""F9: the upstream refuses: rate limits in every form, outages, and what must not be retried."""

import contextlib
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import httpx

from chaos.lab import Lab
from chaos.outcome import Outcome
from chaos.service import Service, until

RETRY_AFTER: Final[list[dict[str, Any]]] = [
    {"retry_after": 2},
    {"retry_after": 2, "retry_form": "date"},
    {"retry_after": "soon"},
    {"retry_after": "-1"},
    {"retry_after": "1000000000"},
    {},
]
OUTAGES: Final = (408, 500, 502, 503, 504, 524, 529)
FINAL: Final = (401, 402, 403)
PROJECTS: Final = 5
BATCH: Final = 200
JOBS_A_SECOND: Final = 12.0
PEOPLE: Final = 4
CALM_S: Final = 8.0
# What may still reach the upstream while it refuses, of what reaches it when it is well.
MOST_TRAFFIC: Final = 0.02


def run(lab: Lab) -> Outcome:
    """Keep asking for outlines, first in calm, then in a storm: all of them are done in the end."""
    storm_s = 120  # in both sizes: what goes on at its beginning counts, too
    outcome = Outcome(
        key="F9",
        title="429 in every form and 5xx, then calm; 401, 402, 403",
        size=f"{JOBS_A_SECOND:.0f} outlines a second, {storm_s} s of storm, 1 worker, embedded",
    )
    with lab.embedded() as service:
        service.start()
        projects = [service.project() for _ in range(PROJECTS)]
        _refused_for_good(service, projects[0], outcome)
        crowd = _Crowd(service, projects)
        crowd.come()
        normal = _traffic(service, CALM_S)
        storm = _Storm(lab, service)
        storm.refresh()
        in_storm = _traffic(service, storm_s, storm.refresh)
        crowd.leave()
        service.calm()
        outcome.broken += service.come_to_rest(lab.size(180, 600))
        failed = [each for each in crowd.jobs if service.job(each)["status"] != "succeeded"]
        outcome.measured |= {
            "outlines": len(crowd.jobs),
            "requests a second in calm": round(normal, 1),
            "in the storm": round(in_storm, 2),
            "share": f"{in_storm / normal:.1%}",
            "jobs that waited": service.count("waits > 0"),
            "failed that could wait": len(failed),
        }
        outcome.require(not failed, f"{len(failed)} jobs failed that could have waited")
        outcome.require(
            in_storm <= MOST_TRAFFIC * normal,
            f"{in_storm / normal:.1%} of normal traffic went on in the storm",
        )
    return outcome


def _traffic(service: Service, seconds: float, tick: Callable[[], None] | None = None) -> float:
    """Let time pass; give the requests a second that reached the upstream meanwhile."""
    before, started = service.answered(), time.monotonic()
    while time.monotonic() < started + seconds:
        if tick is not None:
            tick()
        time.sleep(0.1)
    return (service.answered() - before) / (time.monotonic() - started)


class _Crowd:
    """Asks for outlines at one pace, whatever the weather; no slow answer keeps all waiting."""

    def __init__(self, service: Service, projects: list[str]) -> None:
        self.jobs: list[str] = []
        self._service, self._projects = service, projects
        self._is_over = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask, args=(number,), daemon=True)
            for number in range(PEOPLE)
        ]

    def come(self) -> None:
        """Begin to ask."""
        for thread in self._threads:
            thread.start()

    def leave(self) -> None:
        """Ask no more."""
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, number: int) -> None:
        started = time.monotonic()
        while not self._is_over.wait(started + number / JOBS_A_SECOND - time.monotonic()):
            with contextlib.suppress(httpx.HTTPError):
                self.jobs.append(self._service.outline(self._projects[number % PROJECTS]))
            number += PEOPLE


class _Storm:
    """Refuses every request: seven of ten with 429, the others with outages."""

    def __init__(self, lab: Lab, service: Service) -> None:
        self._lab, self._service = lab, service
        self._scripted_up_to = service.answered()

    def refresh(self) -> None:
        """Script more refusals when few are left."""
        if self._scripted_up_to - self._service.answered() < BATCH // 2:
            self._service.faults(*(_refusal(self._lab) for _ in range(BATCH)))
            self._scripted_up_to += BATCH


def _refusal(lab: Lab) -> dict[str, Any]:
    fault: dict[str, Any] = {"kind": "status", "times": 1}
    if lab.chance.random() < 0.7:  # noqa: PLR2004 the share of rate limits
        return fault | {"status": 429} | lab.chance.choice(RETRY_AFTER)
    return fault | {"status": lab.chance.choice(OUTAGES)}


def _refused_for_good(service: Service, project: str, outcome: Outcome) -> None:
    for status in FINAL:
        mark = f"Refused with {status}."
        service.faults({
            "kind": "status", "status": status, "times": None, "match": {"contains": mark},
            "afford": 1,  # with half of what was wished the client asks again, for less
        })  # fmt: skip
        job_id = service.outline(project, f"INT. OFFICE - DAY\n\n{mark}")
        until(partial(service.has_ended, job_id), f"the job refused with {status}")
        job = service.job(job_id)
        calls = service.tables.rows(
            "SELECT model_slug FROM ai_upstreamcall WHERE job_id = ?", job["id"]
        )
        asked = [call["model_slug"] for call in calls]
        outcome.require(job["status"] == "failed", f"{status}: the job is {job['status']}")
        outcome.require(job["waits"] == 0, f"{status}: the job waited {job['waits']} times")
        outcome.require(len(asked) == len(set(asked)), f"{status}: asked {asked}")
