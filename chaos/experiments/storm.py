"""F9: the upstream refuses: rate limits in every form, outages, and what must not be retried."""

import time
from functools import partial
from typing import Any, Final

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


def run(lab: Lab) -> Outcome:
    """Let the storm pass over outlines: all of them are done afterwards."""
    jobs, storm_s = lab.size(30, 200), lab.size(10, 120)
    outcome = Outcome(
        key="F9",
        title="429 in every form and 5xx, then calm; 401, 402, 403",
        size=f"{jobs} outlines, {storm_s} s of storm, 1 worker, embedded",
    )
    with lab.embedded() as service:
        service.start()
        projects = [service.project() for _ in range(PROJECTS)]
        _refused_for_good(service, projects[0], outcome)
        before, started = service.answered(), time.monotonic()
        storm = _Storm(lab, service)
        storm.refresh()
        ids = [service.outline(projects[number % PROJECTS]) for number in range(jobs)]
        while time.monotonic() < started + storm_s:
            storm.refresh()
            time.sleep(0.1)
        in_storm = service.answered() - before
        service.calm()
        outcome.broken += service.come_to_rest(lab.size(90, 400))
        failed = [each for each in ids if service.job(each)["status"] != "succeeded"]
        waited = service.count("waits > 0")
        outcome.measured |= {"requests in the storm": in_storm, "jobs that waited": waited}
        outcome.measured["failed that could wait"] = len(failed)
        outcome.require(not failed, f"{len(failed)} jobs failed that could have waited")
    return outcome


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
