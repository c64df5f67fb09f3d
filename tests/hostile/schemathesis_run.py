"""Fuzz the whole API by its document: `python -m tests.hostile.schemathesis_run [--seeds 1 2 3]`.

Starts services of its own, on SQLite without a broker and on PostgreSQL with Redis, and lets
schemathesis loose on both: 0 server errors, 0 answers that the document does not describe, and
every list, detail and document can still be read afterwards. Exits non-zero on any failure.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import httpx
from PIL import Image

from canvas.stack import BASE_DIR
from chaos.lab import Lab
from chaos.service import STORY, Service, until

VERSION: Final = "4.32.5"
HOME: Final = BASE_DIR / "var" / f"schemathesis-{VERSION}"
REPORTS: Final = BASE_DIR / "var" / "hostile"
HOOKS: Final = "tests.hostile.schemathesis_hooks"
CONFIG: Final = Path(__file__).parent / "schemathesis.toml"
SEEDS: Final = (1, 2, 3)
EXAMPLES: Final = 3
LONGEST_S: Final = 600
CHECKS: Final = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance,negative_data_rejection,"
    "positive_data_acceptance,unsupported_method,allow_header_conformance,use_after_free,"
    "ensure_resource_availability,ignored_auth"
)
PROJECTS: Final = 3
"""Rows of each kind for the paths to name."""


@dataclass
class Round:
    """One seed on one set-up."""

    setup: str
    seed: int
    seconds: float = 0.0
    cases: int = 0
    broken: list[str] = field(default_factory=list)


def main() -> int:
    """Fuzz, print a table, and return the exit code."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started ends as well
    REPORTS.mkdir(parents=True, exist_ok=True)
    program = _program()
    rounds: list[Round] = []
    with Lab(is_full=False) as lab:
        for setup in options.setups:
            with SETUPS[setup](lab) as service:
                service.start()
                for place, seed in enumerate(options.seeds):
                    is_first = place == 0
                    rounds.append(
                        _round(program, service, setup, seed, options.examples, is_first=is_first)
                    )
    sys.stdout.write(_table(rounds))
    return int(any(one.broken for one in rounds))


@contextmanager
def _on_servers(lab: Lab) -> Iterator[Service]:
    with lab.redis() as redis, lab.on_servers(redis) as service:
        yield service


SETUPS: Final[dict[str, Callable[[Lab], AbstractContextManager[Service]]]] = {
    "sqlite": Lab.embedded,
    "postgresql": _on_servers,
}


def _round(
    program: Path, service: Service, setup: str, seed: int, examples: int, *, is_first: bool
) -> Round:
    sys.stderr.write(f"  {setup}, seed {seed} …\n")
    one = Round(setup, seed)
    started = time.monotonic()
    service.lines.clear()
    with tempfile.TemporaryDirectory(prefix="canvas-hostile-") as folder:
        world = Path(folder) / "world.json"
        world.write_text(json.dumps(made_world(service)), encoding="utf-8")
        text = _fuzz(program, service, seed, examples, world, is_first=is_first)
    (REPORTS / f"{setup}-{seed}.log").write_text(text, encoding="utf-8")
    one.cases = _cases(text)
    one.broken += _complaints(text)
    one.broken += [line for line in service.lines if "Traceback" in line or "ERROR" in line]
    one.broken += unreadable(service)
    one.seconds = time.monotonic() - started
    return one


