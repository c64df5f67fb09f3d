"""The outage drill: the first models fail, then a provider limits the next ones, then all is well.

Five hundred jobs of three kinds come meanwhile. None is lost, and each says in its route which
models were tried and why they were left.
"""

import io
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from PIL import Image

from chaos.lab import Lab
from chaos.outcome import Outcome
from chaos.service import Service

OUTAGE_S: Final = 120.0
LIMITED_FROM_S: Final = 60.0
LIMITED_S: Final = 60.0
COMING_S: Final = 150.0
PROJECTS: Final = 50
KINDS: Final = ("outline", "outline", "chat", "chat", "vision")
JOBS: Final = 500
TITLE: Final = "the first models fail for 2 minutes, in the second one the next ones answer 429"
SIZE: Final = f"{JOBS} jobs: chats, outlines, pictures; 1 worker"
THREADS: Final = 4
FIRST: Final = "google/*"
NEXT: Final = "openai/*"


def embedded(lab: Lab) -> Outcome:
    """Drill on SQLite and the embedded queue."""
    with lab.embedded(WORKER_THREADS="16") as service:
        return _drill(service, Outcome(key="drill", title=TITLE, size=f"{SIZE}, embedded"))


def on_servers(lab: Lab) -> Outcome:
    """Drill on PostgreSQL and Redis."""
    with lab.redis() as redis, lab.on_servers(redis, WORKER_THREADS="16") as service:
        size = f"{SIZE}, PostgreSQL, Redis"
        return _drill(service, Outcome(key="drill-servers", title=TITLE, size=size))


def _drill(service: Service, outcome: Outcome) -> Outcome:
    """Let the jobs come at one pace through outage, limit and calm; then read every route."""
    service.start()
    # Both models of each task cost something, so that the bill says something.
    service.tables.write("UPDATE workspaces_workspace SET plan_id = 'starter'")
    service.call("PATCH", f"/workspaces/{_workspace(service)}/", json={"secondMessage": "queue"})
    projects = [service.project(f"Film {number}") for number in range(PROJECTS)]
    _break(service)
    made = _come(service, projects, JOBS)
    outcome.broken += service.come_to_rest(300)
    _judge(service, made, outcome)
    return outcome


def _workspace(service: Service) -> str:
    return str(service.call("GET", "/me/")["workspace"]["id"])


def _break(service: Service) -> None:
    """Script both faults at once; each is over by itself."""
    service.faults(
        {
            "kind": "status", "status": 503, "times": None, "lasts_s": OUTAGE_S,
            "match": {"model": FIRST, "endpoint": "chat"},
        }
    )  # fmt: skip
    limit = {
        "kind": "trouble", "how": "upstream_429", "times": None, "lasts_s": LIMITED_S,
        "match": {"model": NEXT, "endpoint": "chat"},
    }  # fmt: skip
    later = threading.Timer(LIMITED_FROM_S, partial(service.faults, limit))
    later.daemon = True
    later.start()


def _come(service: Service, projects: list[str], count: int) -> list[str]:
    """Ask for so many jobs, evenly over the time; give their ids."""
    made: list[str] = []
    started = time.monotonic()

    def ask(number: int) -> None:
        for place in range(number, count, THREADS):
            pause = started + place * COMING_S / count - time.monotonic()
            if pause > 0:
                time.sleep(pause)
            project = projects[place % PROJECTS]
            made.append(_ASKS[KINDS[place % len(KINDS)]](service, project, place))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return made


def _picture(service: Service, project: str, place: int) -> str:
    colour = (place % 256, place * 7 % 256, place * 31 % 256)
    file = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(file, "PNG")
    answer = service.call(
        "POST",
        f"/projects/{project}/assets/",
        files={"file": ("frame.png", file.getvalue(), "image/png")},
    )
    return str(answer["job"]["id"])


_ASKS: Final[dict[str, Callable[[Service, str, int], str]]] = {
    "outline": lambda service, project, _: service.outline(project),
    "chat": lambda service, project, place: service.say(project, f"What about night {place}?"),
    "vision": _picture,
}


def _judge(service: Service, made: list[str], outcome: Outcome) -> None:
    """Read each job: it has succeeded, and its route tells how."""
    jobs = [service.call("GET", f"/jobs/{job_id}/") for job_id in made]
    failed = Counter(str((job["error"] or {}).get("code")) for job in jobs if job["error"])
    routes = [job["route"] for job in jobs]
    silent = [job["id"] for job in jobs if not _explains(job)]
    tried = Counter(step["outcome"] for route in routes for step in route)
    outcome.measured |= {
        "jobs": len(jobs),
        "succeeded": sum(job["status"] == "succeeded" for job in jobs),
        "with a second model in their route": sum(len(_models(route)) > 1 for route in routes),
        "jobs that waited": service.count("waits > 0"),
        "steps of the routes": dict(tried),
        "lines of the bill": len(service.bill()),
    }
    outcome.require(not failed, f"failed: {dict(failed)}")
    outcome.require(not silent, f"{len(silent)} jobs do not explain their route: {silent[:3]}")


def _explains(job: dict[str, Any]) -> bool:
    """A route ends with an answer, and says of each other step why it was left."""
    route = job["route"]
    if not route or route[-1]["outcome"] != "answered":
        return False
    return all(step["reason"] or step["outcome"] == "answered" for step in route)


def _models(route: list[dict[str, Any]]) -> set[str]:
    return {step["model"] for step in route}
