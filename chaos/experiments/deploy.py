"""F6: workers are told to stop, in every way, or give way to new code, while directors speak."""

import shutil
import signal
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from canvas.stack import BASE_DIR, Part
from chaos.feeds import Reader, judge
from chaos.lab import Lab
from chaos.outcome import Outcome
from chaos.service import Service, until

DRAINED_S: Final = 30.0
SLOW: Final = {"kind": "slow", "times": None, "seconds": 0.3, "token_s": 0.06}
WORDS: Final = (
    "Create a scene titled “Bus Stop” at the Quay with Mara.",
    "What could the two sisters say to each other?",
)
PROMPT: Final = "templates/prompts/director/system.md"
NEW_WORDS: Final = "Keep your answers short.\n"
SOFT: Final = {
    "DJANGO_SETTINGS_MODULE": "chaos.within.settings",
    "CHAOS_SOFT_SHUTDOWN_S": "5",
}
ACTS: Final = ("TERM", "QUIT", "soft shutdown", "rolling deploy")
# What a worker needs from its start to its first job on a busy machine, in seconds.
_WARM_UP_S: Final = 4.0
_NOT_CODE: Final = (".git", ".venv", "var", "__pycache__", ".mypy_cache", ".ruff_cache", "tests")


def run(lab: Lab) -> Outcome:
    """Let directors speak, stop every worker in one way after the other, and read every feed."""
    streams, workers = lab.size(40, 200), lab.size(2, 4)
    outcome = Outcome(
        key="F6",
        title="TERM, QUIT, soft shutdown, rolling deploy of workers and web",
        size=f"{streams} streams, {workers} workers, PostgreSQL and Redis",
    )
    drains: list[float] = []
    readers: list[Reader] = []
    with (
        TemporaryDirectory(prefix="canvas-chaos-") as folder,
        lab.redis() as redis,
        lab.on_servers(redis, WORKER_THREADS="32") as service,
    ):
        new_code = _new_code(Path(folder) / "new")
        service.start(workers=workers)
        service.faults(SLOW)
        for act in ACTS:
            old = _prepare(service, act, new_code)
            readers += _begin(lab, service, streams // len(ACTS))
            until(lambda: _speaking(service) >= streams // len(ACTS) // 2, f"streams before {act}")
            time.sleep(lab.chance.uniform(0.0, 0.5))
            drains.append(_stop(service, old, act, outcome))
        outcome.broken += service.come_to_rest(90)
        judge(service, readers, outcome)
        _count(service, outcome)
    outcome.measured["drained in s"] = ", ".join(
        f"{act} {seconds:.1f}" for act, seconds in zip(ACTS, drains, strict=True)
    )
    return outcome


def _begin(lab: Lab, service: Service, count: int) -> list[Reader]:
    """Start so many turns, each in a project of its own that one reader follows."""
    readers = []
    for number in range(count):
        project = service.project()
        readers.append(Reader(service, project, lab.chance.randrange(10**6)))
        readers[-1].start()
        service.say(project, WORDS[number % len(WORDS)])
    return readers


def _speaking(service: Service) -> int:
    return int(service.tables.one("SELECT count(*) FROM ai_upstreamcall WHERE status = 'sent'"))


def _prepare(service: Service, act: str, new_code: Path) -> list[Part]:
    """Give the workers that are to stop; a deploy has started those of the new code before."""
    old = list(service.workers)
    if act == "rolling deploy":
        for _ in old:
            service.start_worker(root=new_code)
        time.sleep(_WARM_UP_S)
    if act == "soft shutdown":
        for hard in old:
            service.start_worker(SOFT)
            service.signal(hard, signal.SIGTERM)
            service.ended(hard, DRAINED_S)
        time.sleep(_WARM_UP_S)
        return list(service.workers)
    return old


def _stop(service: Service, old: list[Part], act: str, outcome: Outcome) -> float:
    """Stop workers one by one, and web if it is a deploy; give the longest time one took to end."""
    how = signal.SIGQUIT if act in {"QUIT", "soft shutdown"} else signal.SIGTERM
    slowest_s = 0.0
    for part in old:
        slowest_s = max(slowest_s, _end(service, part, how, f"{act}: ", outcome))
        if act != "rolling deploy":
            service.start_worker()
    if act == "rolling deploy":
        web = service.stack.parts["web"]
        slowest_s = max(slowest_s, _end(service, web, how, f"{act}: ", outcome))
        service.stack.start_part("web")
        service.await_web()
    return slowest_s


def _end(service: Service, part: Part, how: signal.Signals, act: str, outcome: Outcome) -> float:
    service.signal(part, how)
    try:
        return service.ended(part, DRAINED_S)
    except TimeoutError as exc:
        outcome.broken.append(f"{act}{exc}")
        service.signal(part, signal.SIGKILL)
        return DRAINED_S


def _new_code(folder: Path) -> Path:
    """Copy the tree, with another wording of the director: its digest marks every call."""
    shutil.copytree(BASE_DIR, folder, ignore=shutil.ignore_patterns(*_NOT_CODE))
    prompt = folder / PROMPT
    prompt.write_text(prompt.read_text(encoding="utf-8") + NEW_WORDS, encoding="utf-8")
    return folder


def _count(service: Service, outcome: Outcome) -> None:
    """Every turn succeeded, each that was asked for a scene made one; both codes were at work."""
    done, turns = service.count("status = 'succeeded'"), service.count("1 = 1")
    outcome.require(done == turns, f"{turns - done} of {turns} turns did not succeed")
    asked = int(
        service.tables.one(
            "SELECT count(*) FROM ai_chatmessage WHERE role = 'user' AND content = ?", WORDS[0]
        )
    )
    scenes = int(service.tables.one("SELECT count(*) FROM scenes_scene"))
    outcome.require(scenes == asked, f"{asked} turns made {scenes} scenes")
    digests = service.tables.rows("SELECT DISTINCT prompt_digest FROM ai_upstreamcall")
    outcome.require(len(digests) == 2, f"{len(digests)} wordings were asked, not 2")  # noqa: PLR2004 old, new
    outcome.measured |= {
        "turns": turns,
        "succeeded": done,
        "begun again": service.count("attempts > 1"),
        "crashed": service.count("crashes > 0"),
    }
