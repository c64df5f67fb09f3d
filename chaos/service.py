"""One whole service for one experiment: web, as many workers as wanted, and the simulator.

Parts are started from the main thread only: they end with the thread that started them.
"""

import os
import signal
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx

from canvas.stack import BASE_DIR, Part, Stack
from chaos.auditor import audit
from chaos.tables import Tables, key_of

if TYPE_CHECKING:
    import subprocess

PATIENCE_S: Final = 60.0
CLEAN_REFUSALS: Final = frozenset({503})
STORY: Final = "INT. CABIN - NIGHT\n\nMara waits.\n\nEXT. QUAY - DAY\n\nThe ferry comes."
_TICK_S: Final = 0.1
_LINE_LETTERS: Final = 200
_LOST: Final = (httpx.TransportError,)


class Service:
    """The parts, the API, the simulator's doors, and the tables behind all of it."""

    def __init__(self, env: Mapping[str, str], account: Mapping[str, str]) -> None:
        self.env, self.account = dict(env), account
        self.tables = Tables(self.env["DATABASE_URL"])
        self.lines: deque[str] = deque(maxlen=400)
        self.workers: list[Part] = []
        self._paid: list[dict[str, Any]] = []
        self.stack = Stack(port=0, say=self._say, extra_env=self.env, simulate=True)
        self.http = httpx.Client(
            base_url=f"{self.stack.base_url}/api/v1",
            headers={"Authorization": f"Bearer {account['token']}"},
            timeout=PATIENCE_S,
            trust_env=False,
        )

    # --- parts -----------------------------------------------------------------------------------

    def start(self, *, workers: int = 1) -> None:
        """Start the simulator, web and so many workers, and wait for the first two."""
        self.stack.start_part("simulator")
        self.stack.start_part("web")
        for _ in range(workers):
            self.start_worker()
        self.await_web()

    def start_worker(self, env: Mapping[str, str] | None = None, *, root: Path = BASE_DIR) -> Part:
        """Start one more worker.

        Args:
            env: stands over its environment; with an OPENROUTER_BASE_URL it asks there.
            root: of its code.
        """
        env = env or {}
        self.stack.root, self.stack.extra_env = root, {**self.env, **env}
        self.stack.simulate = "OPENROUTER_BASE_URL" not in env
        self.stack.start_part("worker")
        self.stack.root, self.stack.extra_env, self.stack.simulate = BASE_DIR, self.env, True
        self.workers.append(self.stack.parts["worker"])
        return self.workers[-1]

    def signal(self, part: Part, sig: signal.Signals) -> None:
        """Send a signal to a part's group; SIGKILL also waits for its end."""
        process = process_of(part)
        if process.poll() is None:
            os.killpg(process.pid, sig)
        if sig == signal.SIGKILL:
            process.wait(PATIENCE_S)
            self.workers = [each for each in self.workers if each is not part]

    def ended(self, part: Part, within_s: float) -> float:
        """Wait for a part that was told to end; give how long it took, in seconds.

        Raises:
            TimeoutError: it goes on.
        """
        started = time.monotonic()
        until(lambda: process_of(part).poll() is not None, f"the end of a {part.name}", within_s)
        self.workers = [each for each in self.workers if each is not part]
        return time.monotonic() - started

    def gone(self) -> int:
        """Count the workers that ended by themselves, and start others in their place."""
        ended = [part for part in self.workers if process_of(part).poll() is not None]
        for part in ended:
            self.workers.remove(part)
            self.start_worker()
        return len(ended)

    def restart_web(self) -> None:
        """SIGKILL the web process and start it again."""
        self.signal(self.stack.parts["web"], signal.SIGKILL)
        self.stack.start_part("web")

    def await_web(self) -> None:
        """Wait until web and simulator answer.

        Raises:
            TimeoutError: they do not.
        """
        until(lambda: self._answers(f"{self.stack.simulator_url}/__sim/health"), "the simulator")
        until(lambda: self._answers(f"{self.stack.base_url}/healthz"), "the web process")

    def stop(self) -> None:
        """End every part."""
        self.http.close()
        for part in [*self.workers, *self.stack.parts.values()]:
            if part.process is not None and part.process.poll() is None:
                os.killpg(part.process.pid, signal.SIGKILL)
                part.process.wait(PATIENCE_S)

    # --- the API ---------------------------------------------------------------------------------

    def call(self, method: str, path: str, **options: Any) -> Any:  # noqa: ANN401 JSON
        """Make one request.

        Raises:
            httpx.HTTPStatusError: an error answer.
            httpx.TransportError: no answer.
        """
        answer = self.http.request(method, path, **options).raise_for_status()
        return answer.json() if answer.content else None

    def project(self, title: str = "A film") -> str:
        """Make a project and give its id."""
        return str(self.call("POST", "/projects/", json={"title": title})["id"])

    def outline(self, project: str, text: str = STORY) -> str:
        """Have an outline drafted, and give the job's id."""
        body = {"source": "text", "text": text}
        return str(self.call("POST", f"/projects/{project}/outlines/", json=body)["id"])

    def try_outline(self, project: str) -> int:
        """Ask for an outline while parts are dying; give the status, 0 when cut off."""
        body = {"source": "text", "text": STORY}
        try:
            return self.http.post(f"/projects/{project}/outlines/", json=body).status_code
        except _LOST:
            return 0

    def say(self, project: str, words: str) -> str:
        """Say something to the director, and give the job's id."""
        body = {"content": words}
        said = self.call("POST", f"/projects/{project}/messages/", json=body)
        return str(said["job"]["id"])

    # --- the simulator ---------------------------------------------------------------------------

    def faults(self, *faults: dict[str, Any]) -> None:
        """Script what shall go wrong upstream."""
        body = {"faults": list(faults)}
        url = f"{self.stack.simulator_url}/__sim/faults"
        httpx.post(url, json=body, trust_env=False).raise_for_status()

    def calm(self) -> None:
        """Forget the faults that are still scripted. Only when no bill is awaited."""
        self._paid += self._lines_now()
        url = f"{self.stack.simulator_url}/__sim/reset"
        httpx.post(url, trust_env=False).raise_for_status()

    def bill(self) -> list[dict[str, Any]]:
        """Give the lines of the simulator's bill."""
        return self._paid + self._lines_now()

    def _lines_now(self) -> list[dict[str, Any]]:
        answer = httpx.get(f"{self.stack.simulator_url}/__sim/bill", timeout=30, trust_env=False)
        found: list[dict[str, Any]] = answer.json()
        return found

    def answered(self) -> int:
        """Give how many requests the simulator has seen."""
        answer = httpx.get(f"{self.stack.simulator_url}/__sim/health", timeout=30, trust_env=False)
        return int(answer.json()["answered"])

    # --- the end ---------------------------------------------------------------------------------

    def job(self, job_id: str) -> dict[str, Any]:
        """Give a job's row."""
        return self.tables.rows("SELECT * FROM ai_job WHERE id = ?", key_of(job_id))[0]

    def has_ended(self, job_id: str) -> bool:
        """Say whether a job has ended."""
        return self.job(job_id)["finished_at"] is not None

    def open_jobs(self) -> int:
        """Count the jobs that have not ended."""
        return int(
            self.tables.one("SELECT count(*) FROM ai_job WHERE status IN ('queued', 'running')")
        )

    def count(self, where: str) -> int:
        """Count the jobs for which a condition of our own holds."""
        return int(self.tables.one(f"SELECT count(*) FROM ai_job WHERE {where}"))  # noqa: S608 our own words

    def come_to_rest(self, timeout_s: float = 90.0) -> list[str]:
        """Wait until all is done and every bill that exists has been asked for; then audit.

        Returns what is broken, a job or a bill that never came to rest included.
        """
        try:
            until(lambda: not self._busy(), "rest", timeout_s)
        except TimeoutError:
            tail = " / ".join(line[:_LINE_LETTERS] for line in list(self.lines)[-3:])
            return [f"not at rest after {timeout_s:.0f} s: {tail}", *self._audit()]
        return self._audit()

    def _busy(self) -> bool:
        if self.open_jobs():
            return True
        calls = self.tables.rows(
            "SELECT status, generation_id FROM ai_upstreamcall"
            " WHERE status IN ('reserved', 'sent', 'unknown')"
        )
        billed = {line["generationId"] for line in self.bill()}
        return any(call["status"] != "unknown" or call["generation_id"] in billed for call in calls)

    def _audit(self) -> list[str]:
        return audit(self.tables, self.bill())

    def _answers(self, url: str) -> bool:
        try:
            return httpx.get(url, timeout=5, trust_env=False).is_success
        except _LOST:
            return False

    def _say(self, part: str, line: str) -> None:
        self.lines.append(f"{part}: {line}")


def until(holds: Callable[[], object], what: str, timeout_s: float = PATIENCE_S) -> None:
    """Wait until something holds.

    Raises:
        TimeoutError: it did not in time.
    """
    deadline = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not in {timeout_s:.0f} s")
        time.sleep(_TICK_S)


def process_of(part: Part) -> "subprocess.Popen[bytes]":
    """Give a started part's process."""
    assert part.process is not None  # noqa: S101 started
    return part.process