def _fuzz(
    program: Path, service: Service, seed: int, examples: int, world: Path, *, is_first: bool
) -> str:
    # What is covered by design does not depend on the seed: once is enough.
    phases = "examples,coverage,fuzzing,stateful" if is_first else "examples,fuzzing,stateful"
    command = [
        str(program), "--config-file", str(CONFIG), "run",
        f"{service.stack.base_url}/api/v1/schema/",
        "--header", f"Authorization: Bearer {service.account['token']}",
        "--seed", str(seed), "--max-examples", str(examples), "--checks", CHECKS,
        "--phases", phases, "--workers", "1", "--no-shrink", "--generation-allow-x00", "false",
        "--request-timeout", "20", "--generation-database", "none", "--continue-on-failure",
        "--no-color", "--warnings", "off", "--suppress-health-check", "all",
    ]  # fmt: skip
    env = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": HOOKS,
        "HOSTILE_WORLD": str(world),
        "PYTHONPATH": str(BASE_DIR),
    }
    done = subprocess.run(
        command,
        cwd=world.parent,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    return f"{done.stdout}\nexit code {done.returncode}\n"


# --- the world that is fuzzed ---------------------------------------------------------------------


def made_world(service: Service) -> dict[str, Any]:
    """Make rows of every kind, and give their ids by the parameter that names them."""
    pools: dict[str, list[str]] = {}

    def keep(kind: str, row: Mapping[str, Any]) -> str:
        pools.setdefault(kind, []).append(str(row["id"]))
        return str(row["id"])

    for _ in range(PROJECTS):
        keep("doomedProjectId", service.call("POST", "/projects/", json={"title": "Doomed"}))
        _film(service, keep)
    until(lambda: not service.open_jobs(), "the world")
    for project in pools["projectId"]:
        for outline in service.call("GET", f"/projects/{project}/outlines/")["results"]:
            keep("outlineId", outline)
        for change in service.call("GET", f"/projects/{project}/changes/")["results"]:
            keep("changeId", change)
    return {"pools": pools, "own": _workspace(service, keep)}


def _film(service: Service, keep: Callable[[str, Mapping[str, Any]], str]) -> None:
    def post(path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = service.call("POST", path, json=body)
        return answer

    project = keep("projectId", post("/projects/", {"title": "A film"}))
    for number in range(PROJECTS):
        scene = keep("sceneId", post(f"/projects/{project}/scenes/", {"title": f"S{number}"}))
        keep("beatId", post(f"/scenes/{scene}/beats/", {"summary": "She waits."}))
        keep("snapshotId", post(f"/scenes/{scene}/snapshots/", {}))
        entry = {"category": "character", "name": f"Mara {number}"}
        keep("entryId", post(f"/projects/{project}/bible/entries/", entry))
    files = {"file": ("still.png", _png(), "image/png")}
    uploaded = service.call("POST", f"/projects/{project}/assets/?analyze=false", files=files)
    keep("assetId", uploaded["asset"])
    keep("jobId", post(f"/projects/{project}/outlines/", {"source": "text", "text": STORY}))
    said = post(f"/projects/{project}/messages/", {"content": "Add a scene at the quay."})
    keep("messageId", said["message"])
    keep("jobId", said["job"])


def _workspace(service: Service, keep: Callable[[str, Mapping[str, Any]], str]) -> list[str]:
    own = str(service.account["workspaceId"])
    keep("workspaceId", {"id": own})
    tokens = service.call("GET", f"/workspaces/{own}/tokens/")["results"]
    members = service.call("GET", f"/workspaces/{own}/members/")["results"]
    kept = [own, *(keep("tokenId", row) for row in tokens if row["name"] == "make run")]
    return [*kept, *(keep("memberId", row) for row in members)]


def _png() -> bytes:
    file = BytesIO()
    Image.new("RGB", (64, 36), (16, 32, 48)).save(file, "PNG")
    return file.getvalue()


# --- afterwards -----------------------------------------------------------------------------------


def unreadable(service: Service) -> list[str]:
    """Read every list to its end, every detail and every document; name what cannot be read."""
    broken: list[str] = []

    def read(path: str) -> Any:  # JSON
        answer = service.http.get(path)
        if answer.status_code != httpx.codes.OK:
            broken.append(f"GET {path} answers {answer.status_code}")
            return {}
        return answer.json()

    def rows(path: str) -> Iterator[Any]:
        address: str | None = f"{path}?limit=200"
        while address:
            page = read(address)
            yield from page.get("results", [])
            address = page.get("next")

    for row in [*rows("/projects/"), *rows("/jobs/"), *rows("/workspaces/")]:
        kind = "jobs" if "kind" in row else "projects" if "title" in row else "workspaces"
        read(f"/{kind}/{row['id']}/")
        if kind == "projects":
            _read_film(f"/projects/{row['id']}/", read, rows)
    return broken


def _read_film(
    project: str, read: Callable[[str], Any], rows: Callable[[str], Iterator[Any]]
) -> None:
    read(f"{project}document/")
    read(f"{project}bible/")
    for scene in rows(f"{project}scenes/"):
        for part in ("", "beats/", "snapshots/", "versions/", "media/"):
            read(f"/scenes/{scene['id']}/{part}")
    for part in ("bible/entries/", "assets/", "changes/", "messages/", "outlines/"):
        list(rows(f"{project}{part}"))


# --- the program and what it says -----------------------------------------------------------------


def _program() -> Path:
    """Give schemathesis, installed into an environment of its own if it is not there yet."""
    program = HOME / "bin" / "schemathesis"
    if not program.exists():
        sys.stderr.write(f"  installing schemathesis {VERSION} …\n")
        venv.create(HOME, with_pip=True, clear=True)
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        command = [str(HOME / "bin" / "python"), *install, f"schemathesis=={VERSION}"]
        subprocess.run(command, check=True, timeout=LONGEST_S)
    return program


def _cases(text: str) -> int:
    found = re.search(r"(\d+) generated", text)
    return int(found[1]) if found else 0


def _complaints(text: str) -> list[str]:
    broken = re.findall(r"^_+ (.+?) _+$", text, flags=re.MULTILINE)
    if not text.rstrip().endswith("exit code 0") and not broken:
        broken = [text.strip().splitlines()[-1]]
    return broken


def _table(rounds: list[Round]) -> str:
    head = "| set-up | seed | cases | seconds | failures |\n| --- | --- | --- | --- | --- |\n"
    lines = [
        f"| {one.setup} | {one.seed} | {one.cases} | {one.seconds:.0f} | {len(one.broken)} |\n"
        for one in rounds
    ]
    causes = [f"  {one.setup}, seed {one.seed}: {why}\n" for one in rounds for why in one.broken]
    return head + "".join(lines) + "".join(causes)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--setups", nargs="+", default=list(SETUPS), choices=list(SETUPS))
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="per operation")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
